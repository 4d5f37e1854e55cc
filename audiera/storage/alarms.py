"""Alarms that hardly ever ring: one thread keeps them all, where a timer of each would begin a thread of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

__all__ = ["Alarms"]

_IDLE: Final = 60.0  # seconds without an alarm after which the thread ends


class Alarms:
    """What is to be called if something takes too long. Threads share it."""

    def __init__(self) -> None:
        """Set none."""
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # the thread stays with who began it

    def _begin(self) -> None:
        self._moved = threading.Condition()
        self._set: dict[object, tuple[float, Callable[[], object]]] = {}
        self._wakes = 0.0
        """When the thread looks again."""
        self._thread: threading.Thread | None = None

    @contextmanager
    def within(self, seconds: float, ring: Callable[[], object]) -> Iterator[None]:
        """Have `ring` called by another thread if what is done meanwhile is not done in time, and never after that.

        Args:
            seconds: that it may take.
            ring: is called once, returns at once, and raises nothing.
        """
        key, due = object(), monotonic() + seconds
        with self._moved:
            self._set[key] = due, ring
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="alarms", daemon=True)
                self._thread.start()
            elif due < self._wakes:
                self._moved.notify()
        try:
            yield
        finally:
            with self._moved:
                self._set.pop(key, None)

    def _watch(self) -> None:
        with self._moved:
            while True:
                now = monotonic()
                for key in [key for key, (due, _) in self._set.items() if due <= now]:
                    self._set.pop(key)[1]()
                was_idle = not self._set
                # An alarm that is set later is mostly due later, too, so nobody has to wake this thread for it.
                self._wakes = min((due for due, _ in self._set.values()), default=now + _IDLE)
                is_woken = self._moved.wait(self._wakes - now)
                if was_idle and not self._set and not is_woken:
                    self._thread = None
                    return
