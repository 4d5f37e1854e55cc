"""How far many hours of reading are, where there is no terminal to draw a bar on: a line now and then."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final

from audiera.cli.terminal.output import say
from audiera.quantities import format_rate, format_size
from audiera.work import Progress

__all__ = ["Pace"]

_EVERY_SECONDS: Final = 30.0


class Pace:
    """Says the rate and the time that is left, by the bytes; is called with every progress."""

    def __init__(self, what: str) -> None:
        """Begin to count, and say something every half minute."""
        self._what = what
        self._begun = self._said = time.monotonic()
        self._first: int | None = None

    def __call__(self, now: Progress) -> None:
        """Take note of how far it is."""
        if self._first is None:
            self._first = now.bytes if now.files < now.total_files else 0  # an earlier run had read that
        at = time.monotonic()
        if at - self._said < _EVERY_SECONDS:
            return
        self._said = at
        rate = (now.bytes - self._first) / (at - self._begun)
        left = timedelta(seconds=round((now.total_bytes - now.bytes) / rate)) if rate else "nobody knows how long is"
        say(
            f"{self._what}: {now.files:,} of {now.total_files:,} files, {format_size(now.bytes)} read, "
            f"{format_rate(rate)}, {left} left."
        )
