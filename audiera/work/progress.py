"""How far work on many files is."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeAlias

__all__ = ["Progress", "Tally", "Watcher"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What is done, and what there is to do."""

    files: int
    total_files: int
    bytes: int
    total_bytes: int


Watcher: TypeAlias = Callable[[Progress], None]
"""Is called with every progress, by one thread at a time."""


class Tally:
    """Counts files and bytes as they get done, on however many threads, and tells a watcher each time."""

    def __init__(self, files: int, size: int, watcher: Watcher | None) -> None:
        self._total_files, self._total_bytes, self._watcher = files, size, watcher
        self._files = self._bytes = 0
        self._lock = Lock()

    def add(self, *, files: int = 0, size: int = 0) -> None:
        """Count files and bytes that are done now."""
        with self._lock:
            self._files += files
            self._bytes += size
            if self._watcher is not None:
                self._watcher(Progress(self._files, self._total_files, self._bytes, self._total_bytes))
