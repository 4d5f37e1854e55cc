"""A copy of a journal, taken while it is served: SQLite's own, read through before it has its name."""

from __future__ import annotations

import os
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from audiera.errors import InputError
from audiera.gateway.tables import ACCESSES, BATCHES, JOURNAL
from audiera.indexer import open_reader
from audiera.text import reason_of

__all__ = ["Copied", "copy_journal"]

_DAY: Final = 86_400.0
"""The longest that a copy takes, in seconds."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy was found to hold."""

    gateway: str
    chain_id: int
    batches: int
    accesses: int
    size: int
    """Bytes of the file."""


def copy_journal(url: str, file: Path) -> Copied:
    """Copy a journal in SQLite as it is at one moment to a new file, while others write to it.

    The file appears when it is whole, on the disk and read through; else there is none. It needs no file beside it.

    Raises:
        InputError: it is in PostgreSQL, is no journal, or cannot be read; or there is such a file, or it cannot be
            made.
    """
    if url.startswith("postgres"):
        raise InputError(
            "A journal in PostgreSQL is copied by PostgreSQL's own command, while it is served, too: "
            "pg_dump --format=custom --file=FILE URL, and pg_restore brings it back."
        )
    reader = open_reader(url, _DAY)
    try:
        if os.path.lexists(file):
            raise _there(file)
        beside = file.with_name(f".audiera.{secrets.token_hex(8)}")
        try:
            with reader.connect() as connection:
                connection.execute(select(JOURNAL.c.edition)).scalar_one()
            with reader.connect() as connection:
                os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
                found = _copied(connection.connection.driver_connection, beside)  # type: ignore[arg-type]  # SQLite's
            _name(beside, file)
        finally:
            beside.unlink(missing_ok=True)
        _keep(file.parent)
    except (DBAPIError, sqlite3.Error) as error:
        reason = " ".join(str(getattr(error, "orig", error)).split())
        raise InputError(f"{url!r} cannot be copied ({reason}); check that it is a gateway's journal.") from error
    except FileExistsError as error:
        raise _there(file) from error
    except OSError as error:
        raise InputError(f"{file} cannot be written ({reason_of(error)}); name another place.") from error
    finally:
        reader.dispose()
    return found


def _there(file: Path) -> InputError:
    return InputError(f"There is a {file} already; name a file that is not there, by its date, say.")


def _name(beside: Path, file: Path) -> None:
    """Give a copy its name, unless something has it by now.

    Raises:
        FileExistsError: something has.
    """
    try:
        os.link(beside, file)
    except FileExistsError:
        raise
    except OSError:  # as of file systems without links: the name is taken first, and the copy takes its place
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            beside.rename(file)
        except OSError:
            file.unlink()
            raise


def _copied(journal: sqlite3.Connection, file: Path) -> Copied:
    copy = sqlite3.connect(file, isolation_level=None)
    try:
        journal.backup(copy)  # all in one step, which sees one moment and keeps no writer waiting
        copy.execute("PRAGMA journal_mode = DELETE")  # so it is one file
        found = [str(it) for (it,) in copy.execute("PRAGMA integrity_check(1)")]
        if found != ["ok"]:
            raise sqlite3.DatabaseError(f"the copy is damaged: {found[0]}")
        gateway, chain_id = copy.execute(f"SELECT gateway, chain_id FROM {JOURNAL.name}").fetchone()
        batches, accesses = (
            int(copy.execute(f"SELECT count(*) FROM {it.name}").fetchone()[0]) for it in (BATCHES, ACCESSES)
        )
    finally:
        copy.close()
    _keep(file)
    return Copied(gateway=gateway, chain_id=chain_id, batches=batches, accesses=accesses, size=file.stat().st_size)


def _keep(place: Path) -> None:
    """Have a file or a folder outlive a power cut."""
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
