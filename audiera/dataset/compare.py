"""Tells what became of a folder since it was registered, item by item."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from audiera.folder import Problem, ScanOptions, scan
from audiera.protocol import ContentTree, TableRow
from audiera.text import readable, shown
from audiera.work import Watcher

__all__ = ["Change", "Difference", "Verification", "compare", "verify_folder"]


class Change(StrEnum):
    """What can happen to an item between two readings of a folder."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    ALTERED = "altered"
    """Other bytes under the same path."""
    DESCRIBED_OTHERWISE = "described otherwise"
    """The same bytes under the same path, but another metadata row: a later version of a tag reader, say."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One item that is not as it was; `path` is where it is now or, if it is gone, where it was."""

    change: Change
    path: str
    detail: str = ""
    """Where a renamed item was; what differs of an altered one."""

    def __str__(self) -> str:
        return f"{self.change}: {shown(self.path)}{f' ({self.detail})' if self.detail else ''}"


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


def compare(before: Sequence[TableRow], now: Sequence[TableRow]) -> tuple[Difference, ...]:
    """Return what became of every item that is not as it was, by path."""
    return tuple(sorted(_differences(before, now), key=lambda difference: (difference.path, difference.change)))


def verify_folder(
    folder: Path,
    registered: Sequence[TableRow],
    *,
    everything: bool = False,
    left_out: Collection[str] = (),
    part: bool = False,
    progress: Watcher | None = None,
) -> Verification:
    """Read a folder again, all of it, and compares every item with a registered version.

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


def _differences(before: Sequence[TableRow], now: Sequence[TableRow]) -> Iterator[Difference]:
    old = {row.metadata.path: row for row in before}
    new = {row.metadata.path: row for row in now}
    gone = {row.item.sha256: path for path, row in old.items() if path not in new}
    for path, row in new.items():
        if path in old:
            yield from _difference(old[path], row)
        elif row.item.sha256 in gone:
            yield Difference(Change.RENAMED, path, f"was {shown(gone.pop(row.item.sha256))}")
        else:
            yield Difference(Change.ADDED, path)
    yield from (Difference(Change.REMOVED, path) for path in gone.values())


def _difference(before: TableRow, now: TableRow) -> Iterator[Difference]:
    if before == now:
        return
    old, new = before.metadata.row(), now.metadata.row()
    keys = ", ".join(key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key))
    path = now.metadata.path
    if before.item.sha256 == now.item.sha256:
        yield Difference(Change.DESCRIBED_OTHERWISE, path, keys)
    else:
        yield Difference(Change.ALTERED, path, f"bytes, {keys}" if keys else "bytes")
