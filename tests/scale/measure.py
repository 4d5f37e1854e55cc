"""Takes times and memory, and puts them in a table."""

import json
import os
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

__all__ = ["Measured", "alternate", "cores", "peak_mebibytes", "rows_of", "table"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure beside its floor and what was promised of it."""

    what: str
    figure: str
    floor: str
    ratio: float
    """The figure over its floor or, of memory, over its bound."""
    promise: float
    """The ratio may be this at most."""

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio <= self.promise

    @property
    def row(self) -> Sequence[str]:
        """As the table has it."""
        return self.what, self.figure, self.floor, f"{self.ratio:.2f}", f"<= {self.promise:g}"

    def json(self) -> str:
        """Returns one line that `read` reads back."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> "Measured":
        """Reads what `json` wrote."""
        return cls(**json.loads(line))


def cores() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def alternate(runs: int, *works: Callable[[], object]) -> list[float]:
    """Returns the best time in seconds of each piece of work, which take turns, so that what else the machine does
    meets all alike.
    """
    best = [float("inf")] * len(works)
    for _ in range(runs):
        for index, work in enumerate(works):
            start = time.perf_counter()
            work()
            best[index] = min(best[index], time.perf_counter() - start)
    return best


def peak_mebibytes() -> float:
    """Returns the most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rows_of(page: str) -> dict[str, Sequence[str]]:
    """Returns the rows of the table on a page, by what is measured."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[1:]]
    return {row[0]: row for row in rows}


def table(found: Iterable[Sequence[str]]) -> str:
    """Returns the rows of figures as a table in Markdown."""
    rows = [("", "figure", "floor or bound", "ratio", "promised"), *found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
