"""How following goes, in numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

__all__ = ["Figures"]


@dataclass(slots=True)
class Figures:
    """What a run has done so far, and where it is."""

    start: int = 0
    """The first block that this run had to read."""
    next_block: int = 0
    head: int = 0
    last_time: int = 0
    """Of the newest block that is read, in Unix seconds."""
    events: int = 0
    blocks: int = 0
    busy: float = 0.0
    """Seconds spent on reading and writing them."""
    retries: int = 0
    reorganisations: int = 0
    orphaned: int = 0
    """Blocks."""
    late: int = 0
    """Logs that came only when they were asked for again."""
    waits: int = 0
    """Times that the database was away."""
    requests: int = 0
    began: float = field(default_factory=time.time)

    @property
    def behind(self) -> int:
        """Blocks that are not read yet."""
        return max(self.head - self.next_block + 1, 0)

    @property
    def seconds_behind(self) -> int:
        """How old the newest block is that was read, if there are newer ones; else 0."""
        return max(int(time.time()) - self.last_time, 0) if self.behind and self.last_time else 0

    @property
    def events_a_second(self) -> float:
        """While there was something to read."""
        return self.events / self.busy if self.busy else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Until the head is reached, at the pace so far; None if there is none yet."""
        return self.behind * self.busy / self.blocks if self.blocks else None
