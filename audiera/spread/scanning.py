"""Reads one part of many: what is read stays, whatever ends the process, and the next run goes on from there.

    DIR/part-3-of-16/
        scan.json          what is scanned: written before anything is read
        <sha-256>.jsonl    rows of a slice, named by its input (`audiera.spread.rows`)
        complete.json      when the last of them is there: all their names, in order, and what they are of

Each file appears whole or not at all. A folder that has parts of another listing, of other options or made by other
versions of what reads files is refused before anything is read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from audiera.errors import InputError
from audiera.folder import composed, readers
from audiera.spread.places import open_place
from audiera.spread.rows import ITEM, PASSED_OVER, UNREAD, read_rows, read_slice
from audiera.spread.slices import Listing, Part, Slice, Task, cut
from audiera.text import as_list, as_object, as_texts, read_file, read_json, replace_file, shown
from audiera.work import Tally, Watcher, in_parallel

__all__ = ["SCAN_NAME", "Run", "ScannedPart", "read_complete", "read_record", "scan_part", "told"]

SCAN_NAME: Final = "scan.json"
"""What a part is of."""

_COMPLETE_NAME: Final = "complete.json"

_FORMAT: Final = 1
_RECORD_BYTES: Final = 1 << 28
_SAID: Final = {
    "format": "is of another version of this program",
    "parts": "has parts of another number",
    "kind": "has parts of another kind of dataset",
    "fingerprint": "has parts with fingerprints, or without",
    "readers": "has parts that other versions of the libraries have read",
    "listing": "has parts of another listing: files were added, removed or changed since",
}

Run: TypeAlias = Callable[[Task, Sequence[Slice]], Iterator[tuple[Slice, bytes]]]
"""Reads slices, wherever, and yields each with its rows as they get done."""


@dataclass(frozen=True, slots=True)
class ScannedPart:
    """What a part came to."""

    files: int
    items: int
    problems: int
    reused: int
    """Files that an earlier run had read."""


def scan_part(
    task: Task,
    part: Part,
    out: Path,
    *,
    workers: int | None = None,
    progress: Watcher | None = None,
    run: Run | None = None,
) -> ScannedPart:
    """Read a part, as far as it has not been read.

    Args:
        task: what is scanned.
        part: which part of it.
        out: the folder of all parts.
        workers: how many slices to read at once; by default one for each core.
        progress: called after every slice.
        run: reads the slices, if not this process.

    Raises:
        InputError: the folder has parts of another scan, there is nothing to scan, or nothing can be read here.
        StorageError: a bucket cannot be read.
        OSError: the rows cannot be written.
    """
    listing, mine = Listing(), []
    for file in open_place(task.url).listing(everything=task.everything):
        listing.add(file)
        if part.has(composed(file.path)):
            mine.append(file)
    if listing.is_empty:
        raise InputError(f"There is nothing in {shown(task.url)}; name the folder that holds the dataset.")
    scan = _scan(task, part, listing)
    _refuse_others(scan, out)
    folder = out / part.folder
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / SCAN_NAME, scan)
    how = json.dumps({name: scan[name] for name in _HOW}, sort_keys=True)
    slices = {piece.name(how): piece for piece in cut(mine)}
    pending = {name: piece for name, piece in slices.items() if not _is_read(folder / name)}
    tally = Tally(len(mine), sum(file.size for file in mine), progress)
    reused = [piece for name, piece in slices.items() if name not in pending]
    tally.add(files=sum(len(piece.files) for piece in reused), size=sum(piece.size for piece in reused))
    names = {piece: name for name, piece in pending.items()}
    for piece, rows in (run or partial(_here, workers))(task, tuple(names)):
        replace_file(folder / names[piece], [rows])
        tally.add(files=len(piece.files), size=piece.size)
    _write(folder / _COMPLETE_NAME, _complete(part, scan, [*slices]))
    kinds = Counter(what for name in slices for _, what, _ in read_rows(folder / name) or ())
    problems = kinds.total() - kinds[ITEM] - kinds[PASSED_OVER]
    return ScannedPart(len(mine), kinds[ITEM], problems, sum(len(it.files) for it in reused))


_HOW: Final = ("format", "kind", "fingerprint", "readers")


def read_record(path: Path) -> dict[str, object] | None:
    """Return a record of a part; None if it is not there, or is none."""
    try:
        return as_object(read_json(read_file(path, _RECORD_BYTES), most=_RECORD_BYTES))
    except (OSError, ValueError, TypeError):
        return None


def read_complete(out: Path, part: Part, scan: dict[str, object]) -> list[str] | None:
    """Return the names of a part's files of rows, in order; None if it is not whole, or not of this scan."""
    record = read_record(out / part.folder / _COMPLETE_NAME)
    try:
        names = [*as_texts(as_list((record or {})["rows"]))]
    except (KeyError, TypeError):
        return None
    return names if record == _complete(part, scan, names) else None


def told(one: dict[str, object], other: dict[str, object]) -> str | None:
    """Return in what two scans differ, so that their parts are not of one; None if in nothing."""
    return next((said for name, said in _SAID.items() if one.get(name) != other.get(name)), None)


def _scan(task: Task, part: Part, listing: Listing) -> dict[str, object]:
    return {"format": _FORMAT, **asdict(task), "parts": part.count, "readers": readers(), "listing": listing.json()}


def _complete(part: Part, scan: dict[str, object], names: list[str]) -> dict[str, object]:
    """Return what says that a part is whole; that of another part, or of another scan, does not."""
    of = json.dumps([str(part), scan, names], sort_keys=True)
    return {"rows": names, "of": hashlib.sha256(of.encode()).hexdigest()}


def _refuse_others(scan: dict[str, object], out: Path) -> None:
    for path in sorted(out.glob(f"part-*/{SCAN_NAME}")):
        there = read_record(path)
        if there is not None and (difference := told(scan, there)):
            raise InputError(f"{shown(str(out))} {difference}; name another --out, or empty it.")


def _is_read(path: Path) -> bool:
    """Say whether there are the rows of a slice, with every file in it read, even if as a problem."""
    rows = read_rows(path)
    return rows is not None and all(kind != UNREAD for _, kind, _ in rows)


def _here(workers: int | None, task: Task, slices: Sequence[Slice]) -> Iterator[tuple[Slice, bytes]]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return in_parallel(partial(read_slice, task), slices, workers or cores)


def _write(path: Path, record: dict[str, object]) -> None:
    replace_file(path, [json.dumps(record, sort_keys=True).encode() + b"\n"])
