"""What reading a slice found, as a file: a header, then a line for each file of the slice, by path.

    {"rows":2,"sha256":"..."}                                     of the lines below
    ["a.flac","item",["a.flac",1234,{"sha256":"...",...}]]        where it is, its bytes, and what reading it found
    ["b.wav","problem","is empty"]                                or `passed over`; or `unread`: another time may do

A slice is read by a pure function of its files, so two that read the same slice write the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

from audiera.errors import ItemError
from audiera.folder import Found, Listed, Stamp, Taken, composed, is_passing, without_twins
from audiera.spread.places import Place, open_place
from audiera.spread.slices import Slice, Task
from audiera.text import as_hash, as_int, as_list, as_object, as_text, open_file

__all__ = ["ITEM", "PASSED_OVER", "PROBLEM", "UNREAD", "Row", "hash_of", "read_rows", "read_slice", "taken"]

ITEM: Final = "item"
PROBLEM: Final = "problem"
UNREAD: Final = "unread"
"""A problem that is none of the file's."""
PASSED_OVER: Final = "passed over"
_HEAD_BYTES: Final = 1 << 10
_BLOCK: Final = 1 << 16
"""Bytes of rows in memory for each part, or one row, however many a slice has."""

Row: TypeAlias = tuple[str, str, object]
"""A path in NFC, what became of the file there, and what is known of it."""


def read_slice(task: Task, files: Slice) -> bytes:
    """Read the files of a slice, one after the other, and return the file of its rows.

    Raises:
        InputError: no process can be started to read them.
        StorageError: a bucket cannot be read.
    """
    place = open_place(task.url)
    rows: list[Row] = []
    meant: dict[Path, Listed] = {}
    for file in files.files:
        finding = file.finding or place.judge(file, everything=task.everything)
        if finding is None:
            meant[file.path] = file
        else:
            kind = UNREAD if finding.passing else PROBLEM if finding.stops else PASSED_OVER
            rows.append((composed(file.path), kind, finding.reason))
    single, twins = without_twins(meant)
    rows += [(twin.path, PROBLEM, twin.reason) for twin in twins]
    rows += [_read(place, task, meant[path]) for path in single]
    lines = [json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in sorted(rows, key=lambda it: it[:2])]
    body = b"".join(lines)
    head = {"rows": len(lines), "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + body


def read_rows(path: Path) -> Iterator[Row] | None:
    """Return the rows of a slice, little of them in memory; None if they are not there, or not as they were written.

    Raises:
        OSError, ValueError, TypeError: as they are gone through; they were there, and something has changed them.
    """
    try:
        with os.fdopen(open_file(path, os.O_RDONLY), "rb") as file:
            head = file.readline(_HEAD_BYTES)
            if json.loads(head)["sha256"] != hashlib.file_digest(file, "sha256").hexdigest():
                return None
            return _rows(path, len(head), file.tell())
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _rows(path: Path, start: int, end: int) -> Iterator[Row]:
    while start < end:
        with os.fdopen(
            open_file(path, os.O_RDONLY), "rb"
        ) as file:  # and not open all the while: there may be more parts than files may be open
            file.seek(start)
            lines = file.readlines(_BLOCK)
            start = file.tell()
        if not lines:
            raise OSError("cut short")
        yield from map(json.loads, lines)


def hash_of(told: object) -> bytes:
    """Return the sha-256 of the item of a row.

    Raises:
        ValueError, KeyError, TypeError, IndexError: the row has none.
    """
    return as_hash(as_object(as_list(told)[2])["sha256"])


def taken(told: object, below: int) -> Taken:
    """Return the item of a row, by its path from so many folders below.

    Raises:
        ItemError, ValueError, KeyError, TypeError: the row has none.
    """
    source, size, found = as_list(told)
    path = Path(*Path(as_text(source)).parts[below:])
    return Taken.of(path, Found.from_json(as_object(found)), Stamp(as_int(size), 0, 0, 0))


def _read(place: Place, task: Task, file: Listed) -> Row:
    path = composed(file.path)
    try:
        found = place.take(file, everything=task.everything, fingerprint=task.fingerprint)
    except ItemError as error:
        return path, UNREAD if is_passing(error) else PROBLEM, str(error)
    return path, ITEM, [file.path.as_posix(), file.size, found.found.json()]
