"""The item table: one line of canonical JSON for each item of a dataset version, by path.

A line is the item's metadata row (`audiera.metadata`) with two keys more, `sha256` and `size`, of the
file. The item, its leaf and so the content root are rebuilt from the table alone.
"""

__all__ = ["TABLE_NAME", "TableRow", "read_table", "write_table"]

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import rfc8785

from audiera.errors import ItemError, StorageError
from audiera.items import Item
from audiera.jsontypes import as_hash, as_int, as_object
from audiera.metadata import Metadata

TABLE_NAME: Final = "items.jsonl"
"""What the table is called beside its manifest."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One item with the metadata that it commits to."""

    item: Item
    metadata: Metadata

    def line(self) -> bytes:
        """Returns the row as canonical JSON, without a line end."""
        return rfc8785.dumps({**self.metadata.row(), "sha256": self.item.sha256.hex(), "size": self.item.size})


def write_table(rows: Iterable[TableRow]) -> bytes:
    """Returns the table: rows by path, each line ended by a line feed."""
    ordered = sorted(rows, key=lambda row: row.metadata.path)
    return b"".join(row.line() + b"\n" for row in ordered)


def read_table(table: bytes) -> tuple[TableRow, ...]:
    """Reads a table back, accepting only what `write_table` writes.

    Raises:
        StorageError: it is anything else.
    """
    try:
        rows = tuple(_read_lines(table))
    except (ItemError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The item table is damaged ({error}); fetch it again.") from error
    if write_table(rows) != table:
        raise StorageError("The item table is not in its canonical form; fetch it again.")
    return rows


def _read_lines(table: bytes) -> Iterator[TableRow]:
    for line in table.removesuffix(b"\n").split(b"\n"):
        row = as_object(json.loads(line))
        sha256, size = as_hash(row.pop("sha256")), as_int(row.pop("size"))
        if not 0 < size < 1 << 64:
            raise ValueError(f"{size} is not the size of a file")
        metadata = Metadata.from_row(row)
        yield TableRow(Item.of(sha256, size, metadata), metadata)
