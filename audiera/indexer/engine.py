"""Opens the database of an index: SQLite in a file, or PostgreSQL by URL. One process writes; any number read."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from audiera.errors import InputError
from audiera.indexer.tables import BATCHES

__all__ = [
    "answering",
    "batch",
    "check_index",
    "check_schema",
    "open_index",
    "open_reader",
    "snapshot",
    "upgrade",
    "writer",
    "writing",
]

_WRITES: Final = "audiera_writes"
_JOB: Final = "audiera"
_PRAGMAS: Final = (
    "journal_mode = WAL",  # readers go on while one writes
    "synchronous = NORMAL",  # after a power cut the newest blocks may be read again; nothing is torn
    "cache_size = -65536",  # KiB
    "temp_store = MEMORY",
)
_READS: Final = " ".join(
    f"-c {it}"
    for it in (
        "default_transaction_read_only=on",
        "random_page_cost=1.1",  # that an index is slow to follow is true of disks that turn: whole tables were read
        "plan_cache_mode=force_custom_plan",  # one plan for common words and rare ones alike is wrong for either
        "max_parallel_workers_per_gather=0",  # workers start later than a page is made
        "jit=off",  # likewise what compiles a query
    )
)
"""What PostgreSQL does for a page, whatever else it is set up for."""
_PATIENCE: Final = 10.0  # seconds for what is looked at before anything is begun
_STEPS: Final = 500
"""Instructions of SQLite between two looks at the clock: some microseconds."""
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def open_index(url: str, *, durable: bool = False, begun: bool = False) -> Engine:
    """Return the database at a URL, ``sqlite:///index.db`` or ``postgresql://user@host/name``, without asking it yet.

    Args:
        url: where it is.
        durable: whether what is committed outlives a power cut; an index need not, since it can be read again.
        begun: whether it has to be there already: SQLite would make an empty file.

    Raises:
        InputError: if it is no such URL, or a folder or PostgreSQL's driver is missing, or a file that has to be there.
    """
    engine = _engine(_place(url, begun=begun))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_durable if durable else _set_up)
        event.listen(engine, "begin", _begin)
    return engine


def open_reader(url: str, seconds: float) -> Engine:
    """Return the database at a URL for one who only reads: each transaction sees one moment, for so many seconds.

    A query that takes longer ends with `sqlalchemy.exc.DBAPIError`, as does whatever would write.

    Raises:
        InputError: as `open_index`.
    """
    place = _place(url, begun=False)
    if place.get_backend_name() == "sqlite":
        engine = _engine(place.set(database=f"file:{place.database}", query={"mode": "ro", "uri": "true"}))
        event.listen(engine, "connect", _set_up_reader)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "begin", _limiter(seconds))
        event.listen(engine, "checkin", _unlimited)
        return engine
    options = f"{_READS} -c statement_timeout={round(seconds * 1000)}"
    return _engine(place, connect_args={"options": options}, isolation_level="REPEATABLE READ", pool_pre_ping=True)


def snapshot(connection: Connection) -> None:
    """Begin what sees one moment, on a connection of `open_reader`, for statements that its driver carries out itself.

    SQLAlchemy would begin with its own first statement, and goes on with this one then.
    """
    if connection.dialect.name == "sqlite":  # the other driver begins by itself
        connection.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]


@contextmanager
def writing(engine: Engine, job: str = _JOB) -> Iterator[Connection]:
    """Yield the connection of the one who writes; begin each batch on it. The lock goes when the connection does.

    Args:
        engine: the database.
        job: of at most seven letters, for what one process alone does at a time; else it is all writing to an index.

    Raises:
        InputError: if another process does so.
    """
    with writer(engine) as connection:
        if engine.dialect.name == "sqlite":
            more = "" if job == _JOB else f".{job}"
            with _locked(Path(f"{engine.url.database}{more}.lock"), engine):
                yield connection
            return
        with connection.begin():
            taken = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({int.from_bytes(job.encode())})").scalar()
        if not taken:
            raise _busy(engine)
        try:
            yield connection
        finally:
            with suppress(DBAPIError):  # PostgreSQL takes a moment to see that a session has ended
                connection.rollback()
                with connection.begin():
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock({int.from_bytes(job.encode())})")
            connection.invalidate()


@contextmanager
def batch(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that may write, to a thread of the process that holds `writing`."""
    with writer(engine) as connection, connection.begin():
        yield connection


def writer(engine: Engine) -> Connection:
    """Return a connection each of whose transactions may write, likewise."""
    return engine.connect().execution_options(**{_WRITES: True})


@contextmanager
def answering(engine: Engine) -> Iterator[None]:
    """Say in a sentence that a database does not answer, or is none.

    Raises:
        InputError: if it does not.
    """
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise InputError(
            f"{_named(engine)} does not answer ({reason}); check that URL, and see to the database."
        ) from error


def check_index(url: str) -> None:
    """Return if the database at a URL answers, and has an index of this release, or nothing that is not begun yet.

    Raises:
        InputError: if it does not answer, is not there, or is of another release.
    """
    _place(url, begun=True)
    engine = open_reader(url, _PATIENCE)
    try:
        with answering(engine), engine.connect() as connection:
            if MigrationContext.configure(connection).get_current_revision() is not None:
                check_schema(connection)
    finally:
        engine.dispose()


def upgrade(connection: Connection) -> None:
    """Give the database the tables of this release: all of them, or what changed since the one that made it.

    Raises:
        InputError: if it is of a release that this one does not know, or somebody else's.
    """
    with connection.begin():
        config = _config()
        if _revision(connection) is None and inspect(connection).has_table(BATCHES.name):
            raise InputError(f"{_named(connection.engine)} holds something else; name another database for this index.")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_schema(connection: Connection) -> None:
    """Return if the database has the tables of this release.

    Raises:
        InputError: if it has none, or another release's.
    """
    found = _revision(connection)
    if found != ScriptDirectory.from_config(_config()).get_current_head():
        what = "holds no index" if found is None else "is of another release"
        raise InputError(f"{_named(connection.engine)} {what}; run audiera index to make it one of this release.")


def _revision(connection: Connection) -> str | None:
    """Return which tables the database has; None: it has none.

    Raises:
        InputError: if this release does not know them.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    known = {it.revision for it in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise InputError(
            f"{_named(connection.engine)} is of a release that this one does not know; name another database, and "
            "begin the index anew (audiera index follow)."
        )
    return found


def _place(url: str, *, begun: bool) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        # Without the text, in which may be a password.
        raise InputError("That is not the URL of a database; write sqlite:///index.db, say.") from error
    if parsed.drivername not in _DRIVERS or not parsed.database or parsed.database == ":memory:":
        raise InputError(f"{parsed!r} is no place for a database; write sqlite:///index.db or postgresql://host/name.")
    if parsed.drivername == "sqlite" and not (folder := Path(parsed.database).parent).is_dir():
        raise InputError(f"There is no folder {folder}; make it first.")
    if begun and parsed.drivername == "sqlite" and not Path(parsed.database).is_file():
        raise InputError(f"There is no index at {parsed.database}; begin it with `audiera index`, or check the name.")
    return parsed.set(drivername=_DRIVERS[parsed.drivername])


def _named(engine: Engine) -> str:
    """Return the URL of a database as people write it, without a password."""
    name = str(engine.url.database).removeprefix("file:")
    return repr(engine.url.set(drivername=engine.dialect.name, database=name, query={}))


def _engine(place: URL, **options: object) -> Engine:
    try:
        return create_engine(place, **options)
    except ImportError as error:
        raise InputError("A database in PostgreSQL needs its driver: pip install 'audiera[postgres]'.") from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "audiera.indexer:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Leave it to SQLAlchemy when a transaction begins: Python's driver would begin one on writing only."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 60000")  # milliseconds
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _set_up_durable(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    _set_up(connection, record)
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _set_up_reader(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None


def _limiter(seconds: float) -> Callable[[Connection], None]:
    """Return what ends the queries of a transaction of SQLite that began so many seconds ago."""

    def limit(connection: Connection) -> None:
        end = time.monotonic() + seconds
        raw = connection.connection.driver_connection
        raw.set_progress_handler(lambda: time.monotonic() > end, _STEPS)  # type: ignore[union-attr]

    return limit


def _unlimited(connection: DBAPIConnection | None, _: ConnectionPoolEntry) -> None:
    """Leave no end of a transaction to whoever has the connection next, and may begin none."""
    if connection is not None:
        connection.set_progress_handler(None, 0)


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:  # this waits for nobody and cannot fail, and through SQLAlchemy it takes longer than what is read then
        driver = connection.connection.driver_connection
        if not driver.in_transaction:  # type: ignore[union-attr]  # `snapshot`
            driver.execute("BEGIN")  # type: ignore[union-attr]


@contextmanager
def _locked(path: Path, engine: Engine) -> Iterator[None]:
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _busy(engine) from error
        yield


def _busy(engine: Engine) -> InputError:
    return InputError(f"Another process writes to {engine.url!r}; stop it, or give this one an index of its own.")
