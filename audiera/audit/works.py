"""The items of datasets, as the item tables that the chain commits to list them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, select

from audiera.indexer.documents import Paper, body_of
from audiera.indexer.tables import DOCUMENTS, VERSIONS
from audiera.protocol import TableRow, read_table

__all__ = ["Works"]

_KEPT: Final = 8  # versions whose items are held at a time


class Works:
    """Looks items up, a few versions of which are held at a time."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._held = lru_cache(_KEPT)(self._by_leaf)

    def rows(self, dataset: int, version: int) -> tuple[TableRow, ...] | None:
        """Return the items of a version; None if its table is not here or is not the one that is registered."""
        where = (VERSIONS.c.dataset == dataset) & (VERSIONS.c.version == version)
        row = self.connection.execute(
            select(VERSIONS.c.content_root, DOCUMENTS.c.item_table)
            .join(DOCUMENTS, (DOCUMENTS.c.digest == VERSIONS.c.manifest) & (DOCUMENTS.c.kind == Paper.MANIFEST))
            .where(where)
        ).one_or_none()
        if row is None or row.item_table is None:
            return None
        named = (DOCUMENTS.c.digest == row.item_table) & (DOCUMENTS.c.kind == Paper.ITEMS)
        made = self.connection.execute(select(DOCUMENTS.c.content_root).where(named)).scalar()
        table = body_of(self.connection, Paper.ITEMS, row.item_table)
        return read_table(table) if table is not None and made == row.content_root else None

    def by_leaf(self, dataset: int, version: int) -> Mapping[bytes, TableRow] | None:
        """Return the items of a version by their leaves; None as `rows`."""
        return self._held(dataset, version)

    def versions(self, dataset: int) -> list[int]:
        """Return the numbers of a dataset's versions."""
        query = select(VERSIONS.c.version).where(VERSIONS.c.dataset == dataset).order_by(VERSIONS.c.version)
        return list(self.connection.execute(query).scalars())

    def with_isrc(self, isrc: str) -> Iterator[int]:
        """Yield the datasets of which any version lists a recording."""
        for dataset in self.connection.execute(select(VERSIONS.c.dataset).distinct()).scalars().all():
            listed = (self.rows(dataset, version) or () for version in self.versions(dataset))
            if any(row.metadata.isrc == isrc for rows in listed for row in rows):
                yield dataset

    def _by_leaf(self, dataset: int, version: int) -> Mapping[bytes, TableRow] | None:
        rows = self.rows(dataset, version)
        return None if rows is None else {it.item.leaf(): it for it in rows}
