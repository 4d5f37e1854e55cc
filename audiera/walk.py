"""Finds the files of audio in a folder, and says what it passed over and what it could not accept.

Hidden files, records of earlier registrations and the litter of operating systems are skipped in silence.
Other files are taken by content or, if their name says audio, held to it. Links are never followed: a
link to a file that is in the folder anyway adds nothing, one that leads elsewhere would publish what the
folder does not hold.
"""

__all__ = ["RECORD_SUFFIX", "FolderError", "Problem", "Walk", "walk"]

import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.errors import InputError
from audiera.media import AUDIO_SUFFIXES, HEAD_BYTES, is_audio

RECORD_SUFFIX: Final = ".audiera"
"""Folders of this suffix hold records (`audiera.record`), never music."""

_LITTER: Final = frozenset(
    {"__macosx", "$recycle.bin", "system volume information", "@eadir", "lost+found"}
    | {"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"}
)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One file that cannot be taken: where it is in the folder, and a clause that says why and what to do."""

    path: str
    reason: str

    def __str__(self) -> str:
        path = self.path if self.path.isprintable() else ascii(self.path)
        return f"{path} {self.reason}"


class FolderError(InputError):
    """A folder cannot become a dataset; `problems` is the complete list."""

    def __init__(self, folder: Path, problems: Iterable[Problem]) -> None:
        self.folder = folder
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        files = "1 file cannot" if count == 1 else f"{count} files cannot"
        listed = "".join(f"\n  {problem}." for problem in self.problems)
        super().__init__(f"{folder}: {files} be taken; mend them or move them out.{listed}")


@dataclass(frozen=True, slots=True)
class Walk:
    """What a folder holds, by path from it: audio, other files that stay out of the dataset, and problems."""

    audio: tuple[Path, ...]
    left_out: tuple[str, ...]
    problems: tuple[Problem, ...]


def walk(folder: Path) -> Walk:
    """Lists a folder and everything below it, in the order of the paths' code points.

    Raises:
        InputError: `folder` is not a folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; name the folder that holds the music.")
    audio: list[Path] = []
    left_out: list[str] = []
    problems: list[Problem] = []
    for path, finding in _look(folder.resolve()):
        if finding is None:
            audio.append(path)
        elif finding:
            problems.append(Problem(path.as_posix(), finding))
        else:
            left_out.append(path.as_posix())
    problems += _twins(audio)
    return Walk(tuple(sorted(audio, key=Path.as_posix)), tuple(sorted(left_out)), tuple(sorted(problems)))


def _look(root: Path) -> Iterator[tuple[Path, str | None]]:
    """Yields each file with None for audio, a reason for a problem, and "" for what stays out."""
    folders = [Path()]
    while folders:  # and not by recursion: folders may be deeper than Python's stack
        below = folders.pop()
        try:
            names = [entry.name for entry in (root / below).iterdir()]
        except OSError as error:
            yield below, f"cannot be listed ({error.strerror}); make it readable"
            continue
        for path in (below / name for name in names if not _is_hidden(name)):
            try:
                mode = (root / path).lstat().st_mode
            except OSError as error:
                yield path, f"cannot be read ({error.strerror}); make it readable"
                continue
            if stat.S_ISDIR(mode):
                folders.append(path)
            else:
                yield path, _judge_link(root, path) if stat.S_ISLNK(mode) else _judge_file(root, path, mode)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LITTER or name.endswith(RECORD_SUFFIX)


def _judge_link(root: Path, path: Path) -> str:
    try:
        target = (root / path).resolve(strict=True)
    except (OSError, RuntimeError):
        return "is a link that leads nowhere; remove it or mend it"
    if not target.is_relative_to(root):
        return "is a link out of the folder; copy the file in its place"
    if any(map(_is_hidden, target.relative_to(root).parts)):
        return "is a link to a hidden file; copy the file in its place"
    return ""


def _judge_file(root: Path, path: Path, mode: int) -> str | None:
    named_audio = path.suffix.lower() in AUDIO_SUFFIXES
    if not stat.S_ISREG(mode):
        return "is not a regular file; remove it" if named_audio else ""
    try:
        with (root / path).open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        return f"cannot be read ({error.strerror}); make it readable"
    if not named_audio and not is_audio(head):
        return ""
    return _judge_name(path.as_posix())


def _judge_name(path: str) -> str | None:
    categories = set(map(unicodedata.category, path))
    if "Cs" in categories:
        return "has a name that is not UTF-8; rename it"
    if "Cc" in categories or "\\" in path:
        return "has a control character or a backslash in its name; rename it"
    return None


def _twins(paths: Iterable[Path]) -> Iterator[Problem]:
    seen: dict[str, Path] = {}
    for path in sorted(paths, key=Path.as_posix):
        name = unicodedata.normalize("NFC", path.as_posix())
        if name in seen:
            reason = "has the name of another file with its accents coded otherwise; rename it"
            yield Problem(path.as_posix(), reason)
        seen[name] = path
