"""The items of a dataset, a page at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from audiera.explorer.asked import Reading
from audiera.indexer.documents import peaks_of
from audiera.indexer.tables import ENTRIES, ITEMS
from audiera.manifest import PREVIEW_TYPE

__all__ = ["ItemRow", "Preview", "items_of"]


_COLUMNS: Final = 100


@dataclass(frozen=True, slots=True)
class Preview:
    """An excerpt that anyone may hear."""

    path: str
    """Where the explorer has it, below its top."""
    sha256: str
    media_type: str
    start_ms: int
    """Where in the item it begins."""
    length_ms: int
    size: int


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
    waveform: str
    """How loud it is from its beginning to its end: 100 levels, two hexadecimal digits each; empty: unknown."""
    preview: Preview | None


def items_of(reading: Reading, dataset: int, *, start: int, most: int) -> tuple[ItemRow, ...]:
    """Return the items of the version that is described, by path, from a position on."""
    query = (
        select(ITEMS)
        .where(ITEMS.c.dataset == dataset, ITEMS.c.position >= start)
        .order_by(ITEMS.c.position)
        .limit(most)
    )
    rows = reading.connection.execute(query).all()
    drawn = select(ENTRIES.c.peaks).where(ENTRIES.c.dataset == dataset)
    document = reading.connection.execute(drawn).scalar()
    peaks = peaks_of(reading.connection, document, start, len(rows)) if document and rows else []
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
            waveform=_levels(peaks[at]) if at < len(peaks) else "",
            preview=_preview(row),
        )
        for at, row in enumerate(rows)
    )


def _levels(peaks: bytes) -> str:
    """Return the peaks of an item in fewer columns; empty if nothing sounds in it."""
    if not any(peaks):
        return ""
    wide = len(peaks) // _COLUMNS
    return bytes(max(peaks[at : at + wide]) for at in range(0, len(peaks), wide)).hex()


def _preview(row: Row[*tuple[Any, ...]]) -> Preview | None:
    if row.preview is None:
        return None
    return Preview(
        path=f"/sounds/{row.preview[2:]}.mp3",
        sha256=row.preview,
        media_type=PREVIEW_TYPE,
        start_ms=row.preview_start_ms,
        length_ms=row.preview_ms,
        size=row.preview_bytes,
    )
