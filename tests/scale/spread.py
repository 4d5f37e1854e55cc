"""Scans in parts, and what puts them together: parts beside one, two processes beside one, and memory by rows.

Of AUDIERA_SCALE_FILES files and AUDIERA_SCALE_ROWS rows, which lie below AUDIERA_SCALE_DIR. The rows are those of one
real file, told again and again under other names, with other hashes.
"""

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from audiera.errors import InputError
from audiera.folder import ScanOptions
from audiera.spread import Part, Task, open_parts, scan_part
from audiera.spread.rows import read_rows
from audiera.spread.scanning import SCAN_NAME, _complete, read_record
from tests.scale.cases import _write_sound
from tests.scale.measure import Measured, peak_mebibytes

__all__ = ["CASES"]

_FILES: Final = int(os.environ.get("AUDIERA_SCALE_FILES", "40000"))
_ROWS: Final = int(os.environ.get("AUDIERA_SCALE_ROWS", "2000000"))
_ITEMS: Final = 100_000
_MERGE_MIB: Final = 512
_PARTS: Final = 4
_ROWS_OF_A_SLICE: Final = 100


def four_parts() -> Measured:
    """All files in four parts, one after the other, against one part, and that against two."""
    with _room() as name:
        music = _music(Path(name) / "music")
        took = {count: _took(music, Path(name) / f"{count}", count, at_once=1)[0] for count in (1, 2, 4)}
    return Measured(
        f"scan {_FILES:,} files in 4 parts, one after the other",
        f"{took[4]:,.1f} s ({took[2]:,.1f} s in 2)",
        f"{took[1]:,.1f} s: in one part",
        took[4] / took[1],
        1.2,
    )


def two_at_once() -> Measured:
    """Two parts at once, a worker each, against both one after the other; what processors did for it is told: two that
    are one core's share what both need, so that each part takes them longer.
    """
    with _room() as name:
        music = _music(Path(name) / "music")
        alone, alone_worked = _took(music, Path(name) / "alone", 2, at_once=1)
        both, both_worked = _took(music, Path(name) / "both", 2, at_once=2)
    return Measured(
        f"scan {_FILES:,} files in 2 parts at once, a worker each",
        f"{both:,.1f} s, {both_worked:,.1f} s of processors",
        f"{alone:,.1f} s, {alone_worked:,.1f} s of processors: one after the other",
        both / alone,
        0.8,
    )


def merging() -> Measured:
    """Rows of four parts put together until what they come to is known; the bound is memory."""
    took = _merge(_ROWS, ScanOptions())
    peak = peak_mebibytes()
    return Measured(
        f"merge {_ROWS:,} rows of {_PARTS} parts",
        f"{peak:,.0f} MiB at most, {took:,.0f} s",
        f"{_MERGE_MIB} MiB",
        peak / _MERGE_MIB,
        1.0,
    )


def items_of_parts() -> Measured:
    """Rows of four parts that become the items of a dataset; the bound is memory."""
    took = _merge(min(_ROWS, _ITEMS), ScanOptions())
    peak = peak_mebibytes()
    return Measured(
        f"merge {min(_ROWS, _ITEMS):,} rows of {_PARTS} parts to the items of a dataset",
        f"{peak:,.0f} MiB at most, {took:,.0f} s",
        f"{_MERGE_MIB} MiB",
        peak / _MERGE_MIB,
        1.0,
    )


def _room() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(dir=os.environ.get("AUDIERA_SCALE_DIR"))


def _music(folder: Path) -> Path:
    for number in range(_FILES):
        _write_sound(folder / f"{number // 1000:03}" / f"{number:06}.wav", number)
    return folder


def _took(music: Path, out: Path, count: int, *, at_once: int) -> tuple[float, float]:
    """Scan in parts with a worker each, and return the seconds that it took, and those of processors."""
    program = "from audiera.cli.main import main; main()"
    waiting = [f"{number}/{count}" for number in range(1, count + 1)]
    begun, worked = time.perf_counter(), _worked()
    items = 0
    while waiting:
        some, waiting = waiting[:at_once], waiting[at_once:]
        words = ["scan", str(music), "--out", str(out), "--workers", "1", "--json", "--part"]
        running = [subprocess.Popen([sys.executable, "-c", program, *words, it], stdout=subprocess.PIPE) for it in some]
        items += sum(json.loads(process.communicate()[0])["itemCount"] for process in running)
    if items != _FILES:
        raise AssertionError(f"{items} of {_FILES} files are items")
    return time.perf_counter() - begun, _worked() - worked


def _worked() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _merge(rows: int, options: ScanOptions) -> float:
    """Put so many rows together, and return the seconds that it took."""
    with _room() as name:
        music, parts = Path(name) / "music", Path(name) / "parts"
        _write_rows(music, parts, rows)
        begun = time.perf_counter()
        with suppress(InputError):  # more than a dataset holds
            open_parts(parts).scan(music, options)
        return time.perf_counter() - begun


def _write_rows(music: Path, parts: Path, count: int) -> None:
    """Write the parts of a scan of so many files, as `scan_part` would, each in order of its paths."""
    _write_sound(music / "0.wav", 0)
    for number in range(1, _PARTS + 1):
        scan_part(Task(str(music)), Part(number, _PARTS), parts, workers=1)
    ((_, kind, told),) = (row for path in parts.rglob("*.jsonl") for row in read_rows(path) or ())
    _, size, found = json.loads(json.dumps(told))
    row = ["%(path)s", kind, ["%(path)s", size, {**found, "sha256": "%(sha256)s", "sound": "%(sound)s"}]]
    line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
    for number in range(1, _PARTS + 1):
        part, names = Part(number, _PARTS), []
        for start in range(0, count // _PARTS, _ROWS_OF_A_SLICE):
            rows = range(start, min(start + _ROWS_OF_A_SLICE, count // _PARTS))
            body = b"".join(line % _told(it, number) for it in rows)
            digest = hashlib.sha256(body).hexdigest()
            names.append(f"{digest}.jsonl")
            head = json.dumps({"rows": len(rows), "sha256": digest}).encode()
            (parts / part.folder / names[-1]).write_bytes(head + b"\n" + body)
        scan = read_record(parts / part.folder / SCAN_NAME) or {}
        (parts / part.folder / "complete.json").write_text(json.dumps(_complete(part, scan, names)))


def _told(number: int, part: int) -> dict[bytes, bytes]:
    path = b"%05d/Some Artist - Some Track of a usual length %08d-%d.wav" % (number // 1000, number, part)
    digest = hashlib.sha512(path).hexdigest().encode()
    return {b"path": path, b"sha256": digest[:64], b"sound": digest[64:]}


CASES: dict[str, Callable[[], Measured]] = {
    case.__name__: case for case in (four_parts, two_at_once, merging, items_of_parts)
}
