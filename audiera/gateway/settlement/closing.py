"""Which open batches are closed: by age, calls and amount, and at once where a withdrawal may take what is owed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from audiera.gateway.batches import BatchState
from audiera.gateway.settlement.office import Office, Told, many, named
from audiera.gateway.tables import BATCHES, CHANNELS

__all__ = ["close", "due"]

_THAW: Final = 86_400  # seconds from asking for a deposit to having it
_LAG: Final = 600  # seconds by which clocks may differ, and the index lag


def due(office: Office) -> Iterator[tuple[Row[Any], str]]:
    """Yield the open batches that are to be closed, with the reason, those first whose deposit thaws."""
    thawing, now = office.thawing(), int(time.time())
    with office.journal.reading() as journal:
        rows = list(journal.execute(select(BATCHES).where(BATCHES.c.state == BatchState.OPEN.value)))
        held = {(it.payer, it.token): it.held for it in journal.execute(select(CHANNELS))} if thawing else {}
    rows.sort(key=lambda it: ((it.payer, it.token) not in thawing, it.opened_at))
    for row in filter(office.pays, rows):
        channel = (row.payer, row.token)
        if channel in thawing and _loses(row, thawing[channel], held[channel]):
            yield row, "a withdrawal thaws in its channel"
        elif now >= row.opened_at + office.rules.age:
            yield row, "it is old enough"
        elif row.calls >= office.rules.calls:
            yield row, "it has calls enough"
        elif (most := office.rules.amounts.get(row.token)) is not None and row.amount + row.fee >= most:
            yield row, "it amounts to enough"


def close(office: Office, row: Row[Any], why: str) -> None:
    """Close a batch, unless somebody has."""

    def write(journal: Connection) -> Row[Any] | None:
        closed = {"state": BatchState.CLOSED.value, "moved_at": int(time.time())}
        query = update(BATCHES).where(BATCHES.c.id == row.id, BATCHES.c.state == BatchState.OPEN.value)
        if not journal.execute(query.values(closed)).rowcount:
            return None
        return journal.execute(select(BATCHES).where(BATCHES.c.id == row.id)).one()

    if (found := office.journal.write((row.payer, row.token), write)) is not None:
        worth = office.worth(found.amount + found.fee, found.token)
        text = f"Closed {named(found)} at {worth} for {many(found.calls, 'call')}: {why}."
        office.tell(Told("closed", found, text, {"reason": why}))


def _loses(row: Row[Any], channel: Row[Any], held: int) -> bool:
    """Say whether a withdrawal may take what a batch is owed: it was begun before that was known, or too much is.

    What is begun later is served from the rest of the deposit alone, so nobody has every batch of his settled on
    its own by leaving a small withdrawal to thaw.
    """
    return bool(row.opened_at <= channel.thaws_at - _THAW + _LAG or held > channel.balance - channel.thawing)
