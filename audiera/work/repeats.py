"""Finds what several things have in common, of however many, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from audiera.work.sorting import Sorter

__all__ = ["Repeat", "Repeats"]

_MOST: Final = 1 << 17
"""Things kept in memory, some 40 MB."""

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
        self._known, self.count = Sorter[_Known](most), 0

    def add(self, key: bytes, name: str, more: bytes = b"") -> None:
        """Take note of a thing, and of what is to be known of it."""
        self._known.add((key, self.count, name, more))
        self.count += 1

    def later(self) -> Iterator[Repeat]:
        """Yield each thing that was not the first of its key, by key, and let go of all."""
        first: _Known | None = None
        for known in self._known.drained():
            key, _, name, more = known
            if first is None or first[0] != key:
                first = known
            else:
                yield Repeat(key, name, more, first[2], first[3])
