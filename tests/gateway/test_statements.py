"""Statements that the database's driver carries out itself: as SQLAlchemy would, and they fail as its do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, bindparam, create_engine, insert, literal, select, text, update
from sqlalchemy.exc import DBAPIError

from audiera.gateway.statements import Statement
from audiera.gateway.tables import LINES, METADATA
from audiera.indexer import batch, open_index
from tests.support.postgres import new_postgres, postgres_server

__all__ = ["new_postgres", "postgres_server"]

ROW = {
    "batch": "0x" + "ab" * 32,
    "license": 7,
    "dataset": 2,
    "units": 3,
    "calls": 1,
    "amount": 2**200 + 1,
    "peaks": b"\x00\x01",
    "counted": True,
}
COUNTED = select(LINES).where(LINES.c.batch == bindparam("batch"), LINES.c.license == 7, LINES.c.counted.is_(True))
GROWN = update(LINES).where(LINES.c.batch == bindparam("of_batch"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'some.db'}"
    if request.param == "postgres":
        create: Callable[[], str] = request.getfixturevalue("new_postgres")
        url = create()
    made = open_index(url)
    with batch(made) as connection:
        METADATA.create_all(connection)
    yield made
    made.dispose()


def test_a_row_is_written_and_read_as_sqlalchemy_does(engine: Engine) -> None:
    begin, grow, look = Statement(insert(LINES)), Statement(GROWN), Statement(COUNTED)

    with batch(engine) as connection:
        written = begin.change(connection, ROW)
        grown = grow.change(connection, {"of_batch": ROW["batch"], "amount": 2**250, "units": 4})
        none = grow.change(connection, {"of_batch": "0x" + "cd" * 32, "amount": 1, "units": 1})
    with engine.connect() as connection:
        found = look.row(connection, {"batch": ROW["batch"]})
        missing = look.row(connection, {"batch": "0x" + "cd" * 32})
    with engine.connect() as connection:
        same = connection.execute(COUNTED, {"batch": ROW["batch"]}).one()

    assert (written, grown, none, missing) == (1, 1, 0, None)
    assert found._asdict() == {**ROW, "amount": 2**250, "units": 4} == same._asdict()


def test_what_the_database_refuses_is_refused_as_by_sqlalchemy(engine: Engine) -> None:
    begin = Statement(insert(LINES))
    with batch(engine) as connection:
        begin.change(connection, ROW)

    with pytest.raises(DBAPIError), batch(engine) as connection:
        begin.change(connection, ROW)


@pytest.mark.heavy
def test_a_connection_that_broke_is_left_and_those_that_wait_with_it(new_postgres: Callable[[], str]) -> None:
    url, look = new_postgres(), Statement(select(literal(1).label("one")))
    engine, other = open_index(url), create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as first, engine.connect() as second:
        assert [look.row(it, {}).one for it in (first, second)] == [1, 1]
    with other.begin() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))

    with pytest.raises(DBAPIError), engine.connect() as broken:
        look.row(broken, {})

    for _ in range(2):
        with engine.connect() as whole:
            assert look.row(whole, {}).one == 1
    engine.dispose()
    other.dispose()
