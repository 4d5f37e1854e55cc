"""So many hours, for little: against every other choice."""

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from audiera.consumer import Candidate, Need, Version, Way, pick
from audiera.protocol import Item, Metadata, Meter, TableRow
from tests.support.terms import plain_terms

TERMS = plain_terms(meter=Meter.Second, unit_price=1)


def candidate(dataset: int, price: int, lengths: list[int], *, whole: bool = True, unit_price: int = 0) -> Candidate:
    """A dataset with items of so many milliseconds."""
    rows = tuple(
        TableRow(
            Item(sha256=bytes([dataset, at]) * 16, size=1, duration_ms=it, metadata=bytes(32)),
            Metadata(path=f"{at}.flac", media_type="audio/flac"),
        )
        for at, it in enumerate(lengths)
    )
    version = Version(dataset, 1, "", bytes(32), b"", b"", rows)
    terms = replace(TERMS, unit_price=unit_price)
    units = 1 if whole else sum(-(-it // 1_000) for it in lengths)
    way = Way(dataset=dataset, source=dataset, license=0, terms=terms, price=price, whole=whole, units=units)
    return Candidate(Need(version, rows), way)


def test_what_costs_least_an_hour_comes_first_and_of_the_last_only_what_it_takes() -> None:
    dear = candidate(1, 0, [5_000] * 4, whole=False, unit_price=9)
    cheap = candidate(2, 10, [60_000])

    found = pick([dear, cheap], 67_000)

    assert [(it.way.dataset, len(it.need.rows), it.cost) for it in found] == [(2, 1, 10), (1, 2, 90)]


def test_the_items_of_a_part_are_those_that_cost_least_a_second_in_their_order() -> None:
    short = candidate(1, 0, [1_001, 4_000, 1_500, 4_000], whole=False, unit_price=1)  # a begun second costs as one

    (found,) = pick([short], 8_000)

    assert [it.item.duration_ms for it in found.need.rows] == [4_000, 4_000]


def test_one_dataset_that_is_enough_is_not_joined_by_a_cheaper_one_that_is_not() -> None:
    found = pick([candidate(1, 1, [900]), candidate(2, 100, [90_000])], 90_000)

    assert [it.way.dataset for it in found] == [2]


def test_too_little_is_nothing() -> None:
    assert pick([candidate(1, 1, [900])], 901) == ()


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=7),
    st.integers(1, 90),
)
def test_what_is_used_as_a_whole_costs_at_most_twice_the_least(offers: list[tuple[int, int]], wanted: int) -> None:
    market = [candidate(at, price, [length]) for at, (price, length) in enumerate(offers, 1)]

    found = pick(market, wanted)

    enough = [
        sum(it.cost for it in some)
        for count in range(1, len(market) + 1)
        for some in combinations(market, count)
        if sum(it.length_ms for it in some) >= wanted
    ]
    assert bool(found) == bool(enough)
    if found:
        assert sum(it.length_ms for it in found) >= wanted
        assert min(enough) <= sum(it.cost for it in found) <= 2 * min(enough)
