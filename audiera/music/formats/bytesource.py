"""Bounded reading of an open file at an offset, for code that walks a file's structure."""

import os
from io import FileIO

__all__ = ["ByteSource"]


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
            self._window = self._fill(offset, max(count, 1 << 20))
        return self._window[at : at + count]

    def _fill(self, offset: int, count: int) -> bytes:
        count = max(0, min(count, self.size - offset))
        self._file.seek(self._before + offset)
        parts: list[bytes] = []
        while count and (part := self._file.read(count)):
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
