"""How many blocks to ask for at once, and how long to wait after a refusal."""

from __future__ import annotations

from typing import Final

__all__ = ["Pace"]

_FIRST: Final = 2_000  # blocks: nearly every node gives the logs of so many
_MOST: Final = 200_000
_LOGS: Final = 20_000  # of one range: more are much to hold at once
_STEADY: Final = 8  # answers after a refusal until more is asked for again
_PAUSES: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)  # seconds


class Pace:
    """Follows a node's limits, which no node tells in a way that others do."""

    def __init__(self, blocks: int = _FIRST) -> None:
        self.blocks = blocks
        """To ask for at once."""
        self.failures = 0
        """In a row."""
        self._refused = False
        self._answers = 0

    def answered(self, blocks: int, logs: int) -> None:
        """Take note that so many blocks were given at once, with so many logs."""
        if logs > _LOGS:
            self.blocks = max(blocks // 2, 1)
            self._refused = True
            return
        self._answers += 1
        if blocks >= self.blocks and (not self._refused or self._answers >= _STEADY):
            self.blocks, self._answers = min(self.blocks * 2, _MOST), 0

    def refused(self) -> bool:
        """Ask for half as many from now on; say whether that is possible."""
        self._refused, self._answers = True, 0
        if self.blocks == 1:
            return False
        self.blocks //= 2
        return True

    def pause(self, told: float | None) -> float:
        """Return how many seconds to wait after one more failure: what the node says, or longer each time."""
        self.failures += 1
        return _PAUSES[min(self.failures, len(_PAUSES)) - 1] if told is None else max(told, _PAUSES[0])
