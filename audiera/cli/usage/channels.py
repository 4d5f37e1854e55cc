"""`usage list`: an account's channels, and how long each of them lasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

from eth_typing import ChecksumAddress

from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.output import print_json, print_lines, print_table
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import when
from audiera.client import Channel
from audiera.client.contracts.events import BatchSettled, Deposited
from audiera.protocol import channel_id
from audiera.text import Json, hex_of

__all__ = ["list_channels"]

_RECENT: Final = 30 * 86_400  # seconds whose use tells how long a deposit lasts
_LEAST: Final = 86_400  # seconds of it, below which a batch tells nothing of the days to come
_UNITS: Final = {"day": 86_400, "hour": 3_600, "minute": 60}

_Key: TypeAlias = tuple[ChecksumAddress, ChecksumAddress, ChecksumAddress]
"""Payer, gateway and token."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A channel as a line of the list."""

    key: _Key
    state: Channel
    opened_at: int
    """When the first deposit was made."""
    settled: tuple[BatchSettled, ...]
    now: int
    """The chain's time."""

    def lasts(self) -> int | None:
        """Return for how many seconds the balance lasts, at what was settled in the last thirty days.

        A younger channel is judged by the days that it has seen. None if nothing was settled, or it is too early to
        tell.
        """
        span, spent = self._recent()
        return self.state.balance * span // spent if spent and span >= _LEAST else None

    def _recent(self) -> tuple[int, int]:
        """Return how many seconds tell how long it lasts, and what was settled in them."""
        since = max(self.opened_at, self.now - _RECENT)
        return self.now - since, sum(it.amount + it.fee for it in self.settled if it.settled_at >= since)

    def _lasting(self) -> str:
        """Write how long it lasts, rounded down to days, hours or minutes; what is not known is a dash."""
        seconds = self.lasts()
        if seconds is None:
            return "too early to tell" if self._recent()[1] else "-"
        for unit, length in _UNITS.items():
            if seconds >= 2 * length:
                return f"{seconds // length:,} {unit}s"
        return f"{seconds:,} seconds" if seconds else "empty"

    def row(self, session: Session, account: ChecksumAddress) -> tuple[object, ...]:
        """Return it as people read it."""
        payer, gateway, token = self.key
        of_value = session.book.of_value
        thawing = "-"
        if self.state.thaws_at:
            ready = "now" if self.state.thaws_at <= self.now else f"from {when(self.state.thaws_at)}"
            thawing = f"{of_value(min(self.state.thawing, self.state.balance), token)} {ready}"
        total = sum(it.amount + it.fee for it in self.settled)
        return (
            "payer" if payer == account else "gateway",
            gateway if payer == account else payer,
            str(of_value(self.state.balance, token)),
            thawing,
            f"{of_value(total, token)} in {len(self.settled):,}" if self.settled else "nothing",
            when(self.settled[-1].settled_at) if self.settled else "-",
            self._lasting(),
        )

    def json(self, session: Session) -> dict[str, Json]:
        """Return it for programs."""
        payer, gateway, token = self.key
        of_value = session.book.of_value
        return {
            "channel": hex_of(channel_id(*self.key)),
            "payer": payer,
            "gateway": gateway,
            "token": token,
            "balance": amount_json(of_value(self.state.balance, token)),
            "thawing": amount_json(of_value(self.state.thawing, token)),
            "thawsAt": self.state.thaws_at,
            "openedAt": self.opened_at,
            "settled": amount_json(of_value(sum(it.amount + it.fee for it in self.settled), token)),
            "batchCount": len(self.settled),
            "settledAt": self.settled[-1].settled_at if self.settled else None,
            "lasts": self.lasts(),
        }


def list_channels(session: Session, account: ChecksumAddress) -> None:
    """Print the channels of an account, those that it pays from first, then those that it is the gateway of."""
    listed = list(_channels(session, account))
    chain_id = session.client.chain_id
    if session.as_json:
        print_json({"account": account, "chainId": chain_id, "channels": [it.json(session) for it in listed]})
    elif listed:
        columns = ("as", "with", "balance", "to withdraw", "settled", "last", "lasts")
        rows = [it.row(session, account) for it in listed]
        title = f"Channels of {account} on chain {chain_id}:"
        print_table(columns, rows, title=title, right=("balance", "settled", "lasts"), err=False)
    else:
        print_lines(f"{account} has no channel on chain {chain_id}, as payer or as gateway.")


def _channels(session: Session, account: ChecksumAddress) -> Iterator[_Listed]:
    usage, node = session.client.usage, session.client.node
    blocks: dict[_Key, int] = {}
    settled: dict[_Key, dict[bytes, BatchSettled]] = {}
    for made in chain(usage.logs(Deposited, payer=account), usage.logs(Deposited, gateway=account)):
        blocks.setdefault((made.event.payer, made.event.gateway, made.event.token), made.block)
    for done in chain(usage.logs(BatchSettled, payer=account), usage.logs(BatchSettled, gateway=account)):
        of = (done.event.payer, done.event.gateway, done.event.token)
        settled.setdefault(of, {})[done.event.batch_id] = done.event
    now = node.timestamp()
    for key, block in blocks.items():
        batches = tuple(settled.get(key, {}).values())
        yield _Listed(key, usage.channel_of(*key), node.timestamp(block), batches, now)
