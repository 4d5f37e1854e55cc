"""Puts the parts of a scan together: what comes of them is what one scan of the whole would have found.

Rows are merged from all parts at once, a little of each in memory, and gone through twice, since copies, names that
differ only in case and the like are told by all files together (`audiera.folder.conclude`).
"""

from __future__ import annotations

import heapq
import shlex
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import Final

from audiera.errors import InputError, ItemError
from audiera.folder import Problem, Scan, ScanOptions, Taken, conclude
from audiera.spread.rows import ITEM, PASSED_OVER, Row, hash_of, read_rows, taken
from audiera.spread.scanning import SCAN_NAME, read_complete, read_record, told
from audiera.spread.slices import MOST_PARTS, Part, Task
from audiera.text import as_int, as_text, normal, shown
from audiera.work import Repeats, Tally, Watcher

__all__ = ["Parts", "open_parts"]

_NAMED: Final = 20
_LOOKS: Final = 2
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

    def scan(self, folder: Path, options: ScanOptions, *, url: str = "", progress: Watcher | None = None) -> Scan:
        """Return what `audiera.folder.scan` of the same files would.

        Args:
            folder: where the files are, or what stands for a bucket.
            options: as for the scan. Whether everything is an item is a matter of the parts.
            url: the path or URL that is wanted of what was scanned; all of it unless told.
            progress: called after every file of rows; of each, twice.

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
        files = _Files.of(self, self.below(url), progress)
        found = self._gathered(files, is_bucket=is_bucket)
        if files.clashes:
            found = self._gathered(files, is_bucket=is_bucket)
        return conclude(
            folder,
            options,
            found.hashes,
            files,
            bad=found.bad,
            passed_over=tuple(sorted(found.passed_over)),
            reused=found.hashes.count,
            bucket=url if is_bucket else "",
        )

    def _gathered(self, files: _Files, *, is_bucket: bool) -> _Gathered:
        """Return what conclusions are drawn from, and note clashes; of those that are noted, that they are problems."""
        clashes = frozenset(files.clashes)
        found = _Gathered(Repeats(), [Problem(path, _CLASH) for path in clashes], [])
        rows = _noting(files.rows(), files.clashes) if is_bucket and not clashes else files.rows()
        for path, kind, what in rows:
            if kind != ITEM:
                reason = sys.intern(as_text(what))  # the same few, of however many files
                (found.passed_over if kind == PASSED_OVER else found.bad).append(Problem(path, reason))
            elif path not in clashes:
                found.hashes.add(self._hash(what), path)
        return found

    def _hash(self, what: object) -> bytes:
        try:
            return hash_of(what)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise self.damaged(error) from error

    def slice(self, part: Part, name: str) -> Iterator[Row]:
        """Yield the rows of a file of rows.

        Raises:
            InputError: it is not as it was written; says which command makes it.
        """
        rows = read_rows(self.folder / part.folder / name)
        try:
            if rows is None:
                raise ValueError("these are no rows")
            yield from rows
        except (OSError, ValueError, TypeError) as error:
            raise _unfinished(self.folder, self.task, [part]) from error

    def near(self, part: Part, names: Sequence[str], below: str) -> Sequence[str]:
        """Return those of a part's files of rows, which are in order, that may have anything of a folder."""

        def first(name: str) -> str:
            return next((path for path, _, _ in self.slice(part, name)), "")

        if not below:
            return names
        begin = bisect_right(names, f"{below}/", key=first) - 1  # which begins before, and may reach into it
        return names[max(0, begin) : bisect_left(names, f"{below}0", key=first)]  # 0 is what comes after a slash

    def damaged(self, error: Exception) -> InputError:
        """Return what refuses rows that are whole, and are none of a scan."""
        return InputError(f"{shown(str(self.folder))} is damaged ({error}); scan again, in another folder.")


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What a first look at all rows tells."""

    hashes: Repeats
    """Of the items."""
    bad: list[Problem]
    passed_over: list[Problem]


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of some parts, in order of their paths, however often."""

    parts: Parts
    below: str
    names: tuple[tuple[Part, Sequence[str]], ...]
    tally: Tally
    clashes: set[str]

    @classmethod
    def of(cls, parts: Parts, below: str, progress: Watcher | None) -> _Files:
        """Find the files of rows that have anything of a folder; what its rows come to takes two looks at each."""
        names = tuple((part, parts.near(part, names, below)) for part, names in parts.names)
        paths = [parts.folder / part.folder / name for part, some in names for name in some]
        return cls(parts, below, names, Tally(_LOOKS * len(paths), _LOOKS * sum(map(_size, paths)), progress), set())

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
        for path, kind, what in heapq.merge(*(self._part(*it) for it in self.names), key=itemgetter(0, 1)):
            if path.startswith(start):
                yield path[len(start) :], kind, what

    def _part(self, part: Part, names: Sequence[str]) -> Iterator[Row]:
        for name in names:
            yield from self.parts.slice(part, name)
            self.tally.add(files=1, size=_size(self.parts.folder / part.folder / name))


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
        of = scans.get(part.folder)
        complete = read_complete(folder, part, of) if of is not None else None
        if complete is None:
            missing.append(part)
        else:
            names.append((part, tuple(complete)))
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


def _size(path: Path) -> int:
    with suppress(OSError):  # which is said when it is read
        return path.stat().st_size
    return 0


def _noting(rows: Iterable[Row], clashes: set[str]) -> Iterator[Row]:
    """Yield rows; note the names in a bucket that no file system could hold, because a folder is called so, too."""
    begun: list[str] = []  # files whose name begins the next: all that begin with it come right after it
    for row in rows:
        path, kind, _ = row
        if kind == ITEM:
            while begun and not path.startswith(begun[-1]):
                begun.pop()
            clashes.update(it for it in begun if path.startswith("/", len(it)))
            begun.append(path)
        yield row
