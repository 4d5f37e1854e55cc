"""Databases for an index: SQLite in every run, PostgreSQL in heavy ones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from audiera.indexer.engine import open_index, upgrade, writing
from tests.support.postgres import new_postgres, postgres, postgres_server

__all__ = ["database", "engine", "new_database", "new_postgres", "postgres", "postgres_server"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Returns the URL of a database with nothing in it."""
    if request.param == "postgres":
        create: Callable[[], str] = request.getfixturevalue("new_postgres")
        return create
    return lambda: f"sqlite:///{tmp_path / f'{len(list(tmp_path.iterdir()))}.db'}"


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The URL of a database with nothing in it."""
    return new_database()


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An index with nothing in it."""
    made = open_index(database)
    with writing(made) as connection:
        upgrade(connection)
    yield made
    made.dispose()
