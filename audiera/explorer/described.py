"""What manifests say of datasets: names, people, lengths. Nothing is known of one whose manifest was not found yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from audiera.indexer.tables import ENTRIES

__all__ = ["Described", "described"]


@dataclass(frozen=True, slots=True)
class Described:
    """What a manifest says, as its author wrote it."""

    name: str | None = None
    text: str = ""
    people: tuple[str, ...] = ()
    """The first few, creators before contributors."""
    keywords: tuple[str, ...] = ()
    published: str = ""
    """As YYYY-MM-DD."""
    length_ms: int = 0
    """Of all items; 0: unknown, or nothing that plays."""
    size: int = 0
    """Bytes of all items; 0: unknown."""
    bpm: tuple[int, int] | None = None
    """From the slowest to the fastest item."""
    version: int = 0
    """The one that is described; 0: none."""
    problem: str = ""
    """What is wrong with its documents."""


def described(connection: Connection, datasets: Iterable[int]) -> Mapping[int, Described]:
    """Return what the newest manifests of datasets say; an empty description where none was found."""
    ids = list(datasets)
    found = {dataset: Described() for dataset in ids}
    for row in connection.execute(select(ENTRIES).where(ENTRIES.c.dataset.in_(ids))):
        found[row.dataset] = Described(
            name=row.name or None,
            text=row.description,
            people=tuple(json.loads(row.people)),
            keywords=tuple(json.loads(row.keywords)),
            published=row.published,
            length_ms=row.duration_ms,
            size=row.bytes,
            bpm=None if row.bpm_low is None else (row.bpm_low, row.bpm_high),
            version=row.described,
            problem=row.problem,
        )
    return found
