"""Datasets by name, where other pages speak of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audiera.explorer.asked import Reading
from audiera.explorer.described import described

__all__ = ["Named", "named"]


@dataclass(frozen=True, slots=True)
class Named:
    """A dataset that is spoken of."""

    id: int
    name: str | None
    """None: its manifest is not here."""


def named(reading: Reading, datasets: Iterable[int | None]) -> Mapping[int, Named]:
    """Return datasets with their names; None among them is nobody."""
    known = described(reading.connection, {each for each in datasets if each is not None})
    return {dataset: Named(dataset, each.name) for dataset, each in known.items()}
