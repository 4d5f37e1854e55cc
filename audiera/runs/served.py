"""What a loader really served, written down by each of its processes as it serves.

A folder is of one run, and a file in it of one process (a rank's worker). A line is written before its item goes out,
past every buffer of the process, so that a kill at any moment loses none that was served. A line that was torn at the
end, as a full disk or a machine that stops may leave it, counts as not served; it is cut off when the process goes on.

    3 1 7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069

is: of dataset 3, version 1, the item with this leaf, once more.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections import Counter
from pathlib import Path
from typing import Final, Self

from audiera.errors import InputError, StorageError
from audiera.protocol import ServedItem
from audiera.text import open_file, read_lines, shown

__all__ = ["SERVED_SUFFIX", "ServedLog", "read_served"]

SERVED_SUFFIX: Final = ".served"
"""How the files of a run's folder end."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LINE: Final = re.compile(rb"([1-9][0-9]{0,9}) ([1-9][0-9]{0,4}) ([0-9a-f]{64})\n")
_LINE_BYTES: Final = 10 + 1 + 5 + 1 + 64 + 1
_BLOCK: Final = 4096


class ServedLog:
    """The file of one process, which appends to it what it serves. Open it in that process, after any fork."""

    def __init__(self, folder: Path, name: str) -> None:
        """Open the file, made with its folder if it is not there; what is in it stays.

        Args:
            folder: of the run.
            name: of the process, which no other has: letters, digits, dots, hyphens, underscores.

        Raises:
            InputError: it is no name, or another process has it.
            StorageError: the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"{shown(name)} names no process; use letters, digits, dots, hyphens and underscores.")
        self.path: Final = folder / f"{name}{SERVED_SUFFIX}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = open_file(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        except OSError as error:
            raise _unwritten(self.path, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._file, _whole(self._file))
        except OSError as error:
            self.close()
            if isinstance(error, BlockingIOError):
                raise InputError(f"Another process writes to {shown(str(self.path))}; give each its name.") from error
            raise _unwritten(self.path, error) from error

    def add(self, dataset: int, version: int, item: bytes) -> None:
        """Write down that an item is served, before it is.

        Args:
            dataset: its number.
            version: of the dataset.
            item: its leaf, 32 bytes.

        Raises:
            InputError: it is no item.
            StorageError: it cannot be written; do not serve it.
        """
        line = b"%d %d %s\n" % (dataset, version, item.hex().encode())
        if not _LINE.fullmatch(line):
            raise InputError(f"{dataset}, {version} and 0x{item.hex()} are no dataset, version and leaf of an item.")
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise _unwritten(self.path, error) from error
        if written < len(line):
            raise StorageError(f"{shown(str(self.path))} cannot be written (no space); make some, and start again.")

    def close(self) -> None:
        """Let go of the file; nothing is lost if that is never done."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_served(folder: Path) -> Counter[ServedItem]:
    """Return how often each item was served by all processes of a run: none, where there is no file.

    Raises:
        StorageError: a file cannot be read, or has a line that a `ServedLog` does not write.
    """
    found: Counter[ServedItem] = Counter()
    for path in sorted(folder.glob(f"*{SERVED_SUFFIX}")):
        for line, times in _lines(path).items():
            if line.endswith(b"\n"):  # else it was torn at the end
                found[_item(line, path)] += times
    return found


def _lines(path: Path) -> Counter[bytes]:
    try:
        with os.fdopen(open_file(path, os.O_RDONLY), "rb") as file:
            return Counter(read_lines(file, os.fstat(file.fileno()).st_size, _LINE_BYTES))
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be read ({error.strerror}); restore it.") from error


def _item(line: bytes, path: Path) -> ServedItem:
    found = _LINE.fullmatch(line)
    if found is None or int(found[1]) >= 1 << 32 or int(found[2]) >= 1 << 16:
        raise StorageError(f"{shown(str(path))} has a line that names no item; restore it, or take it away.")
    return int(found[1]), int(found[2]), bytes.fromhex(found[3].decode())


def _whole(file: int) -> int:
    """Return how many bytes of a file are whole lines."""
    size = os.fstat(file).st_size
    tail = os.pread(file, min(size, _BLOCK), max(size - _BLOCK, 0))
    return size - len(tail) + tail.rfind(b"\n") + 1


def _unwritten(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{shown(str(path))} cannot be written ({error.strerror}); see to that, and start again.")
