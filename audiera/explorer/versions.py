"""The versions of a dataset: what was published when, and what the chain says of what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from audiera.explorer.asked import Reading
from audiera.indexer.tables import VERSIONS
from audiera.protocol import DatasetFlag, cid_of
from audiera.text import from_hex

__all__ = ["Version", "version_rows", "versions_of"]


@dataclass(frozen=True, slots=True)
class Version:
    """What was published once."""

    version: int
    at: int
    items: int
    content_root: str
    manifest: str
    """Its CID."""
    synthetic: bool
    changes: tuple[str, ...]
    """Against the version before."""
    block: int
    transaction: str


def version_rows(reading: Reading, dataset: int, last: int, most: int) -> list[Row[Any]]:
    """Return the rows of the versions up to one, the newest first, and one more if there is one before."""
    query = select(VERSIONS).where(VERSIONS.c.dataset == dataset, VERSIONS.c.version <= last)
    return list(reading.connection.execute(query.order_by(VERSIONS.c.version.desc()).limit(most + 1)))


def versions_of(rows: list[Row[Any]], most: int) -> tuple[Version, ...]:
    """Return versions, of the rows that `version_rows` returned for as many."""
    return tuple(
        Version(
            version=row.version,
            at=row.at,
            items=row.item_count,
            content_root=row.content_root,
            manifest=cid_of(from_hex(row.manifest)),
            synthetic=bool(row.flags & DatasetFlag.Synthetic),
            changes=_changes(row, before),
            block=row.block,
            transaction=row.transaction,
        )
        for row, before in list(zip(rows, [*rows[1:], None], strict=True))[:most]
    )


def _changes(row: Row[Any], before: Row[Any] | None) -> tuple[str, ...]:
    if before is None:
        return ("first version",)
    found = []
    if more := row.item_count - before.item_count:
        found.append(f"{abs(more):,} {'more' if more > 0 else 'fewer'} items")
    elif row.content_root != before.content_root:
        found.append("other items, as many")
    if row.content_root == before.content_root:
        found.append("the same items, described anew")
    if (row.flags ^ before.flags) & DatasetFlag.Synthetic:
        found.append("declared synthetic" if row.flags & DatasetFlag.Synthetic else "no longer declared synthetic")
    return tuple(found)
