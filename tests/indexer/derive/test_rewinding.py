"""What was derived and undone leaves no trace, and all can be made again from the logs alone."""

import json
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, RowMapping, delete, func, insert, select

from audiera.indexer.derive import EDITION, Deriver
from audiera.indexer.engine import writing
from audiera.indexer.follow import WINDOW
from audiera.indexer.rebuild import rebuild
from audiera.indexer.rows import GapError
from audiera.indexer.tables import BLOCKS, CHAIN, LOGS, UNDO
from audiera.text import hex_of
from tests.support.derived import Life, apply, rows

EXAMPLES = settings(max_examples=max(6, settings().max_examples // 10))
PLACES = st.floats(0, 1, exclude_max=True)
"""Where in a life: from its first block to its last."""


@pytest.fixture(scope="module")
def life(lives: Sequence[Life]) -> Life:
    return lives[0]


def at(life: Life, place: float) -> int:
    return life.blocks[int(place * len(life.blocks))]


def straight(engine: Engine, deriver: Deriver, life: Life, last: int) -> Mapping[str, Sequence[RowMapping]]:
    """The rows of one who never rewound, and had all in one batch."""
    with engine.connect() as connection, connection.begin() as transaction:
        apply(connection, deriver, life, [last])
        found = rows(connection)
        transaction.rollback()
    return found


@EXAMPLES
@given(data=st.data())
def test_rewinding_and_deriving_again_gives_the_rows_of_one_who_never_rewound(
    data: st.DataObject, life: Life, engine: Engine, deriver: Deriver
) -> None:
    places = data.draw(st.lists(st.tuples(PLACES, PLACES, PLACES), min_size=1, max_size=4))
    with engine.connect() as connection, connection.begin() as transaction:
        now = -1
        for back, cut, forth in places:
            if now >= 0:
                now = min(now, at(life, back))
                deriver.rewind(connection, now)
            ends = sorted(it for it in {at(life, cut), at(life, forth)} if it > now)
            apply(connection, deriver, life, ends, after=now)
            now = max([now, *ends])
        found = rows(connection)
        transaction.rollback()

    assert found == straight(engine, deriver, life, now)


def test_a_chain_that_is_exchanged_for_another_leaves_nothing_of_the_first(
    lives: Sequence[Life], engine: Engine, deriver: Deriver
) -> None:
    first, other = lives[:2]
    same = [it for it in first.logs if it in set(other.logs)]
    fork = same[-1].block
    assert 0 < len(same) < min(len(first.logs), len(other.logs))

    with engine.connect() as connection, connection.begin() as transaction:
        apply(connection, deriver, first, [fork + 1, first.blocks[-1]])
        deriver.rewind(connection, fork)
        apply(connection, deriver, other, [other.blocks[-1]], after=fork)
        found = rows(connection)
        transaction.rollback()

    assert found == straight(engine, deriver, other, other.blocks[-1])


def test_to_the_beginning_nothing_is_left(life: Life, engine: Engine, deriver: Deriver) -> None:
    with engine.begin() as connection:
        apply(connection, deriver, life, life.blocks[10::40])
        deriver.rewind(connection, -1)

        assert [name for name, found in rows(connection).items() if found] == []
        assert connection.scalar(select(func.count()).select_from(UNDO)) == 0


def test_images_are_kept_of_blocks_that_may_be_exchanged_and_pruned_below(
    life: Life, engine: Engine, deriver: Deriver, make_index: Callable[[], Engine]
) -> None:
    first, middle = life.blocks[-40], life.blocks[-20]
    with engine.begin() as connection:
        deriver.apply(connection, life.logs, life.times, first)

        assert connection.scalar(select(func.min(UNDO.c.block))) >= first

        deriver.prune(connection, middle)

        assert connection.scalar(select(func.min(UNDO.c.block))) >= middle
        deriver.rewind(connection, middle)
        assert connection.scalar(select(func.count()).select_from(UNDO)) == connection.scalar(
            select(func.count()).select_from(UNDO).where(UNDO.c.block == middle)
        )

        assert rows(connection) == straight(make_index(), deriver, life, middle)


def test_a_rebuild_gives_the_same_rows_and_can_be_rewound_alike(
    life: Life, engine: Engine, deriver: Deriver, make_index: Callable[[], Engine]
) -> None:
    end = life.blocks[-1]
    with writing(engine) as connection:
        with connection.begin():
            _write(connection, life)
            for first in range(0, end + 1, 150):
                last = min(first + 149, end)
                deriver.apply(connection, life.between(first, last), life.times, last - WINDOW)
                deriver.prune(connection, last - WINDOW)
            before, undo = rows(connection), _undo(connection)

        count = rebuild(connection, deriver)

        with connection.begin():
            assert count == len(life.logs)
            assert rows(connection) == before
            assert _undo(connection) == undo
            assert connection.scalar(select(CHAIN.c.rules)) == EDITION
            deriver.rewind(connection, end - 60)
            assert rows(connection) == straight(make_index(), deriver, life, end - 60)


def test_a_rebuild_that_fails_changes_nothing(life: Life, engine: Engine, deriver: Deriver) -> None:
    with writing(engine) as connection:
        with connection.begin():
            _write(connection, life)
            deriver.apply(connection, life.logs, life.times, 0)
            lost = life.logs[0]
            connection.execute(delete(LOGS).where(LOGS.c.block == lost.block, LOGS.c.log_index <= lost.index + 1))
            before = rows(connection)

        with pytest.raises(GapError, match=r"There is no \(1,\) in datasets"):
            rebuild(connection, deriver)

        with connection.begin():
            assert rows(connection) == before


def _write(connection: Connection, life: Life) -> None:
    """Writes the logs as a follower does, and beside them some of a block that was exchanged."""
    row = {"chain_id": 1, "genesis": hex_of(bytes(32)), "suite": "{}", "start": 0, "rules": 0}
    connection.execute(insert(CHAIN).values(**row, next_block=life.blocks[-1] + 1, revision=0))
    hashes = {it.block: it.block_hash for it in life.logs}
    connection.execute(
        insert(BLOCKS),
        [
            {
                "hash": _hash(hashes[number], gone),
                "number": number,
                "parent": hex_of(bytes(32)),
                "time": life.times[number],
                "orphaned": bool(gone),
            }
            for number in life.blocks
            for gone in (0, 1)
        ],
    )
    connection.execute(
        insert(LOGS),
        [
            {
                "block_hash": _hash(it.block_hash, gone),
                "log_index": it.index,
                "block": it.block,
                "transaction": hex_of(it.transaction),
                "address": it.address,
                "topics": b"".join(it.topics),
                "data": it.data,
                "orphaned": bool(gone),
            }
            for it in life.logs
            for gone in ((0, 1) if it.block % 2 else (0,))
        ],
    )


def _hash(block: bytes, gone: int) -> str:
    return hex_of(bytes([block[0] ^ gone]) + block[1:])


def _undo(connection: Connection) -> Sequence[object]:
    found = connection.execute(select(UNDO.c.block, UNDO.c.table, UNDO.c.row, UNDO.c.before))
    return sorted(((*key, before and json.loads(before)) for *key, before in found), key=lambda it: it[:3])
