"""What comes to too little to be settled: it is dropped once nobody uses it, and its uses are removed in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update

from audiera.gateway.batches import BatchState
from audiera.gateway.settlement.office import Office, Told, many, named
from audiera.gateway.tables import ACCESSES, BATCHES, CHANNELS

__all__ = ["drop", "empty", "small"]

_MONTH: Final = 30 * 86_400  # for which what comes to too little is kept, and longer than any grant is renewed
_PART: Final = 10_000  # uses that are removed at once: whoever takes an access waits for it


def small(office: Office) -> list[Row[Any]]:
    """Return the batches that come to too little, and have as many uses as one may, or had none for a month."""
    since = int(time.time()) - _MONTH
    due = (BATCHES.c.head_at <= since) | (BATCHES.c.calls >= office.rules.calls)
    waiting = [BatchState.OPEN.value, BatchState.CLOSED.value]
    with office.journal.reading() as journal:
        rows = journal.execute(select(BATCHES).where(BATCHES.c.state.in_(waiting), due)).all()
    return [it for it in rows if not office.pays(it)]


def drop(office: Office, row: Row[Any]) -> None:
    """End a batch that is not worth its gas. Of a quota its units are used up all the same."""

    def write(journal: Connection) -> bool:
        channel = (CHANNELS.c.payer == row.payer) & (CHANNELS.c.token == row.token)
        held = journal.execute(select(CHANNELS.c.held).where(channel).with_for_update()).scalar_one()
        now = journal.execute(select(BATCHES).where(BATCHES.c.id == row.id).with_for_update()).one()
        if now != row:
            return False
        dropped = {"state": BatchState.DROPPED.value, "moved_at": int(time.time())}
        journal.execute(update(BATCHES).where(BATCHES.c.id == row.id).values(dropped))
        journal.execute(update(CHANNELS).where(channel).values(held=held - row.amount - row.fee))
        return True

    if office.journal.write((row.payer, row.token), write):
        worth = office.worth(row.amount + row.fee, row.token)
        text = f"Dropped {named(row)} at {worth} for {many(row.calls, 'call')}: that is not worth settling."
        office.tell(Told("dropped", row, text))


def empty(office: Office) -> None:
    """Remove the uses of batches that were dropped, and what was granted by them, once nobody asks for it."""
    first = select(ACCESSES.c.position).where(ACCESSES.c.batch == BATCHES.c.id, ACCESSES.c.position == 0).exists()
    old = (BATCHES.c.state == BatchState.DROPPED.value) & (BATCHES.c.moved_at <= int(time.time()) - _MONTH)
    with office.journal.reading() as journal:
        rows = journal.execute(select(BATCHES.c.id, BATCHES.c.calls).where(old, first)).all()
    for row in rows:
        for position in range((row.calls - 1) // _PART * _PART, -1, -_PART):  # the first of them last
            office.journal.write((), _removing(row.id, position))


def _removing(batch: str, position: int) -> Callable[[Connection], None]:
    def write(journal: Connection) -> None:
        journal.execute(delete(ACCESSES).where(ACCESSES.c.batch == batch, ACCESSES.c.position >= position))

    return write
