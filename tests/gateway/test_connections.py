"""Connections that threads hand on: the same one again, as long as it is as good as one that the pool gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, QueuePool, text

from audiera.gateway import connections as module
from audiera.gateway.connections import Connections
from audiera.indexer import open_index


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_index(f"sqlite:///{tmp_path / 'some.db'}")
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE things (name TEXT)"))
    yield made
    made.dispose()


@pytest.fixture
def kept(engine: Engine) -> Iterator[Connections]:
    made = Connections(engine.connect)
    yield made
    made.close()


def out(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


def driver_of(connection: Connection) -> Any:  # noqa: ANN401
    return connection.connection.driver_connection


def use(kept: Connections) -> Connection:
    with kept.one() as connection:
        return connection


def test_the_next_thread_gets_the_connection_of_the_one_before(engine: Engine, kept: Connections) -> None:
    assert use(kept) is use(kept)
    assert out(engine) == 1


def test_two_at_the_same_time_get_one_each_and_four_at_most_are_kept(engine: Engine, kept: Connections) -> None:
    holding = [kept.one() for _ in range(6)]
    assert len({id(it.__enter__()) for it in holding}) == 6
    for it in holding:
        it.__exit__(None, None, None)

    assert out(engine) == 4


def test_what_was_not_used_for_a_second_goes_back_to_the_pool_which_gives_another(
    engine: Engine, kept: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = use(kept)
    monkeypatch.setattr(module, "_FRESH", 0.0)

    second = use(kept)

    assert second is not first
    assert (first.closed, out(engine)) == (True, 1)


def test_what_fails_is_kept_for_nobody(engine: Engine, kept: Connections) -> None:
    with pytest.raises(ValueError, match="no"), kept.one() as connection:
        raise ValueError("no")

    assert (connection.closed, out(engine)) == (True, 0)


def test_a_connection_that_broke_after_its_last_answer_is_left_without_a_word(
    engine: Engine, kept: Connections
) -> None:
    with kept.one() as connection:
        driver_of(connection).close()

    assert (connection.closed, out(engine)) == (True, 0)
    with kept.one() as again:
        assert again.execute(text("SELECT 1")).scalar() == 1


def test_a_connection_in_a_transaction_goes_back_to_the_pool(engine: Engine, kept: Connections) -> None:
    with kept.one() as connection:
        connection.execute(text("INSERT INTO things VALUES ('one')"))

    assert (connection.closed, out(engine)) == (True, 0)
    with kept.one() as connection:
        assert connection.execute(text("SELECT * FROM things")).all() == []


def test_a_transaction_that_a_driver_began_by_itself_is_taken_back(kept: Connections) -> None:
    with kept.one() as connection:
        driver_of(connection).execute("BEGIN")
        driver_of(connection).execute("INSERT INTO things VALUES ('one')")

    with kept.one() as again:
        assert again is connection
        assert not driver_of(again).in_transaction
        assert driver_of(again).execute("SELECT * FROM things").fetchall() == []


def test_a_transaction_that_ended_leaves_a_connection_to_keep(kept: Connections) -> None:
    with kept.one() as connection, connection.begin():
        connection.execute(text("INSERT INTO things VALUES ('one')"))

    assert use(kept) is connection


def test_closing_gives_back_what_nobody_uses(engine: Engine, kept: Connections) -> None:
    use(kept)

    kept.close()

    assert out(engine) == 0
