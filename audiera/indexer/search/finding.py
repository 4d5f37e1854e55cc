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
from audiera.indexer.search.narrowing import conditions_of, few_of, offers_of, unindexed
from audiera.indexer.search.query import Cursor, Order, Query
from audiera.indexer.tables import ENTRIES, LISTINGS, OFFERS
from audiera.protocol import ETHER, PERPETUAL, Kind, Meter, to_address

__all__ = ["COUNTED", "Found", "Hit", "Listing", "Matches", "find", "match"]

_ID: Final = ENTRIES.c.dataset
_ORDERED: Final[Mapping[Order, tuple[ColumnElement[Any], bool]]] = {
    Order.NEWEST: (_ID, True),
    Order.PRICE: (LISTINGS.c.price, False),
    Order.LENGTH: (ENTRIES.c.duration_ms, True),
    Order.NAME: (ENTRIES.c.sort_name, False),
}
"""What is ordered by, and whether more comes first."""
COUNTED: Final = 1_000
"""Datasets that are counted, and looked at one by one where no more are found."""


@dataclass(frozen=True, slots=True)
class Listing:
    """An offer to anyone that is in force."""

    source: int
    """What the licence is of: the dataset, or a catalogue that it is in."""
    source_name: str
    """What that is called; empty: its manifest is not here."""
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


@dataclass(frozen=True, slots=True)
class Matches:
    """What a query finds: the newest of it, which is all of it unless it is a great deal."""

    query: Query
    now: int
    newest: Sequence[int]
    more: bool
    """Whether there are others."""
    asked: Sequence[ColumnElement[bool]]
    """What the query asks of an entry, but for its words."""
    few: ColumnElement[bool] | None
    """The datasets that have the words, if they are few."""


def match(connection: Connection, query: Query, now: int) -> Matches:
    """Look for what a query asks for, on whatever page.

    Args:
        connection: of an index.
        query: what to look for.
        now: Unix seconds, when the offers have to be in force.
    """
    asked = conditions_of(connection, query, now)
    few = few_of(connection, having_words(query.words, connection.dialect.name)) if query.words else None
    found = _newest_first(_matching(connection, query, asked, few)).limit(COUNTED + 1)
    newest = connection.execute(found).scalars().all()
    return Matches(query, now, newest[:COUNTED], len(newest) > COUNTED, asked, few)


def find(connection: Connection, matches: Matches) -> Found:
    """Return the page of them that the query asks for."""
    query = matches.query
    places = _places(connection, matches)
    shown = [dataset for dataset, _ in places[: query.limit]]
    columns = [it for it in ENTRIES.c if it.name != "made_from"]
    statement = select(*columns).where(ENTRIES.c.dataset.in_(shown))
    rows = {it.dataset: it for it in connection.execute(statement)}
    listings = _listings(connection, query, shown, matches.now)
    after = ""
    if len(places) > query.limit:
        dataset, value = places[query.limit - 1]
        after = Cursor(query.ordered, value, dataset).text()
    return Found(tuple(_hit(rows[it], listings[it]) for it in shown), after)


def _places(connection: Connection, matches: Matches) -> list[tuple[int, Any]]:
    """Return the datasets of a page, each with what it is ordered by, and the first behind them."""
    query = matches.query
    place = Cursor.read(query.after, query.ordered) if query.after else None
    if query.ordered is Order.RELEVANCE:
        return _most_relevant(connection, matches, place)
    is_here = not matches.more or (place is None and query.limit < len(matches.newest))
    if query.ordered is Order.NEWEST and is_here:
        return [(it, it) for it in matches.newest if place is None or place.dataset > it][: query.limit + 1]
    found = select(_ID)
    if matches.more:
        found = found.where(*matches.asked)
        if query.words:
            having = having_words(query.words, connection.dialect.name)
            found = found.where(unindexed(_ID).in_(having) if matches.few is None else matches.few)
    else:
        found = found.where(_ID.in_(matches.newest))
    number = _ID
    if query.ordered is Order.PRICE:
        # From offers to entries, in the order of an index: SQLite would look all offers up and sort them.
        number = LISTINGS.c.dataset
        found = found.join(LISTINGS, (unindexed(number) if matches.more else number) == _ID)
        found = found.where(*_cheapest(query, matches.now, of_dataset=not matches.more))
    value, descending = _ORDERED[query.ordered]
    if place is not None:
        found = found.where(_behind(value, number, place, descending=descending))
    order = (value.desc(), number.desc()) if descending else (value, number)
    rows = connection.execute(found.add_columns(value.label("value")).order_by(*order).limit(query.limit + 1))
    return [(dataset, value) for dataset, value in rows]


def _most_relevant(connection: Connection, matches: Matches, place: Cursor | None) -> list[tuple[int, Any]]:
    """Look where words count most, then where they count less, until the page is full."""
    query, places = matches.query, list[tuple[int, Any]]()
    for score in range(BEST, 0, -1):
        if place is not None and score > int(place.value):
            continue
        found = _scored(connection, matches, score)
        if place is not None and score == place.value:
            found = found.where(place.dataset > found.selected_columns.dataset)
        left, number = query.limit + 1 - len(places), found.selected_columns.dataset
        if not matches.more or (score > 1 and connection.dialect.name == "postgresql"):
            number = unindexed(number)  # few have a word there: in the order of numbers PostgreSQL would read all words
        rows = connection.execute(found.order_by(number.desc()).limit(left)).scalars()
        places += ((dataset, score) for dataset in rows)
        if len(places) > query.limit:
            break
    return places


def _scored(connection: Connection, matches: Matches, score: int) -> Select[int]:
    """Return what has its words where a score says."""
    words = having_words(matches.query.words, connection.dialect.name, score).subquery("words")
    if matches.more:
        return select(words.c.dataset).join(ENTRIES, words.c.dataset == _ID).where(*matches.asked)
    return select(words.c.dataset).where(unindexed(words.c.dataset).in_(matches.newest))


def _matching(
    connection: Connection, query: Query, asked: Sequence[ColumnElement[bool]], few: ColumnElement[bool] | None
) -> Select[int]:
    if not query.words:
        return select(_ID).where(*asked)
    if few is not None:
        return select(_ID).where(few, *asked)
    words = having_words(query.words, connection.dialect.name).subquery("words")
    return select(words.c.dataset).join(ENTRIES, words.c.dataset == _ID).where(*asked)


def _newest_first(found: Select[int]) -> Select[int]:
    # By the number of the table that is found by: SQLite reads its full text in that order, if it is asked for that.
    return found.order_by(found.selected_columns.dataset.desc())


def _cheapest(query: Query, now: int, *, of_dataset: bool) -> list[ColumnElement[bool]]:
    """Return what makes a listing the cheapest of its dataset among those that are asked for."""
    other = LISTINGS.alias("other")
    same_terms = and_(other.c.terms == LISTINGS.c.terms, other.c.source < LISTINGS.c.source)
    same_price = and_(other.c.price == LISTINGS.c.price, or_(other.c.terms < LISTINGS.c.terms, same_terms))
    before = or_(other.c.price < LISTINGS.c.price, same_price)
    cheaper = select(literal(1)).where(
        other.c.dataset == LISTINGS.c.dataset, *offers_of(query, now, other, of_dataset=True), before
    )
    return [*offers_of(query, now, of_dataset=of_dataset), ~cheaper.correlate(LISTINGS).exists()]


def _behind(
    value: ColumnElement[Any], number: ColumnElement[int], place: Cursor, *, descending: bool
) -> ColumnElement[bool]:
    if place.order is Order.NEWEST:
        return place.dataset > number
    if descending:
        return and_(value <= place.value, or_(value < place.value, place.dataset > number))
    return and_(value >= place.value, or_(value > place.value, place.dataset < number))


def _listings(
    connection: Connection, query: Query, datasets: Sequence[int], now: int
) -> dict[int, tuple[Listing, ...]]:
    statement = (
        select(LISTINGS, OFFERS.c.left, ENTRIES.c.name)
        .outerjoin(
            OFFERS,
            (OFFERS.c.dataset == LISTINGS.c.source)
            & (OFFERS.c.terms == LISTINGS.c.terms)
            & (OFFERS.c.licensee == ETHER),
        )
        .outerjoin(ENTRIES, ENTRIES.c.dataset == LISTINGS.c.source)
        .where(LISTINGS.c.dataset.in_(datasets), *offers_of(query, now, of_dataset=True))
        .order_by(LISTINGS.c.token, LISTINGS.c.price, LISTINGS.c.terms, LISTINGS.c.source)
    )
    found: dict[int, list[Listing]] = {it: [] for it in datasets}
    for row in connection.execute(statement):
        found[row.dataset].append(
            Listing(
                source=row.source,
                source_name=row.name or "",
                terms=row.terms,
                rights=row.rights,
                meter=Meter(row.meter),
                token=to_address(row.token),
                price=row.price,
                unit_price=row.unit_price,
                duration=0 if row.duration == PERPETUAL else row.duration,
                left=row.left,
            )
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
