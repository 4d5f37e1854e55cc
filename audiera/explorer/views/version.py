"""One version of a dataset: what became of its items since the version before, and which were withdrawn later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from sqlalchemy import Row, select

from audiera.explorer.asked import Reading
from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.refusals import not_found
from audiera.explorer.registered import dataset_row
from audiera.explorer.versions import Version, version_rows, versions_of
from audiera.explorer.view import View
from audiera.explorer.words import contents
from audiera.indexer.documents import Paper, body_of
from audiera.indexer.tables import DOCUMENTS, ITEMS, WITHDRAWN_ITEMS
from audiera.protocol import Change, Kind, TableRow, compare, rows_apart
from audiera.text import hex_of

__all__ = ["Changed", "VersionView", "Withdrawn"]

_COMPARED: Final = 100_000
"""Items of either version, beyond which a page compares nothing."""
_APART: Final = 2_000
"""Items of either that the other has not, likewise."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An item that is not as it was in the version before."""

    change: Change
    path: str
    title: str | None
    detail: str
    """Where it was, or what of it differs."""
    leaf: str
    """As it is now; of an item that was removed, as it was."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An item whose consent was withdrawn while this was the newest version."""

    leaf: str
    path: str | None
    """None: the version whose item table is here no longer has it."""
    title: str | None
    at: int
    transaction: str


@dataclass(frozen=True, slots=True)
class VersionView(View):
    """A version as it was published."""

    TABLES: ClassVar[tuple[str, ...]] = ("changed", "withdrawn")

    dataset: Named
    kind: Kind
    newest: int
    """The dataset's newest version."""
    version: Version
    changed: tuple[Changed, ...]
    problem: str
    """Why the items are not compared; empty: they are, or there is nothing to compare."""
    withdrawn: tuple[Withdrawn, ...]
    stretches: Mapping[str, Stretch]

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Version {self.version.version} of {self.dataset.name or f'dataset {self.dataset.id}'}"

    @property
    def summary(self) -> str:
        """What it says."""
        return f"{contents(self.kind, self.version.items)}; {', '.join(self.version.changes)}."

    @property
    def counts(self) -> Mapping[Change, int]:
        """How many items each change happened to."""
        found = dict.fromkeys(Change, 0)
        for each in self.changed:
            found[each.change] += 1
        return {change: count for change, count in found.items() if count}

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the version that the path names.

        Raises:
            RefusalError: there is none.
        """
        row, number = dataset_row(reading), reading.asked.number("version")
        rows = version_rows(reading, row.id, number, 1)
        if not rows or rows[0].version != number:
            raise not_found(f"Dataset {row.id} has no version {number:,} up to block {reading.index.block:,}.")
        changed, problem = _changed(reading, rows)
        paging = Paging(reading)
        return cls(
            index=reading.index,
            dataset=named(reading, [row.id])[row.id],
            kind=Kind(row.kind),
            newest=row.version,
            version=versions_of(rows, 1)[0],
            changed=changed,
            problem=problem,
            withdrawn=_withdrawn(paging, row.id, number),
            stretches=paging.stretches,
        )


def _changed(reading: Reading, rows: Sequence[Row[Any]]) -> tuple[tuple[Changed, ...], str]:
    """Return what became of each item, or why nobody can say here."""
    if len(rows) == 1 or rows[0].content_root == rows[1].content_root:
        return (), ""
    tables = [_table(reading, row) for row in rows]
    if max(row.item_count for row in rows) > _COMPARED:
        return (), f"Versions of more than {_COMPARED:,} items are not compared on a page."
    bodies = [body_of(reading.connection, Paper.ITEMS, digest) if digest else None for digest in tables]
    now, before = bodies
    if now is None or before is None:
        return (), "The item tables of both versions are not here, so that nobody can say here which items changed."
    old, new = rows_apart(before, now, _APART)
    if max(len(old), len(new)) > _APART:
        return (), f"More than {_APART:,} items are not as they were: too many to list."
    known = {row.metadata.path: row for row in (*old, *new)}
    return tuple(_of(it.change, it.path, it.detail, known[it.path]) for it in compare(old, new)), ""


def _of(change: Change, path: str, detail: str, row: TableRow) -> Changed:
    return Changed(change, path, row.metadata.title, detail, hex_of(row.item.leaf()))


def _table(reading: Reading, version: Row[Any]) -> str | None:
    """Return the digest of a version's item table, if it is here and has the items that are registered."""
    manifests, tables = DOCUMENTS.alias("manifests"), DOCUMENTS.alias("tables")
    query = (
        select(tables.c.digest)
        .join(manifests, manifests.c.item_table == tables.c.digest)
        .where(
            manifests.c.digest == version.manifest,
            manifests.c.kind == Paper.MANIFEST,
            tables.c.kind == Paper.ITEMS,
            tables.c.content_root == version.content_root,
        )
    )
    return reading.connection.execute(query).scalar()


def _withdrawn(paging: Paging, dataset: int, version: int) -> tuple[Withdrawn, ...]:
    gone = WITHDRAWN_ITEMS.c
    query = (
        select(gone.item, gone.at, gone.transaction)
        .where(gone.dataset == dataset, gone.version == version)
        .order_by(gone.block, gone.log_index, gone.item)
    )
    rows = paging.rows("withdrawn", query)
    items = select(ITEMS.c.leaf, ITEMS.c.path, ITEMS.c.title).where(
        ITEMS.c.dataset == dataset, ITEMS.c.leaf.in_([it.item for it in rows])
    )
    known = {it.leaf: it for it in paging.reading.connection.execute(items)}
    return tuple(
        Withdrawn(
            leaf=it.item,
            path=known[it.item].path if it.item in known else None,
            title=known[it.item].title if it.item in known else None,
            at=it.at,
            transaction=it.transaction,
        )
        for it in rows
    )
