"""What a query asks of datasets, as conditions: a list where few have what is asked for, a look at each where many do.

So a page takes hardly longer, however many there are: of few datasets all are looked at, and of many the page is full
soon. In between the database gathers those that have it once, and looks each up there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Column, Connection, Select, any_, func, literal, select
from sqlalchemy.sql.expression import ColumnElement, FromClause

from audiera.indexer.search.query import Query
from audiera.indexer.search.traits import Trait, genre_value, tempo_value
from audiera.indexer.tables import ENTRIES, LISTINGS, MEMBERSHIPS, TRAITS
from audiera.protocol import PERPETUAL

__all__ = ["among", "conditions_of", "few_of", "offers_of", "some_of", "unindexed"]

_FEW: Final = 1_000  # rows
_SOME: Final = 20_000  # rows
_FASTEST: Final = 10**10 - 1  # beats per minute


def conditions_of(connection: Connection, query: Query, now: int) -> list[ColumnElement[bool]]:
    """Return what a query asks of entries, but for its words."""
    asked = list(_of_entries(query))
    for having in _elsewhere(query, now):
        some = some_of(connection, having)
        asked.append(_has(having) if some is None else some)
    if query.asks_for_offers:
        some = some_of(connection, select(LISTINGS.c.dataset).where(*offers_of(query, now)))
        of_entry = select(LISTINGS.c.dataset).where(*offers_of(query, now, of_dataset=True))
        asked.append(_has(of_entry) if some is None else some)
    return asked


def few_of(connection: Connection, having: Select[int]) -> ColumnElement[bool] | None:
    """Return that an entry is one of these datasets, by number; None if they are many."""
    few = connection.execute(having.limit(_FEW + 1)).scalars().all()
    return among(connection, ENTRIES.c.dataset, sorted(set(few))) if len(few) <= _FEW else None


def among(connection: Connection, column: Column[int], numbers: Sequence[int]) -> ColumnElement[bool]:
    """Return that a column is one of some numbers; PostgreSQL takes longer to read a thousand than to look them up."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(numbers), ARRAY(BigInteger)))
    return column.in_(numbers)


def some_of(connection: Connection, having: Select[int]) -> ColumnElement[bool] | None:
    """Return that an entry is one of these datasets; None if they are so many that any entry may well be."""
    few = few_of(connection, having)
    if few is not None:
        return few
    count = connection.execute(select(func.count()).select_from(having.limit(_SOME + 1).subquery())).scalar_one()
    return ENTRIES.c.dataset.in_(having) if count <= _SOME else None


def _has(having: Select[int]) -> ColumnElement[bool]:
    # Not EXISTS: PostgreSQL would look all of them up before it looks at the first entry.
    of_entry = having.where(having.selected_columns.dataset == ENTRIES.c.dataset).limit(1).correlate(ENTRIES)
    return of_entry.scalar_subquery().is_not(None)


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as what no index is of, where SQLite would take the index that finds more."""
    return func.coalesce(column, column)


def offers_of(
    query: Query, now: int, listings: FromClause = LISTINGS, *, of_dataset: bool = False
) -> list[ColumnElement[bool]]:
    """Return what the query asks of a listing; with `of_dataset` of one that is found by its dataset."""
    of = listings.c
    asked = [of.until >= now]
    if query.rights:
        asked.append(_grants(of.rights, query.rights))
    if query.token is not None:
        asked.append((unindexed(of.token) if of_dataset else of.token) == query.token)
    if query.price_at_most is not None:
        asked.append(of.price <= query.price_at_most)
    if query.unit_price_at_most is not None:
        asked.append(of.unit_price <= query.unit_price_at_most)
    if query.meter is not None:
        asked.append(of.meter == query.meter)
    if query.term_at_least is not None:
        asked.append(of.duration >= (query.term_at_least or PERPETUAL))
    return asked


def _grants(column: ColumnElement[int], rights: int) -> ColumnElement[bool]:
    # No number's bits among these are more than these. Of `=` PostgreSQL takes it that one row in 200 has them, and
    # sorts all that have; of `>=` that one in three has.
    return column.op("&")(rights) >= rights


def _of_entries(query: Query) -> Iterator[ColumnElement[bool]]:
    of = ENTRIES.c
    if query.kind is not None:
        yield of.kind == query.kind
    if query.synthetic is not None:
        yield of.synthetic == query.synthetic
    if query.longer_ms is not None:
        yield of.duration_ms >= query.longer_ms
    if query.shorter_ms is not None:
        yield of.duration_ms <= query.shorter_ms
    if query.creator is not None:
        yield of.creator == query.creator
    # All of a dataset's listings together may have what no one of them has: these only spare looking at each.
    if query.rights:
        yield _grants(of.rights, query.rights)
    if query.meter is not None:
        yield of.meters.op("&")(1 << query.meter) > 0
    if query.bpm_from is not None:
        yield of.bpm_high >= query.bpm_from
    if query.bpm_to is not None:
        yield of.bpm_low <= query.bpm_to


def _elsewhere(query: Query, now: int) -> Iterator[Select[int]]:
    """Yield the datasets that have what is asked of other tables."""
    of = TRAITS.c
    if query.genre:
        yield select(of.dataset).where(of.trait == Trait.Genre, of.value == genre_value(query.genre))
    if query.key:
        yield select(of.dataset).where(of.trait == Trait.Key, of.value == query.key)
    if query.bpm_from is not None or query.bpm_to is not None:
        low, high = query.bpm_from or 0, _FASTEST if query.bpm_to is None else min(query.bpm_to, _FASTEST)
        tempo = of.value.between(tempo_value(low), tempo_value(high))
        yield select(of.dataset).where(of.trait == Trait.Tempo, tempo)
    if query.catalogue is not None:
        member = MEMBERSHIPS.c
        since = (member.since > 0) & (member.since <= now) & (member.until > now)
        yield select(member.dataset).where(member.catalogue == query.catalogue, since)
