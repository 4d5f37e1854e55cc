"""Calls of models in the journal: reserved before they are forwarded, and paid for once the service has answered.

What a call reserves lapses by itself, so a process that dies in between costs nobody anything.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update

from audiera.gateway.access.writing import Once, Written, stored
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Limits
from audiera.gateway.tables import CALLS, CHANNELS
from audiera.gateway.taken import Answer

__all__ = ["Call", "again", "charge", "release", "reserve"]

_SPARE: Final = 10
"""Seconds beyond those in which a service has to answer, for all the rest."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may be forwarded now."""

    answer: Answer
    """To its access."""
    name: str
    """The same whenever it is forwarded."""
    written: Written | None = None
    """What is written once the service has answered; none: it is paid for already."""
    until: int = 0
    """Unix seconds: what it reserves lapses then."""


def reserve(journal: Connection, written: Written, limits: Limits) -> Call:
    """Reserve what a call comes to, and its batch, until the service has answered.

    Raises:
        Problem: as for an access; `CONFLICT`, if its batch or too much of its channel is reserved; `UNAVAILABLE`, if
            the very same call is on its way.
    """
    once, uses, now = written.once, written.asked.uses, int(time.time())
    if (before := stored(journal, once)) is not None:
        return again(journal, once, before, limits)
    written.look(journal)
    ours = _of_channel(written, CALLS)
    journal.execute(delete(CALLS).where(*ours, CALLS.c.until > 0, CALLS.c.until <= now))
    rows = {it.key: it for it in journal.execute(select(CALLS).where(*ours, CALLS.c.until > now))}
    if (same := rows.get(once.key)) is not None:
        if same.digest != once.digest:
            raise Problem(Code.KEY_REUSED, "This Idempotency-Key was used for another request; draw a new one.")
        raise Problem(
            Code.UNAVAILABLE,
            "This very call is on its way, or was when a process ended; send it again later.",
            headers={"Retry-After": str(max(same.until - now, 1))},
        )
    if len(rows) >= limits.calls_of_one:
        detail = f"{len(rows)} calls of this channel are on their way; wait for one of them."
        raise Problem(Code.CONFLICT, detail, headers={"Retry-After": "2"})
    until = now + limits.call_wait + _SPARE
    named = {"payer": once.payer, "key": once.key, "digest": once.digest, "token": written.asked.token}
    what = {"batch": written.batch, "license": uses.license, "amount": written.added, "units": uses.units}
    journal.execute(insert(CALLS).values({**named, **what, "times": 0, "until": until}))
    busy = max([until, *(it.until for it in rows.values())])
    journal.execute(update(CHANNELS).where(*_of_channel(written, CHANNELS)).values(busy_until=busy))
    return Call(written.answer, once.digest, written, until)


def charge(journal: Connection, written: Written) -> Answer:
    """Write the access of a call, or return the answer to the same call before.

    Raises:
        Problem: as for an access.
    """
    if (before := stored(journal, written.once)) is not None:
        return before
    answer = written(journal)
    journal.execute(update(CALLS).where(*_named(written.once)).values(until=0, times=1))
    return answer


def release(journal: Connection, call: Call) -> None:
    """Free what a call reserves, since the service has not answered; nothing was charged."""
    if call.written is not None:
        journal.execute(delete(CALLS).where(*_named(call.written.once), CALLS.c.until == call.until))


def again(journal: Connection, once: Once, before: Answer, limits: Limits) -> Call:
    """Return a call that is paid for, to be forwarded once more, free.

    Raises:
        Problem: `GRANT_EXPIRED`: it was forwarded often enough, or is too long ago.
    """
    times = journal.execute(select(CALLS.c.times).where(*_named(once))).scalar() or 0
    if times >= limits.call_times or time.time() > before.at + limits.grant:
        raise Problem(Code.GRANT_EXPIRED, "This call was answered, and is not forwarded again; make a new one.")
    journal.execute(update(CALLS).where(*_named(once)).values(times=times + 1))
    return Call(before, once.digest)


def _named(once: Once) -> tuple[ColumnElement[bool], ...]:
    return CALLS.c.payer == once.payer, CALLS.c.key == once.key


def _of_channel(written: Written, table: Table) -> tuple[ColumnElement[bool], ...]:
    return table.c.payer == written.asked.payer, table.c.token == written.asked.token
