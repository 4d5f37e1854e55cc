"""Looking things up in the index, once for each state of it: what many accesses ask is answered from memory.

Every answer belongs to a version of the index, which changes with each block and each document that it reads, and when
blocks are taken back; a newer version forgets all of them. So memory is never older than a look at the index itself.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, Select, select

from audiera.gateway.keeping import Keeping
from audiera.gateway.statements import Statement
from audiera.indexer import snapshot
from audiera.indexer.tables import CHAIN

__all__ = ["Index", "Looking", "Memory", "MovedError", "rows", "version_of"]

_VERSION: Final = Statement(select(CHAIN.c.next_block, CHAIN.c.revision))
_MOST: Final = 200_000  # rows


def _weight(answer: object) -> int:
    return 1 + len(answer) if isinstance(answer, Sequence) else 1


class Memory:
    """The answers of one version. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version: object = None
        self._answers = Keeping[Hashable, Any](_MOST, _weight)

    def of(self, version: object) -> Keeping[Hashable, Any]:
        """Return the answers of a version, to be added to; those of others are forgotten."""
        with self._lock:
            if version != self._version:
                self._version, self._answers = version, Keeping(_MOST, _weight)
            return self._answers


class MovedError(Exception):
    """The index was written to between the beginning of a look and the first thing that was not in memory."""


class Looking:
    """One look at an index, which sees one version of it."""

    def __init__(self, connection: Connection, memory: Memory) -> None:
        """Begin the look, on a connection that has no transaction: most looks find all they want in memory."""
        self._connection, self._begun = connection, False
        self.version = version_of(connection)
        self.answers = memory.of(self.version)

    @property
    def connection(self) -> Connection:
        """The connection, which sees one moment from here on.

        Raises:
            MovedError: that is of another version.
        """
        if not self._begun:
            snapshot(self._connection)
            if version_of(self._connection) != self.version:
                raise MovedError
            self._begun = True
        return self._connection

    def rows(self, statement: Select[Any], **values: Hashable) -> Sequence[Row[Any]]:
        """Return the rows of a statement, one that lives as long as its module."""
        key = id(statement), *values.items()
        if (found := self.answers.get(key)) is None:
            found = self.connection.execute(statement, values).all()
            self.answers.put(key, found)
        return found


def version_of(connection: Connection) -> tuple[int, ...]:
    """Return which state of the index a connection of `open_reader` sees; empty: it is empty."""
    return tuple(_VERSION.row(connection, {}) or ())


Index: TypeAlias = Connection | Looking
"""What is looked things up in: with memory or without."""


def rows(index: Index, statement: Select[Any], **values: Hashable) -> Sequence[Row[Any]]:
    """Return the rows of a statement, one that lives as long as its module."""
    if isinstance(index, Looking):
        return index.rows(statement, **values)
    return index.execute(statement, values).all()
