"""Finds the items of a folder, and says what it passed over and what it could not accept.

Hidden files, records of earlier registrations and the litter of operating systems are skipped in silence.
Of music, other files are taken by content or, if their name says music, held to it, and the rest is passed over
with the reason; of other kinds of dataset, every file is an item. Links are never followed: a link to a file
that is in the folder anyway adds nothing, one that leads elsewhere would publish what the folder does not hold.
"""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Final, TypeAlias

from audiera.errors import InputError, ItemError
from audiera.folder.names import composed, is_hidden, judge_name
from audiera.folder.problems import Problem, is_passing, unreadable
from audiera.folder.reader import judge_apart
from audiera.music import MUSIC_SUFFIXES, judge_content
from audiera.text import shown

__all__ = ["Finding", "Listed", "Walk", "judge_file", "listing", "open_regular", "walk", "without_twins"]


_OPEN_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_TWINS: Final = "is the name of {} files, coded in different ways; rename all but one"
_SPECIAL: Final = "is not a regular file; remove it"

_Above: TypeAlias = "tuple[tuple[int, int], _Above] | None"
"""The folders above one, innermost first, by device and inode."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a file is not an item, as a clause to put after its name."""

    reason: str
    stops: bool = True
    """Whether it is a problem; else the file was never meant to be one."""
    passing: bool = False
    """Whether it is none of the file's, so that reading it again may find otherwise."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a listing, not yet opened."""

    path: Path
    """From the folder, as the file system spells it."""
    size: int = 0
    """Bytes."""
    mark: str = ""
    """What changes when the file does: here, when it was last written to."""
    finding: Finding | None = None
    """Why it is no item, if the listing tells."""


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
    files: list[Path] = []
    passed_over: list[Problem] = []
    problems: list[Problem] = []
    for listed in listing(folder, everything=everything):
        opened = partial(open_regular, folder / listed.path)
        finding = listed.finding or judge_file(listed.path, opened, everything=everything)
        if finding is None:
            files.append(listed.path)
        else:
            (problems if finding.stops else passed_over).append(Problem(composed(listed.path), finding.reason))
    taken, twins = without_twins(files)
    return Walk(tuple(taken), tuple(sorted(passed_over)), tuple(sorted([*problems, *twins])))


def listing(folder: Path, *, everything: bool = False) -> Iterator[Listed]:
    """Yield the files of a folder and everything below it, in no order, none of them opened.

    Args:
        folder: any folder, or a link to one.
        everything: every file is to be an item, and not music alone.

    Raises:
        InputError: `folder` is not a folder.
    """
    root = _root(folder)
    folders: list[tuple[Path, _Above]] = [(Path(), (_identity(root.stat()), None))]
    while folders:  # and not by recursion: folders may be deeper than Python's stack
        below, above = folders.pop()
        try:
            with os.scandir(root / below) as found:
                entries = [(below / entry.name, entry) for entry in found if not is_hidden(entry.name)]
        except OSError as error:
            yield Listed(below, finding=Finding(unreadable(error, "listed")))
            continue
        for path, entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                yield Listed(path, finding=Finding(unreadable(error)))
                continue
            if stat.S_ISDIR(status.st_mode):
                if _is_above(_identity(status), above):
                    yield Listed(path, finding=Finding("is a folder that holds it, mounted once more; unmount it"))
                else:
                    folders.append((path, (_identity(status), above)))
            elif stat.S_ISLNK(status.st_mode):
                yield Listed(path, finding=_judge_link(root, path))
            elif not stat.S_ISREG(status.st_mode):
                yield Listed(path, finding=Finding(_SPECIAL, stops=everything or _says_music(path)))
            else:
                yield Listed(path, status.st_size, str(status.st_mtime_ns))


def judge_file(
    path: Path,
    opened: Callable[[], FileIO],
    *,
    everything: bool,
    within: Callable[[FileIO], str | None] = judge_apart,
) -> Finding | None:
    """Return why a regular file is no item, by its name and, unless that says music, by its content; None if it is one.

    Args:
        path: from the folder.
        opened: opens it.
        everything: every file is an item.
        within: judges a container that may as well hold video.
    """
    if not everything and not _says_music(path):
        try:
            with opened() as file:
                reason = judge_content(file, within)
        except OSError as error:
            return Finding(unreadable(error), passing=True)
        except ItemError as error:
            return Finding(str(error), passing=is_passing(error))
        if reason:
            return Finding(reason, stops=False)
    refusal = judge_name(path.as_posix())
    return Finding(refusal) if refusal else None


def without_twins(files: Iterable[Path]) -> tuple[list[Path], list[Problem]]:
    """Return the files that have a name of their own, in order, and what is wrong with the names of several."""
    listed = sorted(files, key=composed)
    spelt = Counter(map(composed, listed))
    twins = [Problem(name, _TWINS.format(count)) for name, count in spelt.items() if count > 1]
    return [path for path in listed if spelt[composed(path)] == 1], twins


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


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_above(identity: tuple[int, int], above: _Above) -> bool:
    while above is not None:
        each, above = above
        if each == identity:
            return True
    return False


def _judge_link(root: Path, path: Path) -> Finding:
    try:
        target = (root / path).resolve(strict=True)
    except (OSError, RuntimeError):
        return Finding("is a link that leads nowhere; remove it or mend it")
    if not target.is_relative_to(root):
        return Finding("is a link out of the folder; copy the file in its place")
    if any(map(is_hidden, target.relative_to(root).parts)):
        return Finding("is a link to a hidden file; copy the file in its place")
    return Finding("is a link within the folder, which is read without it", stops=False)


def _says_music(path: Path) -> bool:
    return path.suffix.lower() in MUSIC_SUFFIXES
