"""What a gateway has not seen yet of the chain is waited for, and said in blocks.

A gateway counts a deposit some blocks after it was made. So one that it does not count is looked for on the chain
first: who was told to deposit more would pay twice.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from audiera.client import Audiera, TxReceipt
from audiera.consumer.keeping import Pending
from audiera.errors import AudieraError, GatewayError
from audiera.remote import Answer, Remote

__all__ = ["Waiting"]

_PATIENCE: Final = 180.0  # seconds in which nothing comes that is waited for: an answer, or another block
_LONGEST: Final = 3_600.0  # seconds in all, whatever number of blocks a gateway names
_POLL: Final = 1.0
_DIGITS: Final = 40  # what the contracts count has less
_LICENSE: Final = "license_unknown"
_DEPOSIT: Final = "deposit_too_small"


@dataclass(slots=True)
class Waiting:
    """One access that is sent until the gateway has seen what the chain has, or is waited for no longer."""

    client: Audiera[TxReceipt]
    remote: Remote
    confirmations: int
    """Blocks after which the gateway counts a deposit."""
    worth: Callable[[int], str]
    report: Callable[[str], object]
    _until: float = field(init=False)
    _end: float = field(init=False)
    _since: int | None = None
    """The block from which on the channel holds enough."""
    _left: int = 0
    """Blocks that are to come yet."""
    _told: str = ""

    def __post_init__(self) -> None:
        self._until, self._end = time.monotonic() + _PATIENCE, time.monotonic() + _LONGEST

    def goes_on(self, pending: Pending, answer: Answer) -> bool:
        """Return after a moment whether to send an access again: what the answer lacks may be on its way."""
        if answer.code not in {_LICENSE, _DEPOSIT}:
            return False
        if answer.code == _DEPOSIT:
            self._look(pending, answer)
        if time.monotonic() > min(self._until, self._end):
            return False
        self._tell()
        time.sleep(_POLL)
        return True

    def refusal(self, pending: Pending, answer: Answer) -> GatewayError:
        """Return what is said of a refusal: of a deposit that is not counted, what the chain knows of it."""
        url = self.remote.url
        if answer.code != _DEPOSIT:
            return GatewayError(answer.refusal(url))
        if self._since is None:
            needed = f"{self.worth(pending.value)} more than the {self.worth(_spoken(answer))} that it has vouchers for"
            return GatewayError(
                f"{url} needs {needed}, and your channel holds {self.worth(self._free(pending))}. Run it again: it "
                "deposits what is missing by the chain and by what you signed."
            )
        waits = f"waits for {_blocks(self._left)} more" if self._left else "has not seen it yet"
        return GatewayError(
            f"The deposit is on chain at block {self._since:,}, and {url} {waits}. Nothing needs to be paid again; run "
            "it again later: it goes on."
        )

    def _look(self, pending: Pending, answer: Answer) -> None:
        """Find since when the channel holds enough, and how many blocks are to come."""
        head, needed = self.client.node.block_number(), _spoken(answer) + pending.value

        def holds(block: int) -> bool:
            try:
                return self._free(pending, block) >= needed
            except AudieraError:  # a node forgets old blocks
                return False

        if self._since is None:
            if self._free(pending) < needed:
                return
            blocks = range(max(head - self.confirmations, 0), head)
            self._since = bisect_left(blocks, True, key=holds) + blocks.start
            self._left = self.confirmations + 1
        left = max(self._since + self.confirmations - head, 0)
        if left < self._left:  # whoever sees blocks come waits for them
            self._until = time.monotonic() + _PATIENCE
        self._left = left

    def _free(self, pending: Pending, block: int | None = None) -> int:
        """Return what the channel holds that is not asked back, as of a block: the newest, unless told."""
        voucher = pending.request.voucher
        assert voucher is not None
        client = self.client if block is None else self.client.at(block)
        channel = client.usage.channel_of(voucher.payer, voucher.gateway, voucher.token)
        return channel.balance - channel.thawing

    def _tell(self) -> None:
        told = "Waiting for the gateway to see what the chain has."
        if self._since is not None and self._left:
            there = f"{self.confirmations - self._left:,} of {_blocks(self.confirmations)} are there"
            told = f"The deposit is on chain at block {self._since:,}, and the gateway waits for others on it: {there}."
        if told != self._told:
            self.report(told)
            self._told = told


def _blocks(count: int) -> str:
    return f"{count:,} {'block' if count == 1 else 'blocks'}"


def _spoken(answer: Answer) -> int:
    """Return what a gateway says that it has vouchers for."""
    told = answer.member("held")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < _DIGITS else 0
