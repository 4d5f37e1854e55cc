"""A year is drawn as it is said to be, and what follows from it is what one computes by hand."""

import numpy as np
import pytest

from tests.simulation.sampled import Sampled
from tests.simulation.year import World, draw, dust, splits, waiting, worth
from tools.rollups import Call

SMALL = World(datasets=50, licensees=20, uses=100_000, days=28)


def call(gas: float) -> Call:
    return Call(gas, 1, 500, 400, 300)


def test_every_use_is_in_one_statement_whatever_the_period() -> None:
    year = draw(SMALL, (1, 7, 28))

    assert int(year.by_day.sum()) == SMALL.uses
    assert {int(it.amounts.sum()) for it in year.periods} == {int(year.by_dataset.sum())}
    assert [it.batches for it in year.periods] == sorted((it.batches for it in year.periods), reverse=True)
    for period in year.periods:
        assert len(period.amounts) == period.statements <= year.licences * (SMALL.days // period.days)
        assert period.batches <= SMALL.licensees * (SMALL.days // period.days)


def test_a_seed_is_a_year() -> None:
    first, again, other = (draw(it, (7,)) for it in (SMALL, SMALL, World(50, 20, 100_000, 28, seed=2)))

    assert first.by_dataset.tolist() == again.by_dataset.tolist() != other.by_dataset.tolist()


def test_a_use_waits_for_the_end_of_its_period() -> None:
    assert waiting(np.array([10] * 14), 1) == (0.5, 0.5)
    assert waiting(np.array([10] * 14), 7) == (3.5, 6.5)
    # Three uses on the first of two days, one on the second: (3 * 1.5 + 0.5) / 4.
    assert waiting(np.array([3, 1]), 2) == (1.25, 1.5)


def test_what_costs_more_than_its_part_is_left_out() -> None:
    # A tenth of the amount may go: 50 pays for 500 and more, which is 1,500 of 1,900.
    count, part = worth(np.array([100, 300, 500, 1_000]), 50, 0.1)

    assert count == 2
    assert part == pytest.approx(1_500 / 1_900)


def test_dust_is_what_no_share_takes() -> None:
    # 10 in thirds: 3 + 3 + 3, one is left; 1 in halves: both are left nothing.
    thirds, halves = [333_333, 333_333, 333_334], [500_000, 500_000]

    assert dust(np.array([10, 1]), [thirds, halves]) == 2
    assert all(sum(it) == 1_000_000 and min(it) > 0 for it in splits(20, 5, seed=3))


def test_statements_share_the_start_of_a_transaction() -> None:
    # Of 128 together each is 40,000, and one alone 103,500: 64,000 to start, and 39,500 each.
    sampled = Sampled(call(60_000), call(40_000), call(103_500), 1_000, call(50_000))

    assert sampled.collected(128) == 40_000
    assert sampled.collected(256) == 41_000
    assert sampled.collected(64) == 64_000 / 64 + 39_500 - 1_000
    assert sampled.collected(1) == 103_500 - 7 * 1_000
