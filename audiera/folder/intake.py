"""Takes one file of a folder: opens it, hashes it, reads it, and makes sure that it stood still meanwhile."""

import hashlib
import os
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from audiera.errors import ItemError
from audiera.folder.names import composed
from audiera.folder.problems import unreadable
from audiera.folder.walk import open_regular
from audiera.music import HEAD_BYTES, AudioError, Reading, is_score, read
from audiera.protocol import Item, Metadata, TableRow
from audiera.text import tidy

__all__ = ["OCTETS", "Stamp", "Taken", "sha256_of", "stamp_of", "take"]


OCTETS: Final = "application/octet-stream"
"""The media type of what is taken as bytes."""

_CHUNK_BYTES: Final = 1 << 20
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
    fingerprint: tuple[int, ...] | None
    notes: tuple[str, ...]
    stamp: Stamp

    @classmethod
    def of(cls, source: Path, sha256: bytes, reading: Reading, stamp: Stamp) -> "Taken":
        """Put together what reading a file found.

        Raises:
            ItemError: it cannot be described by a metadata row.
        """
        metadata = Metadata.from_row(reading.row | {"path": composed(source)})
        row = TableRow(Item.of(sha256, stamp.size, metadata), metadata)
        return cls(source, row, reading.sound, reading.fingerprint, reading.notes, stamp)


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file. Not the device: its number changes when a disk is plugged in again."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def take(folder: Path, source: Path, *, everything: bool = False, fingerprint: bool = False) -> Taken:
    """Read one file: its hash, and what it is and says of itself; with `everything`, that of scores alone.

    Raises:
        ItemError: the file cannot be an item, or changed while it was being read; a clause to put after
            its name.
    """
    path = folder / source
    try:
        with open_regular(path) as file:
            stamp = stamp_of(os.fstat(file.fileno()))
            _refuse_holes(file, stamp.size)
            result = _read(file, source, stamp, everything=everything, fingerprint=fingerprint)
            changed = not stamp == stamp_of(os.fstat(file.fileno())) == stamp_of(path.lstat())
    except OSError as error:
        raise AudioError(unreadable(error)) from error
    if changed:
        raise AudioError("changed while it was being read; wait until nothing writes to it")
    if isinstance(result, ItemError):
        raise result
    return result


def sha256_of(file: FileIO) -> bytes:
    """Hash an open file from its beginning, wherever it was left.

    No more of it than its size at first: one that grows as fast as it is read has no end.

    Raises:
        OSError: it cannot be read.
    """
    sha256, size = hashlib.sha256(), os.fstat(file.fileno()).st_size
    buffer = memoryview(bytearray(min(_CHUNK_BYTES, size)))
    file.seek(0)
    while size > 0 and (count := file.readinto(buffer[:size])):
        sha256.update(buffer[:count])
        size -= count
    return sha256.digest()


def _read(file: FileIO, source: Path, stamp: Stamp, *, everything: bool, fingerprint: bool) -> Taken | ItemError:
    try:
        if not stamp.size:
            raise AudioError("is empty")
        sha256 = sha256_of(file)
        reading = Reading({"media_type": OCTETS}, None)
        if not everything or is_score(_head(file)):
            reading = read(file, source.name, fingerprint=fingerprint)
        return Taken.of(source, sha256, reading, stamp)
    except ItemError as error:
        return error  # not raised yet: if the file changed meanwhile, that is what went wrong
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  # damaged bytes make libraries fail in ways that they do not state
        return AudioError(f"cannot be read ({type(error).__name__}: {tidy(str(error))}); restore it from a copy")


def _head(file: FileIO) -> bytes:
    file.seek(0)
    return file.read(HEAD_BYTES)


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
