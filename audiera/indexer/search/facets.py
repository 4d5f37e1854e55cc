"""How many of what is found are of each kind, genre, right, meter, token, key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from eth_typing import ChecksumAddress
from sqlalchemy import Connection, func, select

from audiera.indexer.search.finding import newest
from audiera.indexer.search.narrowing import offers_of
from audiera.indexer.search.query import Query
from audiera.indexer.search.traits import Trait
from audiera.indexer.tables import ENTRIES, LISTINGS, TRAITS
from audiera.protocol import Kind, Meter, Right, to_address

__all__ = ["Facets", "count_facets"]

_COUNTED: Final = 1_000  # datasets
_COMMONEST: Final = 50  # genres or keys

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Facets:
    """Of what is found, on whatever page: how many, and how many would be left if one thing more were asked."""

    total: int
    more: bool
    """Whether more are found than are counted: the total is then 1,000, and all counts are of the newest."""
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
    """Return how many are found, and of what; of a great many, only the newest are counted.

    Args:
        connection: of an index.
        query: what to look for; page and order do not matter.
        now: Unix seconds, when the offers have to be in force.
    """
    found = newest(connection, replace(query, order=None, after=""), now, _COUNTED + 1)
    hits = found[:_COUNTED]
    kinds, synthetic = Counter[Kind](), 0
    made = select(ENTRIES.c.kind, ENTRIES.c.synthetic).where(ENTRIES.c.dataset.in_(hits))
    for kind, is_synthetic in connection.execute(made):
        kinds[Kind(kind)] += 1
        synthetic += is_synthetic
    rights, meters, tokens = _offered(connection, query, hits, now)
    return Facets(
        total=len(hits),
        more=len(found) > len(hits),
        kinds=_ranked(kinds),
        synthetic=synthetic,
        rights=_ranked(rights),
        meters=_ranked(meters),
        tokens=_ranked(tokens),
        genres=_trait(connection, Trait.Genre, hits),
        keys=_trait(connection, Trait.Key, hits),
    )


def _offered(
    connection: Connection, query: Query, hits: Sequence[int], now: int
) -> tuple[Counter[Right], Counter[Meter], Counter[ChecksumAddress]]:
    """Count the datasets by those of their offers that the query asks for: what is not asked for does not count."""
    of = LISTINGS.c
    statement = select(of.dataset, of.rights, of.meter, of.token).where(of.dataset.in_(hits), *offers_of(query, now))
    rights, meters, tokens = set[tuple[int, Right]](), set[tuple[int, Meter]](), set[tuple[int, str]]()
    for dataset, granted, meter, token in connection.execute(statement):
        rights.update((dataset, right) for right in Right if granted & right)
        meters.add((dataset, Meter(meter)))
        tokens.add((dataset, token))
    return (
        Counter(right for _, right in rights),
        Counter(meter for _, meter in meters),
        Counter(to_address(token) for _, token in tokens),
    )


def _trait(connection: Connection, trait: Trait, hits: Sequence[int]) -> dict[str, int]:
    counted = select(TRAITS.c.value, func.count()).where(TRAITS.c.trait == trait, TRAITS.c.dataset.in_(hits))
    ranked = counted.group_by(TRAITS.c.value).order_by(func.count().desc(), TRAITS.c.value).limit(_COMMONEST)
    return {value: count for value, count in connection.execute(ranked)}  # noqa: C416  # rows are no pairs to mypy


def _ranked(counted: Counter[T]) -> dict[T, int]:
    return dict(counted.most_common())
