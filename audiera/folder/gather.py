"""Reads many files of a folder at once, those that changed, and tells how far it has come."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from audiera.errors import ItemError
from audiera.folder.cache import ReadingCache
from audiera.folder.intake import Stamp, Taken, stamp_of, take
from audiera.folder.names import composed
from audiera.folder.problems import Problem
from audiera.folder.reader import examine_apart
from audiera.work import Tally, Watcher, in_parallel

__all__ = ["Gathered", "gather"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was read, in order of paths, what could not be, and how much of it was known already."""

    files: tuple[Taken, ...]
    problems: tuple[Problem, ...]
    reused: int


def gather(
    folder: Path,
    paths: Sequence[Path],
    *,
    everything: bool,
    fingerprint: bool,
    workers: int,
    progress: Watcher | None,
    known: ReadingCache | None,
) -> Gathered:
    """Read files, each as `audiera.folder.intake.take` does, in processes that have limits.

    Args:
        folder: where they are.
        paths: the files, from there.
        everything: take them as bytes only.
        fingerprint: also take their fingerprints.
        workers: how many to read at once.
        progress: called in the caller's thread after every file.
        known: what was read before, kept up to date, also if this is interrupted.
    """
    stamps = {path: _stamp(folder / path) for path in paths}
    sizes = {path: stamp.size if stamp else 0 for path, stamp in stamps.items()}
    tally = Tally(len(sizes), sum(sizes.values()), progress)
    files: list[Taken] = []
    problems: list[Problem] = []
    pending: list[Path] = []
    for path, stamp in stamps.items():
        if known and stamp and (again := known.recall(path, stamp, everything=everything, fingerprint=fingerprint)):
            files.append(again)
            tally.add(files=1, size=sizes[path])
        else:
            pending.append(path)
    reused, started = len(files), time.time_ns()
    read = partial(_try, folder, everything, fingerprint)
    try:
        for path, result in in_parallel(read, pending, workers):
            if isinstance(result, Problem):
                problems.append(result)
            else:
                files.append(result)
                if known:
                    known.remember(result, started, everything=everything, fingerprint=fingerprint)
            tally.add(files=1, size=sizes[path])
    finally:
        if known:
            known.save()
    if known:
        known.forget_the_rest()
    files.sort(key=lambda file: file.row.metadata.path)
    return Gathered(tuple(files), tuple(problems), reused)


def _stamp(path: Path) -> Stamp | None:
    try:
        return stamp_of(path.lstat())
    except OSError:
        return None  # reading it will say why


def _try(folder: Path, everything: bool, fingerprint: bool, path: Path) -> Taken | Problem:
    try:
        return take(folder, path, everything=everything, fingerprint=fingerprint, look=examine_apart)
    except ItemError as error:
        return Problem(composed(path), str(error))
