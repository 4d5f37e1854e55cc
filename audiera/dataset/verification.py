"""Tells what became of a folder since it was registered, item by item."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiera.folder import Problem, ScanOptions, scan
from audiera.protocol import Change, ContentTree, Difference, TableRow, compare
from audiera.text import readable
from audiera.work import Watcher

__all__ = ["Verification", "verify_folder"]


@dataclass(frozen=True, slots=True)
class Verification:
    """How a folder compares with a registered version."""

    differences: tuple[Difference, ...]
    problems: tuple[Problem, ...]
    """Files that could not be read as items at all."""
    content_root: bytes | None
    """Of what is in the folder now, None if it holds no item."""
    items: int
    """In the folder now."""

    @property
    def holds(self) -> bool:
        """Whether the folder is, byte for byte and tag for tag, what was registered."""
        return not (self.differences or self.problems)


def verify_folder(
    folder: Path,
    registered: Sequence[TableRow],
    *,
    everything: bool = False,
    left_out: Collection[str] = (),
    part: bool = False,
    progress: Watcher | None = None,
) -> Verification:
    """Read a folder again, all of it, and compare every item with a registered version.

    Args:
        folder: the folder.
        registered: the items of the version.
        everything: the dataset is not music, and every file is an item.
        left_out: the paths of files that were left out of the version as bad or as copies, as its manifest writes
            them: no problem as long as they are.
        part: the version is one of several made of the folder, whose other files are none of its business.
        progress: called after every file.

    Raises:
        InputError: `folder` is not a folder.
    """
    found = scan(folder, ScanOptions(everything=everything, tolerate=True), progress=progress)
    unread = {problem.path for problem in found.problems}
    excused = {path for path in unread if readable(path) in left_out}
    rows = [row for row in found.rows if row.metadata.path not in excused]
    problems = tuple(problem for problem in found.problems if problem.path not in excused)
    if part:
        paths = {row.metadata.path for row in registered}
        sounds = {row.item.sha256 for row in registered}
        rows = [row for row in rows if row.metadata.path in paths or row.item.sha256 in sounds]
        problems = tuple(problem for problem in problems if problem.path in paths)
    differences = tuple(
        difference
        for difference in compare(registered, rows)
        if not (difference.change is Change.REMOVED and difference.path in unread)  # it is there, but broken
    )
    root = ContentTree.of(row.item for row in rows).root if rows else None
    return Verification(differences, problems, root, len(rows))
