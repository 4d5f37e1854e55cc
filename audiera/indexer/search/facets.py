"""How many of what is found are of each kind, genre, right, meter, token, key."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from eth_typing import ChecksumAddress
from sqlalchemy import Connection, func, select

from audiera.indexer.search.finding import Matches
from audiera.indexer.search.narrowing import among, offers_of, unindexed
from audiera.indexer.search.traits import Trait
from audiera.indexer.tables import ENTRIES, LISTINGS, TRAITS
from audiera.protocol import Kind, Meter, Right, to_address

__all__ = ["Facets", "count_facets"]

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


def count_facets(connection: Connection, matches: Matches) -> Facets:
    """Return how many there are on all pages, and of what; of a great many, only the newest are counted."""
    hits = matches.newest
    kinds, synthetic = Counter[Kind](), 0
    made = select(ENTRIES.c.kind, ENTRIES.c.synthetic).where(among(connection, ENTRIES.c.dataset, hits))
    for kind, is_synthetic in connection.execute(made):
        kinds[Kind(kind)] += 1
        synthetic += is_synthetic
    rights, meters, tokens = _offered(connection, matches)
    traits = _traits(connection, hits)
    return Facets(
        total=len(hits),
        more=matches.more,
        kinds=_ranked(kinds),
        synthetic=synthetic,
        rights=_ranked(rights),
        meters=_ranked(meters),
        tokens=_ranked(tokens),
        genres=dict(islice(traits[Trait.Genre].items(), _COMMONEST)),
        keys=dict(islice(traits[Trait.Key].items(), _COMMONEST)),
    )


def _offered(
    connection: Connection, matches: Matches
) -> tuple[Counter[Right], Counter[Meter], Counter[ChecksumAddress]]:
    """Count the datasets by those of their offers that the query asks for: what is not asked for does not count."""
    of = LISTINGS.c
    asked = (among(connection, of.dataset, matches.newest), *offers_of(matches.query, matches.now, of_dataset=True))
    rights, meters, tokens = defaultdict[int, int](int), set[tuple[int, int]](), set[tuple[int, str]]()
    for dataset, granted, meter, token in connection.execute(
        select(of.dataset, of.rights, of.meter, of.token).where(*asked)
    ):
        rights[dataset] |= granted
        meters.add((dataset, meter))
        tokens.add((dataset, token))
    granted_by_all = Counter(rights.values())
    return (
        Counter({right: found for right in Right if (found := _sum(granted_by_all, right))}),
        Counter(Meter(meter) for _, meter in meters),
        Counter(to_address(token) for _, token in tokens),
    )


def _sum(granted: Counter[int], right: Right) -> int:
    return sum(count for rights, count in granted.items() if rights & right)


def _traits(connection: Connection, hits: Sequence[int]) -> dict[Trait, dict[str, int]]:
    of = TRAITS.c
    found: dict[Trait, dict[str, int]] = {Trait.Genre: {}, Trait.Key: {}}
    # By dataset: by an index that begins with the trait, SQLite would look at everything that has one.
    asked = (among(connection, of.dataset, hits), unindexed(of.trait).in_(list(found)))
    counted = select(of.trait, of.value, func.count()).where(*asked).group_by(of.trait, of.value)
    for trait, value, count in connection.execute(counted.order_by(func.count().desc(), of.value)):
        found[Trait(trait)][value] = count
    return found


def _ranked(counted: Counter[T]) -> dict[T, int]:
    return dict(counted.most_common())
