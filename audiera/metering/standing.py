"""What of a use log stands: all of it, but the beginning of what was not appended to its end.

Before anything is appended, the log's size and what is to follow are written into a file beside it, which goes when all
is there. Who meets that file after a kill takes no notice of what follows that size, and the next append removes it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Final

from audiera.text import open_file, read_file, read_lines, replace_file

__all__ = ["LINE_BYTES", "append", "standing", "standing_lines"]

LINE_BYTES: Final = 1 << 13
"""The most that a line of a log has; most have some 500."""

_APPENDED: Final = 1 << 40  # bytes at once, more than are ever given
_DIGITS: Final = 20  # of a size
_BLOCK: Final = 1 << 20


def standing_lines(log: Path) -> Iterator[bytes]:
    """Yield the lines of a log, their ends included, as it was when the first was asked for.

    Raises:
        OSError: it cannot be read or is no file; of EFBIG, a line is too long.
    """
    with os.fdopen(open_file(log, os.O_RDONLY), "rb") as file:
        with suppress(OSError):  # some file systems have no locks, and nobody appends there
            fcntl.flock(file, fcntl.LOCK_SH)
        size = standing(file, log.resolve())
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)
        yield from read_lines(file, size, LINE_BYTES)


def standing(file: BufferedReader | BufferedRandom, log: Path) -> int:
    """Return how many bytes of an open log stand, whose lock is held.

    Raises:
        OSError: what lies beside it cannot be read.
    """
    size = os.fstat(file.fileno()).st_size
    try:
        before, _, given = read_file(_beside(log), _APPENDED).partition(b"\n")
    except FileNotFoundError:
        return size
    if not before.isdigit() or len(before) > _DIGITS:
        return size
    first = int(before)
    there = os.pread(file.fileno(), len(given), first)
    return first if len(there) < len(given) and given.startswith(there) else size


def append(file: BufferedRandom, size: int, log: Path, given: bytes) -> None:
    """Append to what stands of an open log, whose lock is held: all that is given, or nothing.

    Raises:
        OSError: it cannot be written.
    """
    os.ftruncate(file.fileno(), size)
    replace_file(_beside(log), [f"{size}\n".encode(), given])
    try:
        for first in range(0, len(given), _BLOCK):
            _write(file.fileno(), given[first : first + _BLOCK], size + first)
        os.fsync(file.fileno())
    except BaseException:
        os.ftruncate(file.fileno(), size)
        raise
    finally:
        _beside(log).unlink()


def _write(descriptor: int, block: bytes, place: int) -> None:
    while block:
        done = os.pwrite(descriptor, block, place)
        block, place = block[done:], place + done


def _beside(log: Path) -> Path:
    return log.with_name(f".{log.name}.begun")
