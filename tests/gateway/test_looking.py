"""A look at the index: of one version, whatever is written meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, update

from audiera.gateway.looking import Looking, Memory, MovedError, version_of
from audiera.indexer import batch, open_index, open_reader
from audiera.indexer.tables import CHAIN, METADATA

CHAIN_ID = select(CHAIN.c.chain_id)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    """One that writes to it, and one that reads."""
    url = f"sqlite:///{tmp_path / 'index.db'}"
    writer = open_index(url)
    row = {"chain_id": 1, "genesis": "", "suite": "{}", "start": 0, "next_block": 5, "revision": 0, "rules": 1}
    with batch(writer) as connection:
        METADATA.create_all(connection)
        connection.execute(insert(CHAIN).values(row))
    reader = open_reader(url, 0.05)
    yield writer, reader
    reader.dispose()
    writer.dispose()


def move_on(writer: Engine) -> None:
    with batch(writer) as connection:
        connection.execute(update(CHAIN).values(next_block=CHAIN.c.next_block + 1, chain_id=CHAIN.c.chain_id + 1))


def test_what_is_in_memory_needs_no_transaction_and_what_is_not_is_read_in_one(index: tuple[Engine, Engine]) -> None:
    memory = Memory()
    with index[1].connect() as connection:
        first = Looking(connection, memory)
        found = first.rows(CHAIN_ID)
        raw = connection.connection.driver_connection
        within = raw.in_transaction  # type: ignore[union-attr]

    with index[1].connect() as connection:
        second = Looking(connection, memory)
        again = second.rows(CHAIN_ID)
        raw = connection.connection.driver_connection
        without = raw.in_transaction  # type: ignore[union-attr]

    assert ([it.chain_id for it in found], first.version, within) == ([1], (5, 0), True)
    assert (again is found, second.version, without) == (True, (5, 0), False)


def test_a_look_at_an_index_that_moves_on_before_it_reads_is_begun_again(index: tuple[Engine, Engine]) -> None:
    writer, reader = index
    memory = Memory()
    with reader.connect() as connection:
        look = Looking(connection, memory)
        move_on(writer)
        with pytest.raises(MovedError):
            look.rows(CHAIN_ID)

    with reader.connect() as connection:
        look = Looking(connection, memory)
        assert (look.version, [it.chain_id for it in look.rows(CHAIN_ID)]) == ((6, 0), [2])
        move_on(writer)
        assert connection.execute(select(CHAIN.c.next_block)).scalar_one() == 6


def test_time_that_one_who_read_had_is_not_the_next_one_s(index: tuple[Engine, Engine]) -> None:
    _, reader = index
    with reader.connect() as connection:
        connection.execute(CHAIN_ID).all()
    time.sleep(0.1)

    with reader.connect() as connection:
        found = {version_of(connection) for _ in range(2_000)}

    assert found == {(5, 0)}
