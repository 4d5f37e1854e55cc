"""A year of uses, drawn; and what follows from it by rules: batches, statements, waiting and dust."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["PERIODS", "Period", "World", "Year", "draw", "dust", "splits", "waiting", "worth"]

PERIODS: Final = (1, 7, 28, 91)
"""Days from one settlement of a channel to the next."""
_WEEKEND: Final = 0.6

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class World:
    """What is drawn from."""

    datasets: int = 10_000
    licensees: int = 1_000
    uses: int = 10**9
    days: int = 364
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Period:
    """A year in which each channel is settled every so many days."""

    days: int
    batches: int
    statements: int
    largest: int
    """Statements of the largest batch."""
    amounts: Whole
    """Of all statements, sorted, in millionths of a USD."""


@dataclass(frozen=True, slots=True)
class Year:
    """What was drawn."""

    licences: int
    by_day: Whole
    by_dataset: Whole
    """Millionths of a USD that each dataset earned."""
    busiest: int
    """Uses of the busiest licensee."""
    periods: tuple[Period, ...]


def draw(world: World, periods: Sequence[int] = PERIODS) -> Year:
    """Draw a year: which licensee uses which dataset how often on which day, and at what price."""
    rng = np.random.default_rng(world.seed)
    popular = 1 / np.arange(1, world.datasets + 1) ** 0.9
    popular /= popular.sum()
    prices = np.maximum(1, rng.lognormal(np.log(1_000), 1.0, world.datasets)).astype(np.int64)
    counts = np.clip(rng.lognormal(np.log(60), 1.0, world.licensees), 1, world.datasets // 4).astype(int)
    datasets = np.concatenate([rng.choice(world.datasets, it, replace=False, p=popular) for it in counts])
    licensees = np.repeat(np.arange(world.licensees), counts)
    appetite = rng.lognormal(0, 1.5, world.licensees)
    weights = appetite[licensees] * rng.lognormal(0, 1.0, len(datasets)) / counts[licensees]
    weights /= weights.sum()
    week = np.where(np.arange(world.days) % 7 < 5, 1.0, _WEEKEND)
    by_day = rng.multinomial(world.uses, week / week.sum())
    kept = {it: _Keeper(it, licensees, prices[datasets]) for it in periods}
    total = np.zeros(len(datasets), np.int64)
    for day, uses in enumerate(by_day, start=1):
        today = rng.multinomial(uses, weights)
        total += today
        for keeper in kept.values():
            keeper.add(today, day)
    earned = np.bincount(datasets, total * prices[datasets], world.datasets).astype(np.int64)
    most = int(np.bincount(licensees, total).max())
    return Year(len(datasets), by_day, earned, most, tuple(it.end() for it in kept.values()))


class _Keeper:
    """Sums up uses until a channel is settled, as a gateway does: a statement for each licence that was used."""

    def __init__(self, days: int, licensees: Whole, prices: Whole) -> None:
        self.days, self.licensees, self.prices = days, licensees, prices
        self.open = np.zeros(len(licensees), np.int64)
        self.batches = self.statements = self.largest = 0
        self.amounts = list[Whole]()

    def add(self, uses: Whole, day: int) -> None:
        self.open += uses
        if day % self.days:
            return
        used = self.open > 0
        sizes = np.bincount(self.licensees[used])
        self.batches += int((sizes > 0).sum())
        self.statements += int(used.sum())
        self.largest = max(self.largest, int(sizes.max(initial=0)))
        self.amounts.append((self.open * self.prices)[used])
        self.open[:] = 0

    def end(self) -> Period:
        amounts = np.sort(np.concatenate(self.amounts))
        return Period(self.days, self.batches, self.statements, self.largest, amounts)


def worth(amounts: Whole, cost: float, part: float) -> tuple[int, float]:
    """Return of sorted amounts how many are worth to be collected, and which part of all money those are.

    Args:
        amounts: of statements, sorted.
        cost: of collecting one, in the same unit.
        part: of an amount that collecting it may cost.
    """
    first = int(np.searchsorted(amounts, cost / part))
    return len(amounts) - first, float(amounts[first:].sum() / amounts.sum())


def waiting(by_day: Whole, every: int) -> tuple[float, float]:
    """Return how many days a use waits until it is collected, every so many days: on average, and nine in ten."""
    days = np.arange(len(by_day))
    waits = every - days % every - 0.5  # a use is at noon, on average; what is collected is so at midnight
    order = np.argsort(waits)
    reached = np.cumsum(by_day[order])
    ninth = waits[order][np.searchsorted(reached, 0.9 * reached[-1])]
    return float((waits * by_day).sum() / by_day.sum()), float(ninth)


def dust(earned: Whole, shares: Sequence[Sequence[int]]) -> int:
    """Return the smallest units that stay in all splits once everybody has claimed: what is rounded down.

    Args:
        earned: by each dataset.
        shares: of each dataset's payees, in millionths.
    """
    amounts = [int(it) for it in earned]
    return sum(
        amount - sum(amount * share // 1_000_000 for share in split)
        for amount, split in zip(amounts, shares, strict=True)
    )


def splits(count: int, payees: int, seed: int) -> list[list[int]]:
    """Draw splits of so many payees, each with any shares."""
    rng = np.random.default_rng(seed)
    cuts = (np.sort(rng.choice(999_999, payees - 1, replace=False) + 1) for _ in range(count))
    return [[int(it) for it in np.diff([0, *each, 1_000_000])] for each in cuts]
