"""Random lives of the whole suite: the derived tables say what the contracts answer."""

from collections.abc import Callable
from random import Random

from sqlalchemy import Engine

from audiera.indexer.derive import Deriver
from tests.support.chain import Chain
from tests.support.derived import answers, apply, life_of
from tests.support.suite import Suite


def test_every_derived_number_is_what_the_contracts_answer(
    chain: Chain, suite: Suite, live: Callable[[Callable[[], object]], None], engine: Engine, deriver: Deriver
) -> None:
    asked = []

    def check() -> None:
        life = life_of(chain, suite)
        with engine.connect() as connection, connection.begin() as transaction:
            apply(connection, deriver, life, sorted({*Random(1).sample(life.blocks, 9), life.blocks[-1]}))
            asked.append(answers(chain, suite, connection))
            transaction.rollback()

    live(check)

    assert sum(asked) > 1_000
