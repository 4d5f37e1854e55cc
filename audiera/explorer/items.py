"""The items of a dataset, a page at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import select

from audiera.explorer.asked import Reading
from audiera.indexer.tables import ITEMS

__all__ = ["ItemRow", "items_of"]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One file, with what its tags say."""

    position: int
    path: str
    title: str | None
    artists: tuple[str, ...]
    album: str | None
    genre: str | None
    length_ms: int
    """0: it has none."""
    bpm: int | None
    key: str | None
    media_type: str
    size: int
    sha256: str
    leaf: str


def items_of(reading: Reading, dataset: int, *, start: int, most: int) -> tuple[ItemRow, ...]:
    """Return the items of the version that is described, by path, from a position on."""
    query = (
        select(ITEMS)
        .where(ITEMS.c.dataset == dataset, ITEMS.c.position >= start)
        .order_by(ITEMS.c.position)
        .limit(most)
    )
    return tuple(
        ItemRow(
            position=row.position,
            path=row.path,
            title=row.title,
            artists=tuple(json.loads(row.people)),
            album=row.album,
            genre=row.genre,
            length_ms=row.duration_ms,
            bpm=row.bpm,
            key=row.key,
            media_type=row.media_type,
            size=row.bytes,
            sha256=row.sha256,
            leaf=row.leaf,
        )
        for row in reading.connection.execute(query)
    )
