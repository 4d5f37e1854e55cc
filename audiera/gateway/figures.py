"""How a gateway goes, in figures: what this process counted, and what the journal and the index have."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, or_, select

from audiera.gateway.batches import BatchState
from audiera.gateway.journal import Groups
from audiera.gateway.problems import Code
from audiera.gateway.tables import BATCHES, CHANNELS, SMALLEST

__all__ = ["Figures", "Unsettled", "metrics_of", "unsettled"]


@dataclass(slots=True)
class Figures:
    """What this process did since it began. Threads share it."""

    accesses: int = 0
    uses: int = 0
    restored: int = 0
    refusals: Counter[Code] = field(default_factory=Counter)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def granted(self, uses: int) -> None:
        """Count an access that was granted, a repeat too."""
        with self._guard:
            self.accesses += 1
            self.uses += uses

    def brought_back(self, uses: int) -> None:
        """Count uses that the journal had lost."""
        with self._guard:
            self.restored += uses

    def refused(self, code: Code) -> None:
        """Count a request that was refused."""
        with self._guard:
            self.refusals[code] += 1


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What the chain does not have yet, as the journal tells it."""

    oldest: int
    """Seconds since the oldest of its batches that come to something was begun; 0: there is none."""
    open: int
    """Batches that can be extended."""
    closed: int
    """Batches that are to be settled."""
    held: tuple[tuple[str, int], ...]
    """By token, in its smallest unit: what their heads come to."""
    largest: tuple[tuple[str, int], ...]
    """Likewise: what those of one payer come to, of whom they come to most."""


def unsettled(journal: Connection) -> Unsettled:
    """Return what is not settled."""
    states = (BatchState.OPEN.value, BatchState.CLOSED.value)
    left = BATCHES.c.state.in_(states)
    query = select(BATCHES.c.state, func.count().label("many")).where(left).group_by(BATCHES.c.state)
    counts = {it.state: it.many for it in journal.execute(query)}
    least = select(SMALLEST.c.amount).where(SMALLEST.c.token == BATCHES.c.token).scalar_subquery()
    owed = or_(least.is_(None), BATCHES.c.amount >= least)  # what comes to less may stay
    first = journal.execute(select(func.min(BATCHES.c.opened_at)).where(left, BATCHES.c.amount > 0, owed)).scalar()
    held, largest = Counter[str](), Counter[str]()
    for row in journal.execute(select(CHANNELS.c.token, CHANNELS.c.held).where(CHANNELS.c.held > 0)):
        held[row.token] += row.held  # exact, which a sum in SQLite is not
        largest[row.token] = max(largest[row.token], row.held)
    return Unsettled(
        oldest=0 if first is None else max(int(time.time()) - first, 0),
        open=counts.get(states[0], 0),
        closed=counts.get(states[1], 0),
        held=tuple(sorted(held.items())),
        largest=tuple(sorted(largest.items())),
    )


def metrics_of(figures: Figures, groups: Groups, now: Unsettled, index_age: int) -> str:
    """Return all of it as Prometheus reads it (text format 0.0.4)."""
    lines: list[str] = []

    def tell(name: str, kind: str, told: str, values: Iterable[tuple[str, float]]) -> None:
        full = f"audiera_gateway_{name}"
        lines.extend((f"# HELP {full} {told}", f"# TYPE {full} {kind}"))
        lines.extend(f"{full}{more} {value:.15g}" for more, value in values)

    tell("accesses_total", "counter", "Accesses granted, repeats too.", [("", figures.accesses)])
    tell("uses_total", "counter", "Uses of them.", [("", figures.uses)])
    tell("restored_uses_total", "counter", "Uses that the journal had lost.", [("", figures.restored)])
    refusals = sorted(figures.refusals.items())
    tell("refusals_total", "counter", "Requests refused.", [(f'{{code="{code}"}}', count) for code, count in refusals])
    tell("journal_group_size", "histogram", "What was committed together.", _histogram(groups))
    tell("oldest_unsettled_seconds", "gauge", "Since the oldest unsettled head was begun.", [("", now.oldest)])
    states = (('{state="open"}', now.open), ('{state="closed"}', now.closed))
    tell("batches", "gauge", "Batches that are not settled.", states)
    held = [(f'{{token="{token}"}}', amount) for token, amount in now.held]
    tell("held", "gauge", "What unsettled heads come to, in the token's smallest unit.", held)
    largest = [(f'{{token="{token}"}}', amount) for token, amount in now.largest]
    tell("held_of_one_payer", "gauge", "Likewise, of the payer whose heads come to most.", largest)
    tell("index_age_seconds", "gauge", "Since the index had news of the chain.", [("", index_age)])
    return "\n".join(lines) + "\n"


def _histogram(groups: Groups) -> Sequence[tuple[str, float]]:
    rows: list[tuple[str, float]] = []
    total = 0
    for bound, count in zip(groups.bounds, groups.counts, strict=True):
        total += count
        rows.append((f'_bucket{{le="{bound}"}}', total))
    return [*rows, ('_bucket{le="+Inf"}', total), ("_sum", groups.sum), ("_count", total)]
