"""Turns a folder into items: every file hashed, decoded and its tags read, on all cores.

Every problem of every file is found first and reported at once; what happens then is the caller's choice:
stop, leave the bad files out and say so, or report. The result does not depend on the file system's order
or on the number of cores, nor on whether what did not change was read again.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from audiera.errors import InputError
from audiera.folder.cache import ReadingCache
from audiera.folder.gather import gather
from audiera.folder.intake import Taken
from audiera.folder.problems import FolderError, Problem
from audiera.folder.remarks import remarks
from audiera.folder.walk import walk
from audiera.music import Listener, sounding_like
from audiera.protocol import TableRow
from audiera.text import readable, shown
from audiera.work import Repeats, Watcher

__all__ = ["MOST_ITEMS", "Duplicates", "Scan", "ScanOptions", "ScannedFile", "conclude", "nothing_found", "scan"]


MOST_ITEMS: Final = 1_000_000
"""Items of a dataset: whoever reads its table holds all of it in memory."""

_NAMED: Final = 20


class Duplicates(StrEnum):
    """What to do about files of the same bytes, of which a dataset holds one."""

    STOP = "stop"
    """They are problems that nothing else excuses: the user decides which one stays."""
    KEEP_FIRST = "keep-first"
    """The first by path is an item, the others are left out by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """How to read a folder."""

    everything: bool = False
    """Every file is an item, scores as what they are, all else as bytes: for datasets that are not recordings."""
    skip_bad: bool = False
    """Leave out files that cannot be taken, and say which and why in `Scan.left_out`."""
    duplicates: Duplicates = Duplicates.STOP
    left_out: Collection[str] = ()
    """Paths, as manifests write them, that were left out before: they stay out as long as they are bad."""
    fingerprint: bool = False
    """Compare recordings by ear (Chromaprint), so that two encodings of one are noted."""
    tolerate: bool = False
    """Return what stops the user in `Scan.problems`, instead of raising it: for those who report."""
    workers: int | None = None
    """How many files to read at once, each in a process of its own; by default one for each core."""


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """One file of a folder, of up to a million in memory: where it is on disk, and its item with what it commits to."""

    spelt: str
    """Its path from the folder, as the file system spells it."""
    row: TableRow
    peaks: bytes | None = None
    """How its sound is drawn (docs/formats.md); None: it has none."""

    @classmethod
    def of(cls, file: Taken) -> Self:
        """Keep what an item needs of a file that was read."""
        spelt, path = str(file.source), file.row.metadata.path
        return cls(path if path == spelt else spelt, file.row, file.peaks)

    @property
    def source(self) -> Path:
        """Where it is on disk, from the folder."""
        return Path(self.spelt)


@dataclass(frozen=True, slots=True)
class Scan:
    """A folder as read: its files in order of their paths, and what is to be said of the others."""

    folder: Path
    files: tuple[ScannedFile, ...]
    passed_over: tuple[Problem, ...]
    """Files that were never meant, not being of the dataset's kind, with the reasons."""
    left_out: tuple[Problem, ...] = ()
    """Files that the user chose to leave out, with the reasons."""
    notes: tuple[Problem, ...] = ()
    """What is worth knowing and stopped nothing."""
    problems: tuple[Problem, ...] = ()
    """What would have stopped the user; empty unless that was to be tolerated."""
    reused: int = 0
    """How many files had not changed since they were last read, and were not read again."""
    bucket: str = ""
    """The s3:// URL below which the files are; then there is no folder of that name."""

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """The items with their metadata, by path."""
        return tuple(file.row for file in self.files)

    @property
    def peaks(self) -> dict[str, bytes]:
        """How the items that sound are drawn, by path."""
        return {file.row.metadata.path: file.peaks for file in self.files if file.peaks is not None}

    @property
    def size(self) -> int:
        """The bytes of all items."""
        return sum(file.row.item.size for file in self.files)

    @property
    def duration_ms(self) -> int:
        """The length of all items in milliseconds."""
        return sum(file.row.item.duration_ms for file in self.files)


def scan(
    folder: Path,
    options: ScanOptions = ScanOptions(),
    *,
    progress: Watcher | None = None,
    known: ReadingCache | None = None,
) -> Scan:
    """Read every item in `folder` and below.

    Args:
        folder: any folder; nothing in it is changed.
        options: what to take and what to do about what cannot be taken.
        progress: called in the caller's thread after every file.
        known: what reading this folder found before. It is kept up to date, also when this is interrupted.

    Raises:
        FolderError: files that cannot be taken, all of them at once, by path.
        InputError: `folder` is not a folder or holds no item, or fingerprints cannot be made here.
    """
    if options.fingerprint:
        Listener()  # which says what is missing, before hours of reading
    found = walk(folder, everything=options.everything)
    gathered = gather(
        folder,
        found.files,
        everything=options.everything,
        fingerprint=options.fingerprint,
        workers=options.workers or _cores(),
        progress=progress,
        known=known,
    )
    bad = [*gathered.problems, *found.problems]
    hashes = Repeats()
    for file in gathered.files:
        hashes.add(file.row.item.sha256, file.row.metadata.path)
    return conclude(
        folder, options, hashes, gathered.files, bad=bad, passed_over=found.passed_over, reused=gathered.reused
    )


def conclude(
    folder: Path,
    options: ScanOptions,
    known: Repeats,
    read: Iterable[Taken],
    *,
    bad: Sequence[Problem],
    passed_over: tuple[Problem, ...],
    reused: int = 0,
    bucket: str = "",
) -> Scan:
    """Return what comes of files that were read one by one: what only all of them together tell.

    Args:
        folder: where they are.
        options: what to do about what cannot be taken.
        known: their paths, in order, by the hashes of their bytes.
        read: the files, in the same order. They are gone through once, and only what an item needs is kept.
        bad: what is wrong with others.
        passed_over: files that were never meant.
        reused: how many were not read again.
        bucket: where they are, if that is no folder.

    Raises:
        FolderError: files that cannot be taken, all of them at once, by path.
        InputError: there is no item, or more than may be.
    """
    named = bucket or folder
    copies = list(_copies(known))
    stopping, left_out, dropped = _judge(options, bad, copies)
    if stopping and not options.tolerate:
        raise FolderError(named, stopping)
    if (count := known.count - len(dropped)) > MOST_ITEMS and not options.tolerate:
        raise _too_many(named, count)
    if not count and not options.tolerate:
        if left_out:
            raise FolderError(named, left_out)
        raise nothing_found(named, options, passed_over)
    told = {copy.path for copy in copies}  # that their sound is the same, too, goes without saying
    files: list[ScannedFile] = []

    def kept() -> Iterator[Taken]:
        for file in read:
            if file.row.metadata.path not in dropped:
                files.append(ScannedFile.of(file))
            if file.row.metadata.path not in told:
                yield file

    notes = remarks(kept(), sounding_like if options.fingerprint else None)
    return Scan(folder, tuple(files), passed_over, tuple(left_out), notes, tuple(stopping), reused, bucket)


def nothing_found(folder: Path | str, options: ScanOptions, passed_over: Sequence[Problem]) -> InputError:
    """Return the error that a folder holds nothing to make a dataset of, with what it holds instead."""
    what, wanted = ("file", "dataset") if options.everything else ("music", "music")
    count = len(passed_over)
    others = f" ({count} other file{'s were' if count > 1 else ' was'} passed over)" if count else ""
    listed = [f"{each}." for each in passed_over[:_NAMED]] + ["..."] * (count > _NAMED)
    return InputError(
        f"{shown(str(folder))} holds no {what}{others}; name the folder that holds the {wanted}.", *listed
    )


def _judge(
    options: ScanOptions, bad: Sequence[Problem], copies: Sequence[Problem]
) -> tuple[list[Problem], list[Problem], set[str]]:
    """Return what stops the user, what the user leaves out, and the paths of copies among the latter."""
    keeps_first = options.duplicates is Duplicates.KEEP_FIRST
    left_out = [each for each in bad if options.skip_bad or readable(each.path) in options.left_out]
    dropped = [each for each in copies if keeps_first or readable(each.path) in options.left_out]
    left_out += dropped
    stopping = {*bad, *copies} - {*left_out}
    return sorted(stopping), sorted(left_out), {each.path for each in dropped}


def _too_many(named: Path | str, count: int) -> InputError:
    return InputError(
        f"{shown(str(named))} holds {count:,} items, and a dataset at most {MOST_ITEMS:,}; make a dataset of each of "
        "the folders in it, and a catalogue that all of them join (`ape run dataset catalogue`): one license covers it."
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _copies(known: Repeats) -> Iterator[Problem]:
    for it in known.later():
        yield Problem(it.name, f"has the same bytes as {shown(it.first)}; keep one of them")
