"""One page of what is found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_typing import ChecksumAddress
from sqlalchemy import Connection, Select, and_, literal, or_, select
from sqlalchemy.sql.expression import ColumnElement

from audiera.indexer.search.fulltext import BEST, having_words
from audiera.indexer.search.narrowing import conditions_of, few_of, offers_of
from audiera.indexer.search.query import Cursor, Order, Query
from audiera.indexer.tables import ENTRIES, LISTINGS
from audiera.protocol import PERPETUAL, Kind, Meter, to_address

__all__ = ["Found", "Hit", "Listing", "find", "newest"]

_ID: Final = ENTRIES.c.dataset
_ORDERED: Final[Mapping[Order, tuple[ColumnElement[Any], bool]]] = {
    Order.NEWEST: (_ID, True),
    Order.PRICE: (LISTINGS.c.price, False),
    Order.LENGTH: (ENTRIES.c.duration_ms, True),
    Order.NAME: (ENTRIES.c.sort_name, False),
}
"""What is ordered by, and whether more comes first."""


@dataclass(frozen=True, slots=True)
class Listing:
    """An offer to anyone that is in force."""

    terms: str
    rights: int
    meter: Meter
    token: ChecksumAddress
    price: int
    unit_price: int
    duration: int
    """Seconds; 0: for ever."""
    left: int | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A dataset that was found."""

    dataset: int
    version: int
    name: str
    description: str
    people: tuple[str, ...]
    """The first few."""
    keywords: tuple[str, ...]
    kind: Kind
    synthetic: bool
    derived: bool
    creator: ChecksumAddress
    registered_at: int
    item_count: int
    bytes: int
    duration_ms: int
    bpm: tuple[int, int] | None
    """The slowest and the fastest item that say."""
    cover: str | None
    problem: str
    """In words, what is wrong with its documents."""
    listings: tuple[Listing, ...]
    """Those that the query asks for; all, if it asks for none in particular."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page."""

    hits: tuple[Hit, ...]
    after: str
    """Where the next page begins; empty: this is the last."""


def find(connection: Connection, query: Query, now: int) -> Found:
    """Return a page of what is found.

    Args:
        connection: of an index.
        query: what to look for.
        now: Unix seconds, when the offers have to be in force.
    """
    places = _places(connection, query, now)
    shown = [dataset for dataset, _ in places[: query.limit]]
    columns = [it for it in ENTRIES.c if it.name != "made_from"]
    statement = select(*columns).where(ENTRIES.c.dataset.in_(shown))
    rows = {it.dataset: it for it in connection.execute(statement)}
    listings = _listings(connection, query, shown, now)
    after = ""
    if len(places) > query.limit:
        dataset, value = places[query.limit - 1]
        after = Cursor(query.ordered, value, dataset).text()
    return Found(tuple(_hit(rows[it], listings[it]) for it in shown), after)


def newest(connection: Connection, query: Query, now: int, most: int) -> Sequence[int]:
    """Return the newest of all that is found, on whatever page."""
    found = _having_words(connection, query).where(*conditions_of(connection, query, now))
    return connection.execute(_newest_first(found).limit(most)).scalars().all()


def _places(connection: Connection, query: Query, now: int) -> list[tuple[int, Any]]:
    """Return the datasets of a page, each with what it is ordered by, and the first behind them."""
    asked = conditions_of(connection, query, now)
    place = Cursor.read(query.after, query.ordered) if query.after else None
    if query.ordered is Order.RELEVANCE:
        return _most_relevant(connection, query, asked, place)
    found = _having_words(connection, query).where(*asked)
    if query.ordered is Order.PRICE:
        found = found.join(LISTINGS, LISTINGS.c.dataset == _ID).where(*_cheapest(query, now))
    value, descending = _ORDERED[query.ordered]
    if place is not None:
        found = found.where(_behind(value, place, descending=descending))
    shown = found.add_columns(value.label("value"))
    if query.ordered is Order.NEWEST:
        shown = _newest_first(shown)
    else:
        shown = shown.order_by(*((value.desc(), _ID.desc()) if descending else (value, _ID)))
    rows = connection.execute(shown.limit(query.limit + 1))
    return [(dataset, value) for dataset, value in rows]


def _most_relevant(
    connection: Connection, query: Query, asked: Sequence[ColumnElement[bool]], place: Cursor | None
) -> list[tuple[int, Any]]:
    """Look where words count most, then where they count less, until the page is full."""
    places = list[tuple[int, Any]]()
    for score in range(BEST, 0, -1):
        if place is not None and score > int(place.value):
            continue
        found = _having_words(connection, query, score).where(*asked)
        if place is not None and score == place.value:
            found = found.where(place.dataset > _ID)
        left = query.limit + 1 - len(places)
        rows = connection.execute(_newest_first(found).limit(left)).scalars()
        places += ((dataset, score) for dataset in rows)
        if len(places) > query.limit:
            break
    return places


def _having_words(connection: Connection, query: Query, score: int | None = None) -> Select[int]:
    """Return the datasets that have the words, if the query has any: anywhere, or where a score says."""
    if not query.words:
        return select(_ID)
    having = having_words(query.words, connection.dialect.name, score)
    few = few_of(connection, having)
    if few is not None:
        return select(_ID).where(few)
    words = having.subquery("words")
    return select(words.c.dataset).join(ENTRIES, words.c.dataset == _ID)


def _newest_first(found: Select[int]) -> Select[int]:
    # By the number of the table that is found by: SQLite reads its full text in that order, if it is asked for that.
    return found.order_by(found.selected_columns.dataset.desc())


def _cheapest(query: Query, now: int) -> list[ColumnElement[bool]]:
    """Return what makes a listing the cheapest of its dataset among those that are asked for."""
    other = LISTINGS.alias("other")
    before = or_(
        other.c.price < LISTINGS.c.price, and_(other.c.price == LISTINGS.c.price, other.c.terms < LISTINGS.c.terms)
    )
    cheaper = select(literal(1)).where(
        other.c.dataset == LISTINGS.c.dataset, *offers_of(query, now, other, of_dataset=True), before
    )
    return [*offers_of(query, now), ~cheaper.correlate(LISTINGS).exists()]


def _behind(value: ColumnElement[Any], place: Cursor, *, descending: bool) -> ColumnElement[bool]:
    if place.order is Order.NEWEST:
        return place.dataset > _ID
    if descending:
        return and_(value <= place.value, or_(value < place.value, place.dataset > _ID))
    return and_(value >= place.value, or_(value > place.value, place.dataset < _ID))


def _listings(
    connection: Connection, query: Query, datasets: Sequence[int], now: int
) -> dict[int, tuple[Listing, ...]]:
    statement = (
        select(LISTINGS)
        .where(LISTINGS.c.dataset.in_(datasets), *offers_of(query, now, of_dataset=True))
        .order_by(LISTINGS.c.token, LISTINGS.c.price, LISTINGS.c.terms)
    )
    found: dict[int, list[Listing]] = {it: [] for it in datasets}
    for row in connection.execute(statement):
        duration = 0 if row.duration == PERPETUAL else row.duration
        meter, token = Meter(row.meter), to_address(row.token)
        found[row.dataset].append(
            Listing(row.terms, row.rights, meter, token, row.price, row.unit_price, duration, row.left)
        )
    return {dataset: tuple(listed) for dataset, listed in found.items()}


def _hit(row: Any, listings: tuple[Listing, ...]) -> Hit:  # noqa: ANN401  # a row of `entries`
    return Hit(
        dataset=row.dataset,
        version=row.version,
        name=row.name,
        description=row.description,
        people=tuple(json.loads(row.people)),
        keywords=tuple(json.loads(row.keywords)),
        kind=Kind(row.kind),
        synthetic=row.synthetic,
        derived=row.derived,
        creator=to_address(row.creator),
        registered_at=row.registered_at,
        item_count=row.item_count,
        bytes=row.bytes,
        duration_ms=row.duration_ms,
        bpm=None if row.bpm_low is None else (row.bpm_low, row.bpm_high),
        cover=row.cover,
        problem=row.problem,
        listings=listings,
    )
