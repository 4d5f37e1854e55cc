"""The journal's database, to which one thread of a process writes at a time.

What many requests want written at the same time is committed together: a commit waits for the disk, and waiting once
for all of them is what makes thousands a second possible. Whoever wants something written while nobody writes does it
in its own thread; those that come meanwhile wait in a line, and the first of them then writes for all of it. Each of
them hears of its own outcome, after the commit.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Table, insert, inspect, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from audiera.errors import InputError
from audiera.gateway.connections import Connections
from audiera.gateway.problems import Code, Problem
from audiera.gateway.tables import EDITION, JOURNAL, METADATA
from audiera.indexer import batch, open_index, open_reader, writer
from audiera.indexer.tables import CHAIN

__all__ = ["Groups", "Journal", "add", "alone", "editing_journal"]

T = TypeVar("T")
_GROUP: Final = 256
"""The most that is committed together."""


@dataclass(slots=True, eq=False)
class _Wish:
    """Something to be written."""

    order: tuple[str, ...]
    write: Callable[[Connection], Any]
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Held until it is done, or its thread is the one that writes."""
    done: bool = False
    value: Any = None
    refused: Exception | None = None


@contextmanager
def editing_journal(url: str) -> Iterator[Connection]:
    """Yield a connection in a transaction to a journal that a gateway has begun, for commands beside it.

    Raises:
        InputError: there is none, it is another release's, or it fails.
    """
    reader = open_reader(url, 10.0)
    engine = open_index(url, durable=True)
    try:
        with reader.connect() as connection:  # which makes no file where there is none
            edition = connection.execute(select(JOURNAL.c.edition)).scalar()
        if edition != EDITION:
            raise InputError(f"{engine.url!r} is the journal of another release.")
        with batch(engine) as connection:
            yield connection
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise InputError(f"{engine.url!r} is no journal that `audiera gateway serve` began ({reason}).") from error
    finally:
        reader.dispose()
        engine.dispose()


@dataclass(slots=True)
class Groups:
    """How much was committed together. One thread counts; others may look."""

    bounds: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, _GROUP)
    counts: list[int] = field(default_factory=lambda: [0] * 9)
    """Groups of at most so many, but of more than the bound before."""
    sum: int = 0
    """What was in all of them."""

    def add(self, size: int) -> None:
        """Count a group."""
        self.counts[bisect_left(self.bounds, size)] += 1
        self.sum += size


class Journal:
    """A gateway's own database. `close` it."""

    def __init__(self, url: str, *, chain_id: int, ledger: str, gateway: str) -> None:
        """Open the journal at a URL, begun if it is new.

        Raises:
            InputError: if it is the journal of another gateway, ledger or release, or an index, or cannot be opened.
        """
        self.engine: Engine = open_index(url, durable=True)
        self._readers = Connections(self.engine.connect)
        self._writers = Connections(lambda: writer(self.engine))
        self._line: deque[_Wish] = deque()  # its first is written by its own thread, and some of the others with it
        self._guard = threading.Lock()
        self.groups = Groups()
        try:
            self._begin(chain_id, ledger, gateway)
            if self.engine.dialect.name == "sqlite":  # so that its file alone has tables, however it is copied
                with self.engine.connect() as connection:
                    connection.connection.driver_connection.execute("PRAGMA wal_checkpoint")  # type: ignore[union-attr]
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split())
            raise InputError(
                f"The journal {self.engine.url!r} cannot be opened ({reason}); see to that, or name another."
            ) from error

    def write(self, order: tuple[str, ...], write: Callable[[Connection], T]) -> T:
        """Have something written, and return what `write` does once that is durable.

        `write` looks before it writes: whatever it raises, it has not written anything, and the rest goes on. It may
        be called again, if the commit fails because of another.

        Args:
            order: of what it locks; those that are committed together lock in this order, in every process.
            write: gets a connection whose transaction is the caller's.

        Raises:
            Problem: as `write`, or `UNAVAILABLE`: the database failed, and nothing is written.
        """
        wish = _Wish(order, write)
        with self._guard:
            self._line.append(wish)
            if len(self._line) > 1:
                wish.turn.acquire()
        try:
            self._await(wish)
        except BaseException:  # Ctrl-C: what stands in line behind it is not to wait for ever
            threading.Thread(target=self._await, args=[wish], name="journal", daemon=True).start()
            raise
        if wish.refused is not None:
            raise wish.refused
        return wish.value  # type: ignore[no-any-return]  # of `write`

    def _await(self, wish: _Wish) -> None:
        with wish.turn:
            if not wish.done:
                self._write_first()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one moment.

        Raises:
            Problem: `UNAVAILABLE`: the database failed.
        """
        try:
            with self._readers.one() as connection:
                yield connection
        except (DBAPIError, PoolTimeout) as error:
            raise _unavailable() from error

    def close(self) -> None:
        """End; whoever still writes goes on until it is written."""
        self._readers.close()
        self._writers.close()
        self.engine.dispose()

    def _begin(self, chain_id: int, ledger: str, gateway: str) -> None:
        ours = {"edition": EDITION, "chain_id": chain_id, "ledger": ledger, "gateway": gateway}
        with batch(self.engine) as connection:
            alone(connection, "journal")  # several processes may begin at once
            if inspect(connection).has_table(CHAIN.name):
                raise InputError(f"{self.engine.url!r} is an index; give the journal a database of its own.")
            METADATA.create_all(connection)
            found = connection.execute(select(JOURNAL)).mappings().one_or_none()
            if found is None:
                connection.execute(insert(JOURNAL).values(ours))
            elif found["edition"] != EDITION:
                raise InputError(f"{self.engine.url!r} is the journal of another release; serve it with that one.")
            elif dict(found) != ours:
                raise InputError(
                    f"{self.engine.url!r} is the journal of gateway {found['gateway']} and ledger {found['ledger']} on "
                    f"chain {found['chain_id']}; give this gateway a journal of its own."
                )

    def _write_first(self) -> None:
        """Write what is first in line and what came behind it, and let the next one go on."""
        with self._guard:
            group = list(islice(self._line, _GROUP))
        self.groups.add(len(group))
        try:
            self._carry_out(sorted(group, key=lambda it: it.order))
        finally:  # whatever happens, nobody waits for ever
            with self._guard:
                for wish in group:
                    self._line.popleft()
                    if not wish.done:  # this very thread is being ended
                        wish.done, wish.refused = True, _unavailable()
                woken = [*group[1:], *islice(self._line, 1)]
            for wish in woken:
                wish.turn.release()

    def _carry_out(self, group: list[_Wish]) -> None:
        begun = False
        try:
            with self._writers.one() as connection, connection.begin():
                begun = True
                for wish in group:
                    wish.value = wish.refused = None
                    try:
                        wish.value = wish.write(connection)
                    except DBAPIError:
                        raise
                    except Exception as error:  # noqa: BLE001  # it is the asker's, and nothing was written
                        wish.refused = error
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait hear of it, and the next goes on
            if len(group) == 1 or not begun:  # where nothing can begin, each alone would wait as long again
                for wish in group:
                    wish.refused, wish.done = _unavailable(), True
                    wish.refused.__cause__ = error
                return
            for wish in group:  # one of them alone may be what fails
                self._carry_out([wish])
            return
        for wish in group:
            wish.done = True


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows, but those whose key is there."""
    make = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
    connection.execute(make(table).on_conflict_do_nothing(), list(rows))


def alone(connection: Connection, what: str) -> None:
    """Have a transaction wait until no other, of whichever process, does the same: what it reads then is not outdated.

    Args:
        connection: to the journal, in a transaction that writes. In SQLite there is one of them at a time anyway.
        what: in at most seven letters.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({int.from_bytes(what.encode(), 'big')})")


def _unavailable() -> Problem:
    return Problem(
        Code.UNAVAILABLE,
        "The gateway's journal does not answer, and nothing was charged; send the very same request again.",
        headers={"Retry-After": "2"},
    )
