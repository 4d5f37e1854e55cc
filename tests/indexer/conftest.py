"""Databases for an index: SQLite in every run, PostgreSQL in heavy ones."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from audiera.indexer.engine import open_index, upgrade, writing
from tests.support.postgres import new_postgres, postgres, postgres_server
from tests.support.shelf import empty_index, shelf

__all__ = [
    "database",
    "empty_index",
    "engine",
    "make_index",
    "new_database",
    "new_postgres",
    "postgres",
    "postgres_server",
    "shelf",
]


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
def make_index(new_database: Callable[[], str], empty_index: Path) -> Iterator[Callable[..., Engine]]:
    """Makes an index with nothing in it, at a URL or anywhere."""
    made: list[Engine] = []

    def make(url: str | None = None) -> Engine:
        made.append(open_index(url or new_database()))
        if made[-1].dialect.name == "sqlite":
            shutil.copy(empty_index, str(made[-1].url.database))
            return made[-1]
        with writing(made[-1]) as connection:
            upgrade(connection)
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def engine(make_index: Callable[[str], Engine], database: str) -> Engine:
    """An index with nothing in it."""
    return make_index(database)
