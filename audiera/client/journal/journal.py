"""The journal of one account on one chain, in a file of SQLite that is written through to the disk.

Every operation opens the file anew, so threads and processes may share it; `alone` keeps all others out for as long as
it takes to choose a nonce, sign, and write down what was signed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from audiera.client.chain.node import Node
from audiera.client.journal.entries import LIVING, Entry, State
from audiera.client.journal.places import is_running, journal_path, me, private_folder, state_folder
from audiera.errors import StorageError

__all__ = ["Page", "SentJournal"]

_PATIENCE: Final = 180.0  # seconds for other processes to sign
_NAMES: Final = tuple(it.name for it in fields(Entry))
_COLUMNS: Final = ", ".join(f"[{name}]" for name in _NAMES)  # a double quoted name that is no column would be a text
_VERSION: Final = 1  # of the table; SQLite keeps it in the file
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS transactions (
    hash BLOB PRIMARY KEY, nonce INTEGER NOT NULL, intent BLOB NOT NULL, purpose BLOB NOT NULL, began INTEGER NOT NULL,
    now INTEGER NOT NULL, title TEXT NOT NULL, "to" TEXT NOT NULL, value TEXT NOT NULL, data BLOB NOT NULL,
    gas INTEGER NOT NULL, max_fee TEXT NOT NULL, tip TEXT, raw BLOB NOT NULL, signed_at INTEGER NOT NULL,
    owner TEXT NOT NULL, state TEXT NOT NULL, block INTEGER, told INTEGER NOT NULL
)
"""  # wei as text: they may be more than SQLite's 64 bits
_LIVES: Final = f"state IN ('{LIVING[0]}', '{LIVING[1]}')"
_USED: Final = f"state IN ('{State.MINED}', '{State.FAILED}', '{State.REPLACED}')"
_OPEN: Final = f"NOT told AND (state = '{State.MINED}' OR {_LIVES})"
"""What a call of the same intent finds: it took effect or may yet, and nobody heard of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A journal that is open: nobody else writes in it meanwhile."""

    connection: sqlite3.Connection

    def add(self, entry: Entry) -> None:
        """Write a transaction down. The same bytes may have been refused, or undone, and signed again."""
        values = [_stored(getattr(entry, name)) for name in _NAMES]
        marks = ", ".join("?" * len(values))
        self.connection.execute(f"INSERT OR REPLACE INTO transactions ({_COLUMNS}) VALUES ({marks})", values)

    def read(self, condition: str, values: Sequence[object] = ()) -> list[Entry]:
        """Return entries, oldest first."""
        found = self.connection.execute(f"SELECT {_COLUMNS} FROM transactions WHERE {condition} ORDER BY rowid", values)
        return [_entry(row) for row in found]

    def of_intent(self, intent: bytes, *, besides: Collection[bytes] = ()) -> list[Entry]:
        """Return what was sent for an intent, took effect or may yet, and was never told."""
        return [it for it in self.read(f"intent = ? AND {_OPEN}", [intent]) if it.hash not in besides]

    def free_nonce(self, nonce: int) -> int:
        """Return the first nonce from this one on that nothing living has, unless who sent that has heard of it."""
        taken = {it.nonce for it in self.read(f"NOT told AND {_LIVES}")}
        while nonce in taken:
            nonce += 1
        return nonce

    def mark(self, transaction: bytes, state: State) -> None:
        """Write what became of a transaction that is not mined."""
        self.connection.execute(
            "UPDATE transactions SET state = ?, block = NULL WHERE hash = ?", [str(state), transaction]
        )

    def last_used(self) -> int | None:
        """Return the largest nonce that is known to be used; None where none is."""
        ((last,),) = self.connection.execute(f"SELECT MAX(nonce) FROM transactions WHERE {_USED}")
        return last if isinstance(last, int) else None


@dataclass(frozen=True, slots=True)
class SentJournal:
    """What one account sent on one chain."""

    state: Path
    path: Path

    @classmethod
    def of(cls, node: Node, account: str) -> SentJournal:
        """Return an account's journal on the chain of a node."""
        state = node.state or state_folder()
        return cls(state, journal_path(state, node.chain_id, node.genesis(), node.fork(), account))

    def owner(self) -> str:
        """Return what this process is called in it."""
        return me(self.state)

    def is_orphan(self, entry: Entry) -> bool:
        """Say whether the process that signed a transaction has ended."""
        return not is_running(self.state, entry.owner)

    @contextmanager
    def alone(self) -> Iterator[Page]:
        """Keep all others out, threads and processes, and write all that is done meanwhile at its end, or nothing.

        Raises:
            StorageError: if the journal cannot be read or written.
        """
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Page(connection)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def entries(self) -> list[Entry]:
        """Return everything, oldest first."""
        return self._read("TRUE")

    def get(self, transaction: bytes) -> Entry | None:
        """Return the entry of a transaction, by its hash."""
        return next(iter(self._read("hash = ?", transaction)), None)

    def of_nonce(self, nonce: int) -> list[Entry]:
        """Return what was signed under a nonce and not refused at once: only one of them can be mined."""
        return self._read(f"nonce = ? AND state != '{State.DROPPED}'", nonce)

    def before(self, nonce: int) -> list[Entry]:
        """Return what has to be mined before a nonce can be, and whose outcome nobody heard."""
        return self._read(f"nonce < ? AND NOT told AND {_LIVES}", nonce)

    def of_intent(self, intent: bytes, *, besides: Collection[bytes] = ()) -> list[Entry]:
        """Return what was sent for an intent, took effect or may yet, and was never told."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            return Page(connection).of_intent(intent, besides=besides)

    def of_purpose(self, purpose: bytes) -> list[Entry]:
        """Return what a command sent whose result was never told."""
        return self._read(f"purpose = ? AND {_OPEN}", purpose) if purpose else []

    def given_up(self, asked: bytes) -> list[Entry]:
        """Return what was given up of an intent or of a purpose, and not told since."""
        condition = f"(intent = ? OR purpose = ?) AND NOT told AND state = '{State.GIVEN_UP}'"
        return self._read(condition, asked, asked) if asked else []

    def mark(self, transaction: bytes, state: State) -> None:
        """Write what became of a transaction that is not mined."""
        if self.path.exists():
            with self.alone() as page:
                page.mark(transaction, state)

    def settle(self, mined: Entry, state: State, block: int, *, told: bool) -> None:
        """Write that a transaction was mined, and so what else was signed under its nonce never will be."""
        with self.alone() as page:
            page.connection.execute(
                f"UPDATE transactions SET state = '{State.REPLACED}', block = NULL"
                f" WHERE nonce = ? AND hash != ? AND state != '{State.DROPPED}'",
                [mined.nonce, mined.hash],
            )
            page.connection.execute(
                "UPDATE transactions SET state = ?, block = ?, told = told OR ? WHERE hash = ?",
                [str(state), block, told, mined.hash],
            )

    def tell(self, transactions: Collection[bytes]) -> None:
        """Write that the outcome of transactions was told."""
        with self.alone() as page:
            page.connection.executemany(
                "UPDATE transactions SET told = TRUE WHERE hash = ?", [(it,) for it in transactions]
            )

    def _read(self, condition: str, *values: object) -> list[Entry]:
        if not self.path.exists():
            return []
        with self._open() as connection:
            return Page(connection).read(condition, values)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        private_folder(self.path.parent)
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))  # before SQLite makes it for everybody to read
            connection = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
        except (sqlite3.Error, OSError) as error:
            raise self._refusal(error) from error
        with closing(connection):
            try:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous = FULL")
                ((version,),) = connection.execute("PRAGMA user_version")
                if version == 0:
                    connection.execute(_SCHEMA)
                    connection.execute(f"PRAGMA user_version = {_VERSION}")
                elif version != _VERSION:
                    raise self._refusal(f"it is of version {version}, and this release writes {_VERSION}")
                yield connection
            except sqlite3.Error as error:
                raise self._refusal(error) from error

    def _refusal(self, error: Exception | str) -> StorageError:
        return StorageError(
            f"The journal {self.path} cannot be used ({error}), and what is sent is written down there first; see to "
            "that and try again."
        )


def _stored(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1 << 63:
        return str(value)
    return value


def _entry(row: sqlite3.Row) -> Entry:
    found = {name: row[name] for name in _NAMES}
    found |= {name: int(found[name]) for name in ("value", "max_fee")}
    found["tip"] = None if found["tip"] is None else int(found["tip"])
    return Entry(**found | {"state": State(found["state"]), "told": bool(found["told"])})
