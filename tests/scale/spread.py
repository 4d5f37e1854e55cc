"""Scans in parts, and what puts them together: parts beside one, two processes beside one, and memory by rows.

Small unless AUDIERA_SCALE_FILES and AUDIERA_SCALE_ROWS say otherwise. The rows are those of one real file, told again
and again under other names, with other hashes.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from audiera.errors import InputError
from audiera.folder import ScanOptions
from audiera.spread import Part, Task, open_parts, scan_part
from audiera.spread.rows import read_rows
from tests.scale.cases import _write_sound
from tests.scale.measure import Measured, peak_mebibytes

__all__ = ["CASES"]

_FILES: Final = int(os.environ.get("AUDIERA_SCALE_FILES", "4000"))
_ROWS: Final = int(os.environ.get("AUDIERA_SCALE_ROWS", "100000"))
_MERGE_MIB: Final = 512
_PARTS: Final = 4


def four_parts() -> Measured:
    """All files in four parts, one after the other, against one part, and that against two."""
    with tempfile.TemporaryDirectory() as name:
        music = _music(Path(name) / "music")
        took = {count: _seconds(music, Path(name) / f"{count}", count, at_once=1) for count in (1, 2, 4)}
    return Measured(
        f"scan {_FILES:,} files in 4 parts, one after the other",
        f"{took[4]:,.1f} s ({took[2]:,.1f} s in 2)",
        f"{took[1]:,.1f} s: in one part",
        took[4] / took[1],
        1.2,
    )


def two_at_once() -> Measured:
    """Two parts at once, a worker each, against both one after the other."""
    with tempfile.TemporaryDirectory() as name:
        music = _music(Path(name) / "music")
        alone = _seconds(music, Path(name) / "alone", 2, at_once=1)
        both = _seconds(music, Path(name) / "both", 2, at_once=2)
    return Measured(
        f"scan {_FILES:,} files in 2 parts at once, a worker each",
        f"{both:,.1f} s",
        f"{alone:,.1f} s: one after the other",
        both / alone,
        0.7,
    )


def merging() -> Measured:
    """Rows of four parts put together until what they come to is known; the bound is memory."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("AUDIERA_SCALE_DIR")) as name:
        music, parts = Path(name) / "music", Path(name) / "parts"
        _write_rows(music, parts)
        begun = time.perf_counter()
        with suppress(InputError):  # more than a dataset holds
            open_parts(parts).scan(music, ScanOptions())
        took = time.perf_counter() - begun
    peak = peak_mebibytes()
    return Measured(
        f"merge {_ROWS:,} rows of {_PARTS} parts",
        f"{peak:,.0f} MiB at most, {took:,.0f} s",
        f"{_MERGE_MIB} MiB",
        peak / _MERGE_MIB,
        1.0,
    )


def _music(folder: Path) -> Path:
    for number in range(_FILES):
        _write_sound(folder / f"{number // 1000:03}" / f"{number:06}.wav", number)
    return folder


def _seconds(music: Path, out: Path, count: int, *, at_once: int) -> float:
    program = "from audiera.cli.main import main; main()"
    waiting = [f"{number}/{count}" for number in range(1, count + 1)]
    begun = time.perf_counter()
    while waiting:
        some, waiting = waiting[:at_once], waiting[at_once:]
        words = ["scan", str(music), "--out", str(out), "--workers", "1", "--part"]
        running = [subprocess.Popen([sys.executable, "-c", program, *words, it], stdout=2) for it in some]
        for process in running:
            if process.wait():
                raise AssertionError(f"{process.args!r} failed")
    return time.perf_counter() - begun


def _write_rows(music: Path, parts: Path) -> None:
    """Write the parts of a scan of so many files, as `scan_part` would."""
    _write_sound(music / "0.wav", 0)
    for number in range(1, _PARTS + 1):
        scan_part(Task(str(music)), Part(number, _PARTS), parts, workers=1)
    ((_, kind, told),) = (row for path in parts.rglob("*.jsonl") for row in read_rows(path) or ())
    _, size, found = json.loads(json.dumps(told))
    for index, part in enumerate(Part(number, _PARTS) for number in range(1, _PARTS + 1)):
        names = []
        for start in range(0, _ROWS // _PARTS, 100):
            lines = _rows(range(start, min(start + 100, _ROWS // _PARTS)), index, kind, size, found)
            body = b"".join(lines)
            digest = hashlib.sha256(body).hexdigest()
            names.append(f"{digest}.jsonl")
            head = json.dumps({"rows": len(body.splitlines()), "sha256": digest}).encode()
            (parts / part.folder / names[-1]).write_bytes(head + b"\n" + body)
        (parts / part.folder / "complete.json").write_text(json.dumps({"rows": names}))


def _rows(numbers: Sequence[int], index: int, kind: str, size: int, found: dict[str, object]) -> Iterator[bytes]:
    for number in numbers:
        path = f"{number // 1000:05}/Some Artist - Some Track of a usual length {number:08}-{index}.wav"
        digests = {name: hashlib.sha256(f"{name}{path}".encode()).hexdigest() for name in ("sha256", "sound")}
        yield json.dumps([path, kind, [path, size, {**found, **digests}]], separators=(",", ":")).encode() + b"\n"


CASES: dict[str, Callable[[], Measured]] = {case.__name__: case for case in (four_parts, two_at_once, merging)}
