"""What became of the items of a dataset between two readings of a folder, or two versions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.table import TableRow
from audiera.text import shown

__all__ = ["Change", "Difference", "compare", "rows_apart"]


class Change(StrEnum):
    """What can happen to an item."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    ALTERED = "altered"
    """Other bytes under the same path."""
    DESCRIBED_OTHERWISE = "described otherwise"
    """The same bytes under the same path, but another metadata row: a later version of a tag reader, say."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One item that is not as it was; `path` is where it is now or, if it is gone, where it was."""

    change: Change
    path: str
    detail: str = ""
    """Where a renamed item was; what differs of an altered one."""

    def __str__(self) -> str:
        return f"{self.change}: {shown(self.path)}{f' ({self.detail})' if self.detail else ''}"


def compare(before: Sequence[TableRow], now: Sequence[TableRow]) -> tuple[Difference, ...]:
    """Return what became of every item that is not as it was, by path."""
    return tuple(sorted(_differences(before, now), key=lambda difference: (difference.path, difference.change)))


def rows_apart(before: bytes, now: bytes, most: int) -> tuple[list[TableRow], list[TableRow]]:
    """Return the rows that one of two item tables has and the other has not, of each; `compare` needs no others.

    Args:
        before: a table that `read_table` has read once.
        now: another.
        most: rows that are read of each: the first by path, and one more to show that there are others.
    """
    old, new = ({row["path"]: row for row in map(_known, json.loads(table))} for table in (before, now))
    return _apart(old, new, most), _apart(new, old, most)


def _known(row: dict[str, object]) -> dict[str, object]:
    """Return a row without the keys that only other rows of its table have."""
    return {key: value for key, value in row.items() if value is not None}


def _apart(rows: dict[object, dict[str, object]], others: dict[object, dict[str, object]], most: int) -> list[TableRow]:
    apart = [row for path, row in rows.items() if others.get(path) != row]
    return [_row(dict(row)) for row in apart[: most + 1]]


def _row(facts: dict[str, object]) -> TableRow:
    sha256, size = bytes.fromhex(str(facts.pop("sha256"))), int(str(facts.pop("size")))
    metadata = Metadata.from_row(facts)
    return TableRow(Item.of(sha256, size, metadata), metadata)


def _differences(before: Sequence[TableRow], now: Sequence[TableRow]) -> Iterator[Difference]:
    old = {row.metadata.path: row for row in before}
    new = {row.metadata.path: row for row in now}
    gone = {row.item.sha256: path for path, row in old.items() if path not in new}
    for path, row in new.items():
        if path in old:
            yield from _difference(old[path], row)
        elif row.item.sha256 in gone:
            yield Difference(Change.RENAMED, path, f"was {shown(gone.pop(row.item.sha256))}")
        else:
            yield Difference(Change.ADDED, path)
    yield from (Difference(Change.REMOVED, path) for path in gone.values())


def _difference(before: TableRow, now: TableRow) -> Iterator[Difference]:
    if before == now:
        return
    old, new = before.metadata.row(), now.metadata.row()
    keys = ", ".join(key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key))
    path = now.metadata.path
    if before.item.sha256 == now.item.sha256:
        yield Difference(Change.DESCRIBED_OTHERWISE, path, keys)
    else:
        yield Difference(Change.ALTERED, path, f"bytes, {keys}" if keys else "bytes")
