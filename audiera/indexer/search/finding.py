"""One page of what is found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_typing import ChecksumAddress
from sqlalchemy import Connection, and_, func, literal, or_, select
from sqlalchemy.sql.expression import CTE, ColumnElement, FromClause

from audiera.indexer.search.fulltext import matches
from audiera.indexer.search.query import Cursor, Order, Query
from audiera.indexer.search.traits import Trait, genre_value, tempo_value
from audiera.indexer.tables import ENTRIES, LISTINGS, MEMBERSHIPS, TRAITS
from audiera.protocol import PERPETUAL, Kind, Meter, to_address

__all__ = ["Found", "Hit", "Listing", "find", "offers_of", "result_of"]


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
    found = result_of(query, connection.dialect.name, now)
    value, descending = _ordering(query, found)
    columns = [it for it in ENTRIES.c if it.name != "made_from"]
    statement = select(*columns, value.label("value")).select_from(found.table).where(*found.conditions)
    ids = ENTRIES.c.dataset
    if query.after:
        place = Cursor.read(query.after, query.ordered)
        statement = statement.where(_behind(value, ids, place, descending=descending))
    order = (value.desc(), ids.desc()) if descending else (value, ids)
    statement = statement.order_by(*(order[1:] if query.ordered is Order.NEWEST else order)).limit(query.limit + 1)
    rows = connection.execute(statement).all()
    shown = rows[: query.limit]
    listings = _listings(connection, query, [it.dataset for it in shown], now)
    after = ""
    if len(rows) > query.limit:
        last = shown[-1]
        after = Cursor(query.ordered, last.value, last.dataset).text()
    return Found(tuple(_hit(it, listings[it.dataset]) for it in shown), after)


@dataclass(frozen=True, slots=True)
class _Result:
    """What is found, as SQL: entries, joined with what they are found by."""

    table: FromClause
    conditions: tuple[ColumnElement[bool], ...]
    matches: CTE | None
    cheapest: FromClause | None


def result_of(query: Query, dialect: str, now: int) -> _Result:
    """Return what is found, as SQL."""
    table: FromClause = ENTRIES
    hits = cheapest = None
    if query.words:
        hits = matches(query.words, dialect)
        table = table.join(hits, hits.c.dataset == ENTRIES.c.dataset)
    conditions = [*_conditions(query), *_traits(query)]
    offers = and_(LISTINGS.c.dataset == ENTRIES.c.dataset, *offers_of(query, now))
    if query.ordered is Order.PRICE:
        lowest = select(LISTINGS.c.dataset, func.min(LISTINGS.c.price).label("price"))
        cheapest = lowest.where(*offers_of(query, now)).group_by(LISTINGS.c.dataset).cte("cheapest")
        table = table.join(cheapest, cheapest.c.dataset == ENTRIES.c.dataset)
    elif query.asks_for_offers:
        conditions.append(select(literal(1)).where(offers).exists())
    if query.catalogue is not None:
        member = select(MEMBERSHIPS.c.dataset).where(
            MEMBERSHIPS.c.catalogue == query.catalogue,
            MEMBERSHIPS.c.since > 0,
            MEMBERSHIPS.c.since <= now,
            MEMBERSHIPS.c.until > now,
        )
        conditions.append(ENTRIES.c.dataset.in_(member))
    return _Result(table, tuple(conditions), hits, cheapest)


def offers_of(query: Query, now: int) -> list[ColumnElement[bool]]:
    """Return what the query asks of a listing."""
    of = LISTINGS.c
    asked = [of.until >= now]
    if query.rights:
        asked.append(of.rights.op("&")(query.rights) == query.rights)
    if query.token is not None:
        asked.append(of.token == query.token)
    if query.price_at_most is not None:
        asked.append(of.price <= query.price_at_most)
    if query.unit_price_at_most is not None:
        asked.append(of.unit_price <= query.unit_price_at_most)
    if query.meter is not None:
        asked.append(of.meter == query.meter)
    if query.term_at_least is not None:
        asked.append(of.duration >= (query.term_at_least or PERPETUAL))
    return asked


def _conditions(query: Query) -> list[ColumnElement[bool]]:
    of, asked = ENTRIES.c, list[ColumnElement[bool]]()
    if query.kind is not None:
        asked.append(of.kind == query.kind)
    if query.synthetic is not None:
        asked.append(of.synthetic == query.synthetic)
    if query.longer_ms is not None:
        asked.append(of.duration_ms >= query.longer_ms)
    if query.shorter_ms is not None:
        asked.append(of.duration_ms <= query.shorter_ms)
    if query.creator is not None:
        asked.append(of.creator == query.creator)
    return asked


def _traits(query: Query) -> list[ColumnElement[bool]]:
    of, asked = TRAITS.c, list[ColumnElement[bool]]()

    def having(trait: Trait, *conditions: ColumnElement[bool]) -> None:
        asked.append(ENTRIES.c.dataset.in_(select(of.dataset).where(of.trait == trait, *conditions)))

    if query.genre:
        having(Trait.Genre, of.value == genre_value(query.genre))
    if query.key:
        having(Trait.Key, of.value == query.key)
    if query.bpm_from is not None or query.bpm_to is not None:
        low, high = query.bpm_from or 0, min(query.bpm_to or 10**10 - 1, 10**10 - 1)
        having(Trait.Tempo, of.value.between(tempo_value(low), tempo_value(high)))
    return asked


def _ordering(query: Query, found: _Result) -> tuple[ColumnElement[Any], bool]:
    """Return what is ordered by, and whether more comes first."""
    if query.ordered is Order.RELEVANCE and found.matches is not None:
        return found.matches.c.score, True
    if query.ordered is Order.PRICE and found.cheapest is not None:
        return found.cheapest.c.price, False
    if query.ordered is Order.LENGTH:
        return ENTRIES.c.duration_ms, True
    if query.ordered is Order.NAME:
        return ENTRIES.c.sort_name, False
    return ENTRIES.c.dataset, True


def _behind(
    value: ColumnElement[Any], ids: ColumnElement[int], place: Cursor, *, descending: bool
) -> ColumnElement[bool]:
    if place.order is Order.NEWEST:
        return ids < place.dataset
    if descending:
        return and_(value <= place.value, or_(value < place.value, ids < place.dataset))
    return and_(value >= place.value, or_(value > place.value, ids > place.dataset))


def _listings(
    connection: Connection, query: Query, datasets: Sequence[int], now: int
) -> dict[int, tuple[Listing, ...]]:
    statement = (
        select(LISTINGS)
        .where(LISTINGS.c.dataset.in_(datasets), *offers_of(query, now))
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
