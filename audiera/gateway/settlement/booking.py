"""What the index shows of batches that are closed, written into the journal: settled, collected, or taken back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update

from audiera.gateway.batches import BatchState
from audiera.gateway.settlement.office import Office, Told, named
from audiera.gateway.tables import BATCHES, CHANNELS, LINES
from audiera.indexer.tables import BATCHES as SETTLED
from audiera.indexer.tables import CHAIN, STATEMENTS

__all__ = ["book"]

_SOME: Final = 500  # values in one statement: databases limit them
_BOOKED: Final = (BatchState.SETTLED, BatchState.DONE)


def book(office: Office, since: int) -> None:
    """Write down what the index shows of every batch that is closed, and of what was done since a Unix second."""
    following = or_(
        BATCHES.c.state.in_([BatchState.CLOSED.value, BatchState.SETTLED.value]),
        (BATCHES.c.state == BatchState.DONE.value) & (BATCHES.c.moved_at >= since),
    )
    with office.journal.reading() as journal:  # of a journal that is years old, they are millions
        found = journal.execution_options(yield_per=_SOME).execute(select(BATCHES).where(following))
        for rows in found.partitions():
            _book_some(office, rows)


def _book_some(office: Office, rows: Sequence[Row[Any]]) -> None:
    ids = [it.id for it in rows]
    counted = select(LINES.c.batch, func.count().label("many")).where(LINES.c.batch.in_(ids), LINES.c.counted.is_(True))
    with office.journal.reading() as journal:
        counts = {it.batch: it.many for it in journal.execute(counted.group_by(LINES.c.batch))}
    with office.index.connect() as index:
        next_block = index.execute(select(CHAIN.c.next_block)).scalar_one()
        sure = next_block - 1 - office.rules.confirmations
        query = select(SETTLED).where(SETTLED.c.id.in_(ids))
        shown = {it.id: it for it in index.execute(query)}
        moves = []
        for row in rows:
            found = shown.get(row.id)
            state = _state_of(row, found, sure)
            settled_at = 0 if state is BatchState.CLOSED or found is None else found.settled_at
            moved = (state, settled_at, _collected(row, found))
            if moved != (row.state, row.settled_at, counts.get(row.id, 0)):
                moves.append((row, state, settled_at, _lines(index, row, found)))
    for move in moves:
        _move(office, *move)


def _move(
    office: Office, row: Row[Any], state: BatchState, settled_at: int, lines: set[tuple[int, int]] | None
) -> None:
    """Write down how far a batch is; with `lines`, those of it that are counted, or None for all."""

    def write(journal: Connection) -> BatchState:
        # Whoever takes an access holds this row, too, so what is held and what the index has are read together.
        channel = (CHANNELS.c.payer == row.payer) & (CHANNELS.c.token == row.token)
        held = journal.execute(select(CHANNELS.c.held).where(channel).with_for_update()).scalar_one()
        now = journal.execute(select(BATCHES).where(BATCHES.c.id == row.id).with_for_update()).one()
        before = BatchState(now.state)
        spoken = now.amount + now.fee
        if (before in _BOOKED) != (state in _BOOKED):
            held += -spoken if state in _BOOKED else spoken
            journal.execute(update(CHANNELS).where(channel).values(held=held))
        moved = {"state": state.value, "settled_at": settled_at}
        if before is not state:
            moved["moved_at"] = int(time.time())
        journal.execute(update(BATCHES).where(BATCHES.c.id == row.id).values(moved))
        _count(journal, row.id, lines)
        return before

    before = office.journal.write((row.payer, row.token), write)
    if (before in _BOOKED) == (state in _BOOKED):
        return
    if state in _BOOKED:
        text = f"The chain has {named(row)} for good; its channel is free of it."
        if lines is None:
            text = f"Another head of {named(row)} was settled, so what is held here of it never can be."
        office.tell(Told("booked", row, text, {"settledAt": settled_at}))
    else:
        office.tell(Told("unsettled", row, f"The chain no longer has {named(row)}; it is settled again."))


def _state_of(row: Row[Any], found: Row[Any] | None, sure: int) -> BatchState:
    if found is None or found.block > sure:
        return BatchState.CLOSED
    if found.root != row.root:
        return BatchState.DONE
    is_done = found.collected == found.statements and (found.fee_released or not found.fee)
    return BatchState.DONE if is_done else BatchState.SETTLED


def _collected(row: Row[Any], found: Row[Any] | None) -> int:
    if found is None:
        return 0
    return int(found.collected if found.root == row.root else row.statements)


def _lines(index: Connection, row: Row[Any], found: Row[Any] | None) -> set[tuple[int, int]] | None:
    """Return the statements that are collected, by licence and dataset; None: they all count as such."""
    if found is None:
        return set()
    if found.root != row.root:
        return None
    query = select(STATEMENTS.c.license, STATEMENTS.c.dataset).where(STATEMENTS.c.batch == row.id)
    return {(it.license, it.dataset) for it in index.execute(query)}


def _count(journal: Connection, batch: str, lines: set[tuple[int, int]] | None) -> None:
    query = select(LINES.c.license, LINES.c.dataset, LINES.c.counted).where(LINES.c.batch == batch)
    changed = [
        {"of_license": it.license, "of_dataset": it.dataset, "is_counted": is_counted}
        for it in journal.execute(query)
        if it.counted != (is_counted := lines is None or (it.license, it.dataset) in lines)
    ]
    if changed:
        which = (
            (LINES.c.batch == batch)
            & (LINES.c.license == bindparam("of_license"))
            & (LINES.c.dataset == bindparam("of_dataset"))
        )
        journal.execute(update(LINES).where(which).values(counted=bindparam("is_counted")), changed)
