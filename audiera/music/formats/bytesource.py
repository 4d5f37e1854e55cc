"""Bounded reading of an open file at an offset, for code that walks a file's structure."""

import os
from io import FileIO
from typing import Final

__all__ = ["ByteSource"]


_BLOCK: Final = 1 << 20


class ByteSource:
    """An open file, or what of it begins at `start`, as bytes by offset; beyond the end is nothing, never an error.

    A window is kept, so that a walk of small steps forward costs one system call for every mebibyte.
    """

    def __init__(self, file: FileIO, start: int = 0) -> None:
        self._file, self._before = file, start
        self.size = max(0, os.fstat(file.fileno()).st_size - start)
        self._start, self._window = 0, b""

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`: fewer only at the end of the file.

        Raises:
            OSError: the file cannot be read.
        """
        if not 0 <= offset < self.size:
            return b""
        at = offset - self._start
        if at < 0 or at + count > len(self._window):
            self._start, at = offset, 0
            self._window = self._fill(offset, max(count, _BLOCK))
        return self._window[at : at + count]

    def is_blank(self, start: int, end: int) -> bool:
        """Say whether there is nothing but zeros from one offset to another, without holding it all.

        Raises:
            OSError: the file cannot be read.
        """
        return not any(
            self.read(at, min(_BLOCK, end - at)).strip(b"\0") for at in range(start, min(end, self.size), _BLOCK)
        )

    def holds(self, mark: bytes, start: int, end: int) -> bool:
        """Say whether a few bytes are anywhere from one offset to another, likewise.

        Raises:
            OSError: the file cannot be read.
        """
        step = _BLOCK - len(mark)
        return any(mark in self.read(at, min(_BLOCK, end - at)) for at in range(start, min(end, self.size), step))

    def _fill(self, offset: int, count: int) -> bytes:
        count = max(0, min(count, self.size - offset))
        self._file.seek(self._before + offset)
        parts: list[bytes] = []
        while count and (part := self._file.read(count)):
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
