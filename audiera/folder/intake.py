"""Takes one file of a folder: opens it, has it read, and makes sure that it stood still meanwhile."""

import os
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final, Protocol

from audiera.errors import ItemError
from audiera.folder.examine import Found, examine
from audiera.folder.names import composed
from audiera.folder.problems import unreadable
from audiera.folder.walk import open_regular
from audiera.music import AudioError, Reading
from audiera.protocol import Item, Metadata, TableRow

__all__ = ["Examine", "Stamp", "Taken", "stamp_of", "take"]


_MAX_HOLES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file system says of a file that changes when its bytes do. Times are in nanoseconds."""

    size: int
    modified: int
    changed: int
    inode: int


@dataclass(frozen=True, slots=True)
class Taken:
    """One file as taken: where it is on disk (from the folder), its item, and what else `Reading` tells of it."""

    source: Path
    row: TableRow
    sound: bytes | None
    peaks: bytes | None
    fingerprint: tuple[int, ...] | None
    notes: tuple[str, ...]
    stamp: Stamp

    @classmethod
    def of(cls, source: Path, found: Found, stamp: Stamp) -> "Taken":
        """Put together what reading a file found.

        Raises:
            ItemError: it cannot be described by a metadata row.
        """
        reading = found.reading
        metadata = Metadata.from_row(reading.row | {"path": composed(source)})
        row = TableRow(Item.of(found.sha256, stamp.size, metadata), metadata)
        return cls(source, row, reading.sound, reading.peaks, reading.fingerprint, reading.notes, stamp)

    @property
    def found(self) -> Found:
        """What reading it found, as it was put together of."""
        row = self.row.metadata.row()
        del row["path"]
        return Found(self.row.item.sha256, Reading(row, self.sound, self.peaks, self.fingerprint, self.notes))


class Examine(Protocol):
    """What reads an open file, as `audiera.folder.examine.examine` does."""

    def __call__(self, file: FileIO, name: str, *, everything: bool, fingerprint: bool) -> Found: ...


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file. Not the device: its number changes when a disk is plugged in again."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def take(
    folder: Path, source: Path, *, everything: bool = False, fingerprint: bool = False, look: Examine = examine
) -> Taken:
    """Read one file: its hash, and what it is and says of itself; with `everything`, that of scores alone.

    Raises:
        ItemError: the file cannot be an item, or changed while it was being read; a clause to put after
            its name.
    """
    path = folder / source
    result: Taken | ItemError
    try:
        with open_regular(path) as file:
            stamp = stamp_of(os.fstat(file.fileno()))
            _refuse_holes(file, stamp.size)
            try:
                found = look(file, source.name, everything=everything, fingerprint=fingerprint)
                result = Taken.of(source, found, stamp)
            except ItemError as error:
                result = error  # not raised yet: if the file changed meanwhile, that is what went wrong
            changed = not stamp == stamp_of(path.lstat()) == stamp_of(os.fstat(file.fileno()))
    except OSError as error:
        raise AudioError(unreadable(error)) from error
    if changed:
        raise AudioError("changed while it was being read; wait until nothing writes to it")
    if isinstance(result, ItemError):
        raise result
    return result


def _refuse_holes(file: FileIO, size: int) -> None:
    """Refuse a file that has more than a gibibyte of holes, before anyone reads them as zeros for hours."""
    on_disk = os.fstat(file.fileno()).st_blocks * 512
    if size - on_disk <= _MAX_HOLES:
        return
    holes, position = 0, 0  # compressing file systems also give files less room than their size: count holes
    while position < size and holes <= _MAX_HOLES:
        hole = os.lseek(file.fileno(), position, os.SEEK_HOLE)
        position = _next_data(file, hole, size)
        holes += position - hole
    if holes > _MAX_HOLES:
        raise AudioError(
            f"claims {size:,} bytes of which {on_disk:,} are on the disk, the rest being holes; restore it from a copy"
        )


def _next_data(file: FileIO, hole: int, size: int) -> int:
    try:
        return min(size, os.lseek(file.fileno(), hole, os.SEEK_DATA))
    except OSError:  # ENXIO: there is none to the end
        return size
