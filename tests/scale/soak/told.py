"""What happened, minute by minute, and how much memory each process had."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["GROWTH", "Memory", "Pace", "Told"]

GROWTH: Final = 1.25
"""What memory may have grown by since the first quarter."""

_PACED: Final = ("accesses", "objects")  # said by the second
_EACH: Final = 5.0  # seconds between two looks at memory


@dataclass(slots=True)
class Told:
    """Counts what clients did since it was asked last, and since ever. Threads share it."""

    all: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """What should not have happened, in sentences."""
    _since: Counter[str] = field(default_factory=Counter)
    _took: list[float] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str, number: int = 1) -> None:
        """Count something that was done."""
        with self._guard:
            self.all[what] += number
            self._since[what] += number

    def access(self, seconds: float) -> None:
        """Count an access that took so long, from the first try to the answer."""
        self.count("accesses")
        with self._guard:
            self._took.append(seconds)

    def fault(self, text: str) -> None:
        """Take down what should not have happened."""
        with self._guard:
            self.faults.append(text)
        print(f"FAULT: {text}", flush=True)

    def minute(self, seconds: float) -> str:
        """Say what was done in so many seconds, and begin anew."""
        with self._guard:
            took, since = sorted(self._took), self._since
            self._took, self._since = [], Counter()
        middle, slow = (1e3 * took[len(took) * it // 100] if took else 0.0 for it in (50, 99))
        rest = ", ".join(f"{number:,} {what}" for what, number in sorted(since.items()) if what not in _PACED)
        speed = f"{len(took) / seconds:,.1f} accesses/s, half in {middle:,.0f} ms, 99 of 100 in {slow:,.0f} ms"
        return f"{speed}; {since['objects'] / seconds:,.1f} objects/s; {rest}"


class Pace:
    """Lets clients ask so often together, and no oftener. Threads share it."""

    def __init__(self, rate: float) -> None:
        self._gap, self._next, self._guard = 1 / rate, time.monotonic(), threading.Lock()

    def wait(self) -> None:
        """Wait for one's turn."""
        with self._guard:
            turn = self._next = max(self._next + self._gap, time.monotonic())
        time.sleep(max(turn - time.monotonic(), 0))


@dataclass(slots=True)
class Memory:
    """The most that each process had, minute by minute: under one name, whichever of its lives it was in."""

    pids: Callable[[], Mapping[str, int]]
    minutes: list[dict[str, float]] = field(default_factory=list)

    def watch(self, seconds: float) -> str:
        """Look on for so many seconds, and say what was found, in MiB."""
        most: dict[str, float] = {}
        end = time.monotonic() + seconds
        while True:
            for name, pid in self.pids().items():
                most[name] = max(most.get(name, 0.0), _resident(pid))
            if (left := end - time.monotonic()) <= 0:
                break
            time.sleep(min(_EACH, left))
        self.minutes.append(most)
        return "MiB: " + ", ".join(f"{name} {mebibytes:,.0f}" for name, mebibytes in most.items())

    def grown(self) -> list[str]:
        """Return whose most in the last quarter is more than its most in the first allows, in sentences."""
        quarter = max(len(self.minutes) // 4, 1)
        found = []
        for name in self.minutes[0]:
            parts = self.minutes[:quarter], self.minutes[-quarter:]
            first, last = (max(it.get(name, 0.0) for it in part) for part in parts)
            if last > first * GROWTH:
                found.append(f"{name} had {first:,.0f} MiB in the first quarter, and {last:,.0f} in the last")
        return found


def _resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0.0
    found = status.partition("VmRSS:")[2].split()
    return int(found[0]) / 1024 if found else 0.0
