"""Whose index it is: one that is not begun, or empty, is said to be, in any database."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.gateway.whose import ledger_of
from audiera.indexer import open_index, upgrade, writing
from tests.support.postgres import new_postgres, postgres_server

__all__ = ["new_postgres", "postgres_server"]


def begun(url: str) -> None:
    """Make the tables of an index, and nothing in them."""
    engine = open_index(url)
    with writing(engine) as connection:
        upgrade(connection)
    engine.dispose()


@pytest.mark.parametrize("is_begun", [False, True])
def test_an_index_of_nothing_is_empty(tmp_path: Path, is_begun: bool) -> None:
    with sqlite3.connect(tmp_path / "index.db"):
        pass
    url = f"sqlite:///{tmp_path}/index.db"
    if is_begun:
        begun(url)

    with pytest.raises(InputError, match="The index is empty; fill it"):
        ledger_of(url)


@pytest.mark.heavy
def test_a_database_that_nobody_has_written_to_is_an_empty_index(new_postgres: Callable[[], str]) -> None:
    """As where a gateway is started together with what follows the chain."""
    with pytest.raises(InputError, match="The index is empty; fill it"):
        ledger_of(new_postgres())
