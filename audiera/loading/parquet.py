"""Shards as Hugging Face's `datasets` reads them: Parquet with a column of sound.

Needs the extra `parquet`. The schema names its features under the key `huggingface`, as that library writes it, so that
`load_dataset("parquet", ...)` takes the column for sound, streaming or not; where not all files are sound, it is a
column of plain files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from audiera.loading.shelf import Entry
from audiera.storage import ObjectError
from audiera.text import shown

__all__ = ["SUFFIX", "blocks", "holds", "room"]

SUFFIX: Final = "parquet"

_GROUP: Final = 1 << 24
"""Bytes of files after which a group of rows ends, which a reader takes into memory at once."""
_LARGEST: Final = (1 << 31) - (1 << 20)  # bytes of a file that fits a cell
_KNOWN: Final = 1024  # bytes of what is known of a file, more or less

_TYPES: Final = {
    "dataset": "int64",
    "version": "int64",
    "license": "int64",
    "item": "string",
    "sha256": "string",
    "size": "int64",
    "path": "string",
    "media_type": "string",
    "title": "string",
    "artists": "list",
    "album": "string",
    "track": "int64",
    "date": "string",
    "genre": "string",
    "bpm": "int64",
    "key": "string",
    "isrc": "string",
    "iswc": "string",
    "copyright": "string",
    "licence": "string",
    "duration_ms": "int64",
    "sample_rate": "int64",
    "channels": "int64",
    "bit_depth": "int64",
}
"""The columns beside that of the files: what `Entry.facts` may have."""


def room(entry: Entry) -> int:
    """Return the bytes that a file takes in a shard, more or less."""
    return entry.row.item.size + _KNOWN


def blocks(entries: Sequence[Entry]) -> Iterator[bytes]:
    """Give the bytes of a shard.

    Raises:
        ObjectError: a file is not what was pulled, or too large for a cell.
    """
    sink, column = _Sink(), _column(entries)
    schema = _schema(column)
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False}  # sound is compressed already
    with pq.ParquetWriter(sink, schema, **plain) as writer:
        for group in _groups(entries):
            rows = [{column: {"bytes": _read(it), "path": _name(it)}, **it.facts()} for it in group]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema), row_group_size=len(rows))
            yield sink.drain()
    yield sink.drain()


def holds(path: Path, entries: Sequence[Entry]) -> bool:
    """Say whether a shard is of just these files.

    Raises:
        OSError: it cannot be read.
    """
    column = _column(entries)
    try:
        with pq.ParquetFile(path) as file:
            found, schema = file.schema_arrow, _schema(column)
            if not found.equals(schema) or found.metadata != schema.metadata:
                return False
            groups = (file.read_row_group(it).to_pylist() for it in range(file.num_row_groups))
            rows = chain.from_iterable(groups)
            return all(_is_of(row, column, it) for row, it in zip(rows, entries, strict=True))
    except (pa.ArrowException, ValueError):
        return False
    except OSError as error:
        if error.errno is None:  # as Arrow refuses what is damaged
            return False
        raise


class _Sink:
    """What a writer takes for a file, and from which its bytes are drained as they come."""

    closed = False

    def __init__(self) -> None:
        self._kept = bytearray()
        self._at = 0

    def write(self, data: bytes) -> int:
        self._kept += data
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def drain(self) -> bytes:
        data, self._kept = bytes(self._kept), bytearray()
        return data


def _column(entries: Sequence[Entry]) -> str:
    return "audio" if all(it.row.item.duration_ms for it in entries) else "file"


def _schema(column: str) -> pa.Schema:
    text = {"dtype": "string", "_type": "Value"}
    content = {"bytes": {"dtype": "binary", "_type": "Value"}, "path": text}
    features = {
        column: {"_type": "Audio"} if column == "audio" else content,
        **{
            name: {"feature": text, "_type": "List"} if kind == "list" else {"dtype": kind, "_type": "Value"}
            for name, kind in _TYPES.items()
        },
    }
    cells = {"string": pa.string(), "int64": pa.int64(), "list": pa.list_(pa.string())}
    fields = [(column, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))]
    fields += [(name, cells[kind]) for name, kind in _TYPES.items()]
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def _groups(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    group, size = list[Entry](), 0
    for it in entries:
        if group and size + it.row.item.size > _GROUP:
            yield group
            group, size = [], 0
        group.append(it)
        size += it.row.item.size
    if group:
        yield group


def _read(entry: Entry) -> bytes:
    if entry.row.item.size > _LARGEST:
        raise ObjectError(f"{shown(str(entry.file))} is too large for Parquet; take another --format.")
    return entry.read()


def _name(entry: Entry) -> str:
    return PurePosixPath(entry.row.metadata.path).name


def _is_of(row: dict[str, Any], column: str, entry: Entry) -> bool:  # Any: cells of a table
    cell = row.pop(column)
    facts = {name: value for name, value in row.items() if value is not None}
    told = {name: value for name, value in entry.facts().items() if value is not None}
    is_it = cell["path"] == _name(entry) and facts == told
    return is_it and hashlib.sha256(cell["bytes"]).digest() == entry.row.item.sha256
