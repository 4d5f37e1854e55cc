"""The catalogue: every dataset, found by its words, by what it is and by what may be done with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Final, Self

from sqlalchemy import select

from audiera.explorer.asked import Reading
from audiera.explorer.offered import Offered, offers_of
from audiera.explorer.searched import Chosen, chosen_of, query_of, rights_value
from audiera.explorer.view import View
from audiera.explorer.words import KINDS, METERS, RIGHTS
from audiera.indexer.search import Facets, Hit, Query, count_facets, find, match
from audiera.indexer.tables import DATASETS
from audiera.protocol import Kind

__all__ = ["Entry", "Facet", "HomeView"]

_PAGE: Final = 20
_COMMONEST: Final = 12
"""Genres, keys and tokens that are shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A dataset in the catalogue."""

    id: int
    name: str | None
    people: tuple[str, ...]
    owner: str
    kind: Kind
    synthetic: bool
    items: int
    length_ms: int
    registered_at: int
    content_root: str
    offers: int
    """How many licences anyone may take, of those that are asked for."""
    cheapest: Offered | None
    """Of those, the one with the lowest price; of several tokens, in the first."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to narrow the list, and how many datasets would be left."""

    key: str
    value: str
    """What the query string has to say."""
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class HomeView(View):
    """The catalogue, narrowed by what is asked."""

    TABLES: ClassVar[tuple[str, ...]] = ("datasets", "facets")

    text: str
    """The words that are searched."""
    chosen: tuple[Chosen, ...]
    order: str
    total: int
    """Datasets that fit, on all pages, as far as they are counted."""
    more: bool
    """Whether there are more than are counted: all counts are of the newest then."""
    datasets: tuple[Entry, ...]
    facets: tuple[Facet, ...]
    after: str | None
    """The cursor of the next page; None on the last."""

    @property
    def title(self) -> str:
        """What the page is called."""
        return "Music data, with its rights"

    @property
    def summary(self) -> str:
        """What it says."""
        return "Find music data for AI: what it is, what may be done with it, for how much, and who is paid."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the page of the catalogue that is asked for.

        Raises:
            RefusalError: the question cannot be read.
        """
        query = query_of(reading.asked, reading.tokens, _PAGE)
        matches = match(reading.connection, query, reading.index.at)
        found = find(reading.connection, matches)
        counted = count_facets(reading.connection, matches)
        return cls(
            index=reading.index,
            text=query.text,
            chosen=chosen_of(reading.asked, query, reading.tokens),
            order=query.ordered.value,
            total=counted.total,
            more=counted.more,
            datasets=_entries(reading, found.hits),
            facets=tuple(_facets(reading, query, counted)),
            after=found.after or None,
        )


def _entries(reading: Reading, hits: tuple[Hit, ...]) -> tuple[Entry, ...]:
    ids = [hit.dataset for hit in hits]
    rows = {row.id: row for row in reading.connection.execute(select(DATASETS).where(DATASETS.c.id.in_(ids)))}
    offers = offers_of(reading, ids, to_anyone=True)
    entries = []
    for hit in hits:
        asked_for = {(it.source, it.terms) for it in hit.listings}
        public = [it for it in offers[hit.dataset] if (it.dataset, it.conditions.terms) in asked_for]
        entries.append(
            Entry(
                id=hit.dataset,
                name=hit.name or None,
                people=hit.people,
                owner=rows[hit.dataset].owner,
                kind=hit.kind,
                synthetic=hit.synthetic,
                items=hit.item_count,
                length_ms=hit.duration_ms,
                registered_at=hit.registered_at,
                content_root=rows[hit.dataset].content_root,
                offers=len(public),
                cheapest=public[0] if public else None,
            )
        )
    return tuple(entries)


def _facets(reading: Reading, query: Query, counted: Facets) -> Iterable[Facet]:
    """Yield what may be asked besides: of a key that is asked already only the rights, of which an offer has many."""
    for right, words in RIGHTS.items():
        if counted.rights.get(right) and not query.rights & right:
            yield Facet("right", rights_value(query.rights | right), words[0], counted.rights[right])
    if query.kind is None:
        yield from (Facet("kind", it.name.lower(), KINDS[it], count) for it, count in counted.kinds.items())
    if query.synthetic is None and 0 < counted.synthetic < counted.total:
        yield Facet("synthetic", "no", "not synthetic", counted.total - counted.synthetic)
        yield Facet("synthetic", "yes", "synthetic", counted.synthetic)
    if query.token is None:
        tokens = islice(counted.tokens.items(), _COMMONEST)
        yield from (Facet("token", it, reading.tokens.name(it), count) for it, count in tokens)
    if query.meter is None:
        meters = counted.meters.items()
        yield from (Facet("meter", it.name.lower(), f"by the {METERS[it]}", count) for it, count in meters)
    for key, asked, counts in (("genre", query.genre, counted.genres), ("key", query.key, counted.keys)):
        if not asked:
            yield from (Facet(key, it, it, count) for it, count in islice(counts.items(), _COMMONEST))
