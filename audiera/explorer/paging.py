"""Tables that are longer than a page: each is turned by a number of its own in the query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, Select

from audiera.explorer.asked import Reading

__all__ = ["Paging", "Stretch"]

_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which rows of a table a page has."""

    start: int
    """How many are before the first."""
    before: int | None
    """Where the page before starts; None on the first."""
    next: int | None
    """Where the next page starts; None on the last."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Reads tables a page at a time, and remembers which rows it read."""

    reading: Reading
    stretches: dict[str, Stretch] = field(default_factory=dict)

    def rows(self, table: str, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
        """Return the rows of a table that are asked for: the query says which is the first under the table's name.

        Raises:
            RefusalError: that is not a whole number.
        """
        start = self.reading.asked.whole(table) or 0
        found = self.reading.connection.execute(query.offset(start).limit(_ROWS + 1)).all()
        following = start + _ROWS if len(found) > _ROWS else None
        self.stretches[table] = Stretch(start, max(start - _ROWS, 0) if start else None, following)
        return found[:_ROWS]
