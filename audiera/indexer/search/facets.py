"""How many of what is found are of each kind, genre, right, meter, token, key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from eth_typing import ChecksumAddress
from sqlalchemy import Connection, Select, case, func, select
from sqlalchemy.sql.expression import CTE

from audiera.indexer.search.finding import offers_of, result_of
from audiera.indexer.search.query import Query
from audiera.indexer.search.traits import Trait
from audiera.indexer.tables import ENTRIES, LISTINGS, TRAITS
from audiera.protocol import Kind, Meter, Right, to_address

__all__ = ["Facets", "count_facets"]

_COMMONEST: Final = 50  # genres or keys

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Facets:
    """Of all that is found, on whatever page: how many, and how many would be left if one thing more were asked."""

    total: int
    kinds: Mapping[Kind, int]
    synthetic: int
    rights: Mapping[Right, int]
    """Of the offers that the query asks for."""
    meters: Mapping[Meter, int]
    tokens: Mapping[ChecksumAddress, int]
    genres: Mapping[str, int]
    """The commonest."""
    keys: Mapping[str, int]


def count_facets(connection: Connection, query: Query, now: int) -> Facets:
    """Return how many are found, and of what.

    Args:
        connection: of an index.
        query: what to look for; page and order do not matter.
        now: Unix seconds, when the offers have to be in force.
    """
    found = result_of(replace(query, order=None, after=""), connection.dialect.name, now)
    of = ENTRIES.c
    hits = select(of.dataset, of.kind, of.synthetic, of.rights, of.meters).select_from(found.table)
    everything = hits.where(*found.conditions).cte("hits")
    kinds, rights, meters = Counter[Kind](), Counter[Right](), Counter[Meter]()
    synthetic = 0
    grouped = (everything.c.kind, everything.c.synthetic, everything.c.rights, everything.c.meters)
    for kind, is_synthetic, granted, metered, count in connection.execute(
        select(*grouped, func.count()).group_by(*grouped)
    ):
        kinds[Kind(kind)] += count
        synthetic += count if is_synthetic else 0
        rights.update({right: count for right in Right if granted & right})
        meters.update({meter: count for meter in Meter if metered >> meter & 1})
    narrow = everything if found.conditions or found.matches is not None else None
    if query.asks_for_offers:  # what is not asked for does not count, though the dataset has it
        rights, meters = _offered(connection, query, narrow, now)
    return Facets(
        total=kinds.total(),
        kinds=_ranked(kinds),
        synthetic=synthetic,
        rights=_ranked(rights),
        meters=_ranked(meters),
        tokens=_tokens(connection, query, narrow, now),
        genres=_trait(connection, Trait.Genre, narrow),
        keys=_trait(connection, Trait.Key, narrow),
    )


def _offered(
    connection: Connection, query: Query, narrow: CTE | None, now: int
) -> tuple[Counter[Right], Counter[Meter]]:
    """Count the datasets by the rights and meters of those offers that the query asks for."""
    of = LISTINGS.c
    has = [
        *(func.max(of.rights.op("&")(int(right))).label(f"right{int(right)}") for right in Right),
        *(func.max(case((of.meter == int(meter), 1), else_=0)).label(f"meter{int(meter)}") for meter in Meter),
    ]
    each = _among(select(*has), narrow).where(*offers_of(query, now)).group_by(of.dataset).subquery()
    row = connection.execute(select(*(func.count(case((column > 0, 1))).label(column.name) for column in each.c))).one()
    rights = Counter({right: getattr(row, f"right{int(right)}") for right in Right})
    return +rights, +Counter({meter: getattr(row, f"meter{int(meter)}") for meter in Meter})


def _tokens(connection: Connection, query: Query, narrow: CTE | None, now: int) -> dict[ChecksumAddress, int]:
    counted = select(LISTINGS.c.token, func.count(LISTINGS.c.dataset.distinct())).group_by(LISTINGS.c.token)
    counted = _among(counted, narrow).where(*offers_of(query, now))
    return _ranked(Counter({to_address(token): count for token, count in connection.execute(counted)}))


def _trait(connection: Connection, trait: Trait, narrow: CTE | None) -> dict[str, int]:
    counted = select(TRAITS.c.value, func.count().label("datasets")).where(TRAITS.c.trait == trait)
    if narrow is not None:
        counted = counted.join(narrow, narrow.c.dataset == TRAITS.c.dataset)
    ranked = counted.group_by(TRAITS.c.value).order_by(func.count().desc(), TRAITS.c.value).limit(_COMMONEST)
    return {value: count for value, count in connection.execute(ranked)}  # noqa: C416  # rows are no pairs to mypy


def _among(statement: Select[Any], narrow: CTE | None) -> Select[Any]:
    if narrow is None:
        return statement
    return statement.join_from(LISTINGS, narrow, narrow.c.dataset == LISTINGS.c.dataset)


def _ranked(counted: Counter[T]) -> dict[T, int]:
    return dict(counted.most_common())
