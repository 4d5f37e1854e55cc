"""Puts the parts of a scan together: what comes of them is what one scan of the whole would have found.

Rows are merged from all parts at once, a slice of each in memory, and gone through several times, since copies, names
that differ only in case and the like are told by all files together (`audiera.folder.conclude`).
"""

from __future__ import annotations

import heapq
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from audiera.errors import InputError, ItemError
from audiera.folder import Problem, Scan, ScanOptions, Taken, conclude
from audiera.spread.rows import ITEM, PROBLEM, Row, hash_of, read_rows, taken
from audiera.spread.scanning import COMPLETE_NAME, SCAN_NAME, read_record, told
from audiera.spread.slices import MOST_PARTS, Part, Task
from audiera.text import as_int, as_list, as_text, as_texts, normal, shown
from audiera.work import Repeats

__all__ = ["Parts", "open_parts"]

_NAMED: Final = 20
_CLASH: Final = "is the name of a file and of a folder; rename one of them"


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a scan, all of them whole. Use :func:`open_parts`."""

    folder: Path
    """Where they are."""
    task: Task
    names: tuple[tuple[Part, tuple[str, ...]], ...]
    """The files of each part's rows, in order."""

    def below(self, url: str) -> str:
        """Return the path from what was scanned to a folder in it; empty for the whole.

        Raises:
            InputError: it is not in it.
        """
        whole, asked = PurePosixPath(self.task.url), PurePosixPath(url)
        if not asked.is_relative_to(whole):
            raise InputError(
                f"{shown(str(self.folder))} has the parts of {shown(self.task.url)}, and {shown(url)} is not in it; "
                "name that or a folder in it."
            )
        return "" if asked == whole else normal(asked.relative_to(whole).as_posix())

    def scan(self, folder: Path, options: ScanOptions, *, url: str = "") -> Scan:
        """Return what `audiera.folder.scan` of the same files would.

        Args:
            folder: where the files are, or what stands for a bucket.
            options: as for the scan. Whether everything is an item is a matter of the parts.
            url: the path or URL that is wanted of what was scanned; all of it unless told.

        Raises:
            FolderError: files that cannot be taken, all of them at once, by path.
            InputError: the parts are of another kind, damaged, or hold no item or too many; or `url` is not among them.
        """
        if options.everything != self.task.everything:
            kind = self.task.kind
            raise InputError(f"{shown(str(self.folder))} has parts scanned with --kind {kind}; say so here, too.")
        if options.fingerprint and not self.task.fingerprint:
            raise InputError(f"{shown(str(self.folder))} has parts without fingerprints; scan them with --fingerprint.")
        url = url or self.task.url
        is_bucket = "://" in url
        files = _Files(self, self.below(url), clashes=set())
        if is_bucket:
            files.clashes.update(_clashes(files))
        bad = [Problem(path, _CLASH) for path in files.clashes]
        passed: list[Problem] = []
        hashes = Repeats()
        for path, kind, what in files.rows():
            if kind != ITEM:
                (bad if kind == PROBLEM else passed).append(Problem(path, as_text(what)))
            elif path not in files.clashes:
                hashes.add(self._hash(what), path)
        return conclude(
            folder,
            options,
            hashes,
            files,
            bad=bad,
            passed_over=tuple(sorted(passed)),
            reused=hashes.count,
            bucket=url if is_bucket else "",
        )

    def _hash(self, what: object) -> bytes:
        try:
            return hash_of(what)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise self.damaged(error) from error

    def damaged(self, error: Exception) -> InputError:
        """Return what refuses rows that are whole, and are none of a scan."""
        return InputError(f"{shown(str(self.folder))} is damaged ({error}); scan again, in another folder.")


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of some parts, in order of their paths, however often."""

    parts: Parts
    below: str
    clashes: set[str]

    def __iter__(self) -> Iterator[Taken]:
        depth = len(PurePosixPath(self.below).parts)
        for path, kind, what in self.rows():
            if kind == ITEM and path not in self.clashes:
                try:
                    yield taken(what, depth)
                except (ItemError, ValueError, KeyError, TypeError) as error:
                    raise self.parts.damaged(error) from error

    def rows(self) -> Iterator[Row]:
        """Yield all rows, in order of their paths from the folder that is wanted."""
        start = f"{self.below}/" if self.below else ""
        for path, kind, what in heapq.merge(*(self._part(*it) for it in self.parts.names), key=lambda row: row[:2]):
            if path.startswith(start):
                yield path[len(start) :], kind, what

    def _part(self, part: Part, names: tuple[str, ...]) -> Iterator[Row]:
        for name in names:
            rows = read_rows(self.parts.folder / part.folder / name)
            if rows is None:
                raise _unfinished(self.parts.folder, self.parts.task, [part])
            yield from rows


def open_parts(folder: Path) -> Parts:
    """Return the parts of a scan.

    Raises:
        InputError: there are none, some are missing, not whole or of another scan; says which commands make them.
    """
    scans = {path.parent.name: read_record(path) for path in sorted(folder.glob(f"part-*/{SCAN_NAME}"))}
    known = [scan for scan in scans.values() if scan is not None]
    try:
        first = known[0]
        task = Task(as_text(first["url"]), as_text(first["kind"]), first["fingerprint"] is True)
        count = as_int(first["parts"])
    except (IndexError, KeyError, TypeError) as error:
        raise InputError(
            f"{shown(str(folder))} has no parts of a scan; make them with `audiera scan --part I/N --out`."
        ) from error
    for scan in known[1:]:
        if difference := told(first, scan):
            raise InputError(f"{shown(str(folder))} {difference}; keep the parts of one scan.")
    names, missing = [], []
    for part in (Part(number, count) for number in range(1, min(count, MOST_PARTS) + 1)):
        complete = read_record(folder / part.folder / COMPLETE_NAME)
        if complete is None or scans.get(part.folder) is None:
            missing.append(part)
        else:
            names.append((part, as_texts(as_list(complete["rows"]))))
    if missing:
        raise _unfinished(folder, task, missing)
    return Parts(folder, task, tuple(names))


def _unfinished(folder: Path, task: Task, parts: list[Part]) -> InputError:
    more = (f"--kind {task.kind}" if task.kind != "recordings" else "", "--fingerprint" * task.fingerprint)
    words = [word for it in more for word in it.split()]
    commands = [
        shlex.join(["audiera", "scan", task.url, "--part", str(part), "--out", str(folder), *words]) for part in parts
    ]
    which = "1 part is" if len(parts) == 1 else f"{len(parts):,} parts are"
    rest = [f"... and {len(parts) - _NAMED:,} more"] if len(parts) > _NAMED else []
    return InputError(
        f"{shown(str(folder))} is not complete: {which} missing, unfinished or damaged; run:", *commands[:_NAMED], *rest
    )


def _clashes(files: _Files) -> Iterator[str]:
    """Yield the names in a bucket that no file system could hold, because a folder is called so, too."""
    known, above = Repeats(), set[str]()
    for path, kind, _ in files.rows():
        if kind != ITEM:
            continue
        known.add(path.encode(), path)
        folders = {str(it) for it in PurePosixPath(path).parents} - {"."}
        for folder in sorted(folders - above):
            known.add(folder.encode(), folder)
        above = folders
    yield from {it.name for it in known.later()}
