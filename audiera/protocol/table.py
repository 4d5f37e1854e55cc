"""The item table: one row of canonical JSON for each item of a dataset version, by path.

A row is the item's metadata row (`audiera.protocol.metadata`) with two keys more, `sha256` and `size`, of the file.
Items, their leaves and so the content root are rebuilt from the table alone. It is a JSON array with one row to the
line:

    [
    {"duration_ms":1500,"media_type":"audio/flac","path":"a.flac",...},
    {"duration_ms":null,"media_type":"audio/midi","path":"b.mid",...}
    ]

Every key that any item has is in every row, null where it is unknown. JSON Lines would need neither, but its common
readers guess types by column and turn the title "007" into a number; of JSON, by JSONPath, they take what is there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from audiera.errors import ItemError, StorageError
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.text import Json, as_hash, as_int, as_object, canonical, canonical_lines, read_json

__all__ = ["TABLE_NAME", "TableRow", "columns", "read_table", "write_table"]


_ROW_BYTES: Final = 1 << 22  # the longest texts that a file can have, and no more

TABLE_NAME: Final = "items.json"
"""What the table is called beside its manifest."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One item with the metadata that it commits to."""

    item: Item
    metadata: Metadata

    def json(self) -> dict[str, Json]:
        """Return the row as JSON values, unknown keys left out."""
        return {**self.metadata.row(), "sha256": self.item.sha256.hex(), "size": self.item.size}


def columns(rows: Iterable[TableRow]) -> frozenset[str]:
    """Return the keys that any row has: those that each row of the table has."""
    return frozenset({"sha256", "size"}.union(*(row.metadata.row() for row in rows)))


def write_table(rows: Iterable[TableRow]) -> bytes:
    """Return the table, rows in order of their paths' code points."""
    ordered = sorted(rows, key=lambda row: row.metadata.path)
    unknown: dict[str, Json] = dict.fromkeys(columns(ordered))
    return canonical_lines({**unknown, **row.json()} for row in ordered)


def read_table(table: bytes) -> tuple[TableRow, ...]:
    """Read a table back, accepting only what `write_table` writes.

    Raises:
        StorageError: it is anything else.
    """
    try:
        return tuple(_read_rows(BytesIO(table).readlines()))
    except (ItemError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The item table is damaged ({error}); fetch it again.") from error


def _read_rows(lines: Sequence[bytes]) -> Iterator[TableRow]:
    if len(lines) < 3 or lines[0] != b"[\n" or lines[-1] != b"]\n":
        raise ValueError("it is not an array with one row to the line")
    keys: frozenset[str] = frozenset()
    known: set[str] = set()
    path = ""
    for number, line in enumerate(lines[1:-1], start=1):
        text = line.removesuffix(b",\n" if number < len(lines) - 2 else b"\n")
        row = as_object(read_json(text, most=_ROW_BYTES))
        keys = keys or frozenset(row)
        found = _read_row(text, row)
        if row.keys() != keys or not (path < found.metadata.path or number == 1):
            raise ValueError(f"row {number} is out of order or has other keys than the first")
        path = found.metadata.path
        known.update(key for key in keys if row[key] is not None)
        yield found
    if known != keys:
        raise ValueError(f"no row has {', '.join(sorted(keys - known))}")


def _read_row(text: bytes, row: dict[str, object]) -> TableRow:
    facts = {key: value for key, value in row.items() if value is not None}
    sha256, size = as_hash(facts.pop("sha256")), as_int(facts.pop("size"))
    if not 0 < size < 1 << 64:
        raise ValueError(f"{size} is not the size of a file")
    metadata = Metadata.from_row(facts)
    found = TableRow(Item.of(sha256, size, metadata), metadata)
    unknown: dict[str, Json] = dict.fromkeys(row)
    if canonical({**unknown, **found.json()}) != text:
        raise ValueError(f"the row of {metadata.path} is not canonical")
    return found
