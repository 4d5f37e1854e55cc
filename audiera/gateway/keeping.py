"""What is kept in memory because it may be asked for again: by what it weighs, so that nobody fills memory with it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

__all__ = ["Keeping"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Keeping(Generic[K, V]):
    """What was kept or asked for last, up to a weight. Threads share it."""

    def __init__(self, most: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        """Keep nothing yet.

        Args:
            most: what all of it may weigh; a single thing is kept, whatever it weighs.
            weigh: says what something weighs: the rows, items or nodes that it has.
        """
        self._most, self._weigh = most, weigh
        self._guard = threading.Lock()
        self._things: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def __contains__(self, key: K) -> bool:
        with self._guard:
            return key in self._things

    def get(self, key: K) -> V | None:
        """Return what is kept under a key, which is now the last to be forgotten; None: nothing."""
        with self._guard:
            if (found := self._things.get(key)) is None:
                return None
            self._things.move_to_end(key)
            return found[0]

    def those(self, keys: Iterable[K]) -> dict[K, V]:
        """Return what is kept under each of many keys, as `get` does."""
        found = {}
        with self._guard:
            for key in keys:
                if (it := self._things.get(key)) is not None:
                    self._things.move_to_end(key)
                    found[key] = it[0]
        return found

    def put(self, key: K, thing: V) -> None:
        """Keep something, in place of what was there under its key."""
        self.put_all([key], thing)

    def put_all(self, keys: Iterable[K], thing: V) -> None:
        """Keep one thing under many keys, as `put` does."""
        entry = thing, self._weigh(thing)
        with self._guard:
            for key in keys:
                self._drop(key)
                self._things[key] = entry
                self._weight += entry[1]
            while self._weight > self._most and len(self._things) > 1:
                self._drop(next(iter(self._things)))

    def forget(self, key: K) -> None:
        """Keep what is under a key no longer."""
        with self._guard:
            self._drop(key)

    def _drop(self, key: K) -> None:
        if (found := self._things.pop(key, None)) is not None:
            self._weight -= found[1]
