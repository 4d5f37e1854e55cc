"""What a payer is told of its own channel: for a client that lost its copy of a head, or of the uses below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from sqlalchemy import Row, func, select

from audiera.gateway.access import Desk
from audiera.gateway.batches import BatchState, voucher_of
from audiera.gateway.chain import balance_of, moment_of
from audiera.gateway.problems import Code, Problem
from audiera.gateway.record import log_of
from audiera.gateway.tables import BATCHES, CHANNELS
from audiera.interface import Channel, Head, OpenBatch, SignedHead
from audiera.protocol import batch_id, channel_id, to_address
from audiera.text import hex_of

__all__ = ["channel_of", "uses_below"]

_MOST: Final = 256
_UNSETTLED: Final = (BatchState.OPEN.value, BatchState.CLOSED.value)


def channel_of(desk: Desk, payer: str, token: str) -> Channel:
    """Return a payer's channel of a token, with its batches that the chain has not settled."""
    gateway = to_address(desk.settings.gateway)
    with desk.journal.reading() as journal:  # first: so a settlement counts in one of them at least
        held = journal.execute(
            select(CHANNELS.c.held).where(CHANNELS.c.payer == payer, CHANNELS.c.token == token)
        ).scalar()
        rows = journal.execute(
            select(BATCHES)
            .where(BATCHES.c.payer == payer, BATCHES.c.token == token, BATCHES.c.state.in_(_UNSETTLED))
            .order_by(BATCHES.c.number.desc())
            .limit(_MOST)
        ).all()
    with desk.index() as index:
        balance = balance_of(index, moment_of(index, desk.settings), payer, gateway, token)
    spoken = int(held or 0)
    return Channel(
        payer=payer,
        gateway=gateway,
        token=token,
        balance=balance,
        held=spoken,
        available=max(balance - spoken, 0),
        batches=[_open_batch(it, gateway) for it in rows],
    )


def uses_below(  # noqa: PLR0917  # all of them say which
    desk: Desk, payer: str, token: str, number: int, after: int, weigh: Callable[[int], None]
) -> Iterator[str]:
    """Yield the lines of a batch's use log as it stands now, read a part at a time.

    Args:
        desk: whose journal it is in.
        payer: whose channel.
        token: likewise.
        number: the batch's.
        after: how many of its first uses are left out.
        weigh: is told how many are left.

    Raises:
        Problem: there is no such batch.
    """
    found = batch_id(channel_id(payer, to_address(desk.settings.gateway), token), number) if number < 1 << 64 else b""
    with desk.journal.reading() as journal:
        calls = journal.execute(select(func.max(BATCHES.c.calls)).where(BATCHES.c.id == hex_of(found))).scalar()
    if calls is None:
        raise Problem(Code.NOT_FOUND, f"This channel has no batch {number} here.")
    weigh(max(int(calls) - after, 0))
    return log_of(desk.journal, hex_of(found), after, int(calls))


def _open_batch(row: Row[Any], gateway: str) -> OpenBatch:
    head = SignedHead(voucher=Head.of(voucher_of(row, gateway)), signature=row.signature, receipt=row.receipt)
    return OpenBatch(state=row.state, opened_at=row.opened_at, head_at=row.head_at, head=head)
