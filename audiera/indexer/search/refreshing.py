"""Makes the rows that are searched, of those datasets of which something new is known."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select

from audiera.indexer.revision import revise
from audiera.indexer.search.describing import Description, describe_dataset
from audiera.indexer.search.fulltext import vector_of
from audiera.indexer.search.listings import listings_of
from audiera.indexer.tables import (
    DATASETS,
    ENTRIES,
    ITEMS,
    LISTINGS,
    PEOPLE,
    STALE,
    TEXTS,
    TRAITS,
    VERSIONS,
)
from audiera.protocol import PERPETUAL, DatasetFlag

__all__ = ["mark_all", "refresh"]

_AT_ONCE: Final = 256  # datasets
_OF_DOCUMENTS: Final = (PEOPLE, ITEMS, TRAITS, TEXTS)


def mark_all(connection: Connection) -> None:
    """Have everything that is searched made anew, from the documents and the tables of the chain."""
    for table in (*_OF_DOCUMENTS, LISTINGS, ENTRIES, STALE):
        connection.execute(delete(table))
    connection.execute(insert(STALE).from_select(["dataset"], select(DATASETS.c.id)))


def refresh(connection: Connection, now: int, *, most: int = _AT_ONCE) -> int:
    """Make the rows anew of some datasets of which the chain or a document says something new, and return how many.

    Also of those of which an offer has ended by itself, with a clearance. Call it until it returns 0.

    Args:
        connection: in a transaction that may write.
        now: Unix seconds.
        most: datasets at most.
    """
    stale = select(STALE.c.dataset).order_by(STALE.c.dataset).limit(most)
    ended = select(ENTRIES.c.dataset).where(ENTRIES.c.changes_at < now).order_by(ENTRIES.c.dataset).limit(most)
    chosen = sorted({*connection.execute(stale).scalars(), *connection.execute(ended).scalars()})
    if chosen:
        # First: what becomes stale from here on is noted again.
        connection.execute(delete(STALE).where(STALE.c.dataset.in_(chosen)))
        _make(connection, chosen, now)
        revise(connection)
    return len(chosen)


def _make(connection: Connection, chosen: Sequence[int], now: int) -> None:
    datasets = connection.execute(select(DATASETS).where(DATASETS.c.id.in_(chosen))).all()
    versions: dict[int, list[Row[Any]]] = {it.id: [] for it in datasets}
    for row in connection.execute(
        select(VERSIONS).where(VERSIONS.c.dataset.in_(list(versions))).order_by(VERSIONS.c.version.desc())
    ):
        versions[row.dataset].append(row)
    before = {
        it.dataset: dict(it._mapping)  # noqa: SLF001  # SQLAlchemy's public name for a row as a mapping
        for it in connection.execute(select(ENTRIES).where(ENTRIES.c.dataset.in_(chosen)))
    }
    listings = listings_of(connection, list(versions), now)
    entries, described = [], dict[int, Description]()
    for dataset in datasets:
        known = before.get(dataset.id, {})
        said = describe_dataset(connection, dataset, versions[dataset.id], known.get("made_from"))
        if said is not None:
            described[dataset.id] = said
        words = known if said is None else said.entry
        entries.append({**words, **_facts(dataset, listings[dataset.id])})
    gone = [number for number in chosen if number not in versions]
    for table in _OF_DOCUMENTS:
        connection.execute(delete(table).where(table.c.dataset.in_([*gone, *described])))
    for table in (LISTINGS, ENTRIES):
        connection.execute(delete(table).where(table.c.dataset.in_(chosen)))
    _insert(connection, entries, described, [row for rows in listings.values() for row in rows])


def _facts(dataset: Row[Any], listings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the chain says of a dataset."""
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        "manifest": dataset.manifest,
        "kind": dataset.kind,
        "synthetic": bool(dataset.flags & DatasetFlag.Synthetic),
        "derived": bool(dataset.flags & DatasetFlag.Derived),
        "creator": dataset.creator,
        "registered_at": dataset.at,
        "item_count": dataset.item_count,
        "rights": reduce(or_, (it["rights"] for it in listings), 0),
        "meters": reduce(or_, (1 << it["meter"] for it in listings), 0),
        "changes_at": min((it["until"] for it in listings), default=PERPETUAL),
    }


def _insert(
    connection: Connection,
    entries: list[dict[str, Any]],
    described: dict[int, Description],
    listings: list[dict[str, Any]],
) -> None:
    said = described.values()
    texts = [it.text for it in said if it.text]
    if connection.dialect.name == "postgresql":
        texts = [{**it, "vector": vector_of(it)} for it in texts]
    for table, rows in (
        (ENTRIES, entries),
        (LISTINGS, listings),
        (PEOPLE, [row for it in said for row in it.people]),
        (ITEMS, [row for it in said for row in it.items]),
        (TRAITS, [row for it in said for row in it.traits]),
        (TEXTS, texts),
    ):
        if rows:
            connection.execute(insert(table), rows)
