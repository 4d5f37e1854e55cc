"""Finds what several things have in common, of however many, in bounded memory."""

import heapq
import marshal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Final, TypeAlias

__all__ = ["Repeat", "Repeats"]

_MOST: Final = 1 << 18
"""Things kept in memory, some 75 MB; what there is more goes to unnamed files, sorted."""

_Known: TypeAlias = tuple[bytes, int, str, bytes]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A thing whose key had come before, and the first that had it."""

    key: bytes
    name: str
    more: bytes
    first: str
    first_more: bytes


class Repeats:
    """Is told of things in their order; then says which were not the first of their key."""

    def __init__(self, most: int = _MOST) -> None:
        """Keep so many in memory."""
        self._most, self.count = most, 0
        self._known: list[_Known] = []
        self._files = ExitStack()
        self._runs: list[IO[bytes]] = []

    def add(self, key: bytes, name: str, more: bytes = b"") -> None:
        """Take note of a thing, and of what is to be known of it."""
        self._known.append((key, self.count, name, more))
        self.count += 1
        if len(self._known) == self._most:
            self._spill()

    def later(self) -> Iterator[Repeat]:
        """Yield each thing that was not the first of its key, by key, and let go of all."""
        self._known.sort()
        first: _Known | None = None
        with self._files:
            for known in heapq.merge(*map(_read, self._runs), self._known):
                key, _, name, more = known
                if first is None or first[0] != key:
                    first = known
                else:
                    yield Repeat(key, name, more, first[2], first[3])
        self._known, self._runs = [], []

    def _spill(self) -> None:
        run = self._files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # it is closed with the others
        self._known.sort()
        for known in self._known:
            marshal.dump(known, run)
        self._known.clear()
        self._runs.append(run)


def _read(run: IO[bytes]) -> Iterator[_Known]:
    run.seek(0)
    while True:
        try:
            yield marshal.load(run)
        except EOFError:
            return
