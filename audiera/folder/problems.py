"""What is wrong with the files of a folder, said file by file and all at once."""

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.errors import InputError, ItemError
from audiera.text import plain, shown

__all__ = ["FolderError", "Problem", "is_passing", "unreadable"]


_NEXT: Final = {
    errno.EACCES: "make it readable",
    errno.EPERM: "make it readable",
    errno.ENOENT: "it is gone, so read the folder again",
    errno.ELOOP: "it has become a link, so read the folder again",
    errno.ENAMETOOLONG: "move it nearer to the top",
    errno.EMFILE: "let this process open more files",
    errno.EIO: "look after the disk",
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One file that cannot be taken, or of which something is to be said: where it is in the folder, and a
    clause that says what.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{shown(self.path)} {plain(self.reason)}"


class FolderError(InputError):
    """A folder cannot become a dataset; `problems` is the complete list."""

    def __init__(self, folder: Path | str, problems: Iterable[Problem]) -> None:
        self.folder = folder
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        files = "1 file cannot" if count == 1 else f"{count} files cannot"
        choices = "mend them, move them out, or see --skip-bad and --duplicates"
        super().__init__(f"{shown(str(folder))}: {files} be taken; {choices}.", *(f"{it}." for it in self.problems))


def unreadable(error: OSError, what: str = "read") -> str:
    """Return an operating system's refusal as a clause to put after a file's name, with what to do."""
    step = _NEXT.get(error.errno or 0, "see to that and try again")
    return f"cannot be {what} ({error.strerror or error}); {step}"


def is_passing(error: ItemError) -> bool:
    """Say whether a file was refused by what holds it, and not for what is in it: then it may be taken another time."""
    return isinstance(error.__cause__, OSError)
