"""Finds the items of a folder, and says what it passed over and what it could not accept.

Hidden files, records of earlier registrations and the litter of operating systems are skipped in silence.
Of music, other files are taken by content or, if their name says music, held to it, and the rest is passed over
with the reason; of other kinds of dataset, every file is an item. Links are never followed: a link to a file
that is in the folder anyway adds nothing, one that leads elsewhere would publish what the folder does not hold.
"""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final, TypeAlias

from audiera.errors import InputError, ItemError
from audiera.folder.names import composed, is_hidden, judge_name
from audiera.folder.problems import Problem, unreadable
from audiera.folder.reader import judge_apart
from audiera.music import MUSIC_SUFFIXES, judge_content
from audiera.text import shown

__all__ = ["Walk", "open_regular", "walk"]


_OPEN_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_TWINS: Final = "is the name of {} files, coded in different ways; rename all but one"
_SPECIAL: Final = "is not a regular file; remove it"

_Above: TypeAlias = "tuple[tuple[int, int], _Above] | None"
"""The folders above one, innermost first, by device and inode."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """Why a file is not an item, as a clause to put after its name."""

    reason: str
    stops: bool = True
    """Whether it is a problem; else the file was never meant to be one."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What a folder holds, by path from it."""

    files: tuple[Path, ...]
    """As the file system spells them; everything else is in NFC."""
    passed_over: tuple[Problem, ...]
    """Other files that stay out of the dataset, with the reasons."""
    problems: tuple[Problem, ...]


def walk(folder: Path, *, everything: bool = False) -> Walk:
    """List a folder and everything below it, in the order of the composed paths' code points.

    Args:
        folder: any folder, or a link to one.
        everything: every file is an item, and not music alone.

    Raises:
        InputError: `folder` is not a folder.
    """
    root = _root(folder)
    files: list[Path] = []
    passed_over: list[Problem] = []
    problems: list[Problem] = []
    for path, finding in _look(root, everything):
        if finding is None:
            files.append(path)
        else:
            (problems if finding.stops else passed_over).append(Problem(composed(path), finding.reason))
    spelt = Counter(map(composed, files))
    problems += [Problem(name, _TWINS.format(count)) for name, count in spelt.items() if count > 1]
    taken = sorted((path for path in files if spelt[composed(path)] == 1), key=composed)
    return Walk(tuple(taken), tuple(sorted(passed_over)), tuple(sorted(problems)))


def open_regular(path: Path) -> FileIO:
    """Open a file for reading, never waiting for it and never through a link.

    What was a file when the folder was listed may be a pipe by now, and opening that would wait for a
    writer for ever.

    Raises:
        OSError: it cannot be opened, or is not a regular file.
    """
    file = FileIO(os.open(path, _OPEN_FLAGS))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(0, "not a regular file")
    return file


def _root(folder: Path) -> Path:
    try:
        root = folder.resolve(strict=True)
        if root.is_dir():
            return root
    except FileNotFoundError as error:
        raise InputError(f"There is no folder {shown(str(folder))}; name the folder that holds the dataset.") from error
    except (OSError, RuntimeError, ValueError):  # too long a name, a link to itself, a NUL in its name
        pass
    raise InputError(f"{shown(str(folder))} is not a folder; name the folder that holds the dataset.")


def _look(root: Path, everything: bool) -> Iterator[tuple[Path, _Finding | None]]:
    """Yield each file, with None for an item."""
    folders: list[tuple[Path, _Above]] = [(Path(), (_identity(root.stat()), None))]
    while folders:  # and not by recursion: folders may be deeper than Python's stack
        below, above = folders.pop()
        try:
            with os.scandir(root / below) as listing:
                entries = [(below / entry.name, entry) for entry in listing if not is_hidden(entry.name)]
        except OSError as error:
            yield below, _Finding(unreadable(error, "listed"))
            continue
        for path, entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                yield path, _Finding(unreadable(error))
                continue
            if stat.S_ISLNK(status.st_mode):
                yield path, _judge_link(root, path)
            elif not stat.S_ISDIR(status.st_mode):
                yield path, _judge_file(root, path, status.st_mode, everything)
            elif _is_above(_identity(status), above):
                yield path, _Finding("is a folder that holds it, mounted once more; unmount it")
            else:
                folders.append((path, (_identity(status), above)))


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_above(identity: tuple[int, int], above: _Above) -> bool:
    while above is not None:
        each, above = above
        if each == identity:
            return True
    return False


def _judge_link(root: Path, path: Path) -> _Finding:
    try:
        target = (root / path).resolve(strict=True)
    except (OSError, RuntimeError):
        return _Finding("is a link that leads nowhere; remove it or mend it")
    if not target.is_relative_to(root):
        return _Finding("is a link out of the folder; copy the file in its place")
    if any(map(is_hidden, target.relative_to(root).parts)):
        return _Finding("is a link to a hidden file; copy the file in its place")
    return _Finding("is a link within the folder, which is read without it", stops=False)


def _judge_file(root: Path, path: Path, mode: int, everything: bool) -> _Finding | None:
    wanted = everything or path.suffix.lower() in MUSIC_SUFFIXES
    if not stat.S_ISREG(mode):
        return _Finding(_SPECIAL, stops=wanted)
    if not wanted:
        try:
            with open_regular(root / path) as file:
                reason = judge_content(file, judge_apart)
        except OSError as error:
            return _Finding(unreadable(error))
        except ItemError as error:
            return _Finding(str(error))
        if reason:
            return _Finding(reason, stops=False)
    refusal = judge_name(path.as_posix())
    return _Finding(refusal) if refusal else None
