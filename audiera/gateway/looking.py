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
from audiera.indexer.tables import CHAIN

__all__ = ["VERSION", "Index", "Looking", "Memory", "rows"]

VERSION: Final = select(CHAIN.c.next_block, CHAIN.c.revision)
"""Which state of the index it is."""

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


class Looking:
    """One look at an index, which sees one version of it."""

    def __init__(self, connection: Connection, memory: Memory) -> None:
        """Begin the look: `connection` is in a transaction that sees one moment."""
        self.connection = connection
        self.version = tuple(connection.execute(VERSION).one_or_none() or ())
        self.answers = memory.of(self.version)

    def rows(self, statement: Select[Any], **values: Hashable) -> Sequence[Row[Any]]:
        """Return the rows of a statement, one that lives as long as its module."""
        key = id(statement), *values.items()
        if (found := self.answers.get(key)) is None:
            found = self.connection.execute(statement, values).all()
            self.answers.put(key, found)
        return found


Index: TypeAlias = Connection | Looking
"""What is looked things up in: with memory or without."""


def rows(index: Index, statement: Select[Any], **values: Hashable) -> Sequence[Row[Any]]:
    """Return the rows of a statement, one that lives as long as its module."""
    if isinstance(index, Looking):
        return index.rows(statement, **values)
    return index.execute(statement, values).all()
