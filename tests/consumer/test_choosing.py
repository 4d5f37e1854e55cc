"""The cheapest set of licences, against every other one."""

from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from audiera.consumer import Way
from audiera.consumer.choosing import choose
from audiera.protocol import TermsFlag
from tests.support.terms import plain_terms

TERMS = plain_terms(flags=TermsFlag.Revocable)
CATALOGUES = (90, 91, 92)


def way(dataset: int, source: int, price: int, cost: int, *, license: int = 0) -> Way:  # noqa: A002
    """A way whose uses come to `cost`."""
    return Way(
        dataset=dataset,
        source=source,
        license=license,
        terms=replace(TERMS, unit_price=1),
        price=price,
        whole=False,
        units=cost,
    )


def total(ways: tuple[Way, ...]) -> int:
    prices = {it.bought: it.price for it in ways if it.bought}
    return sum(it.cost for it in ways) + sum(prices.values())


def test_a_catalogue_is_taken_where_it_costs_less_than_its_members_alone() -> None:
    alone = {it: [way(it, it, 10, 1), way(it, 90, 25, 1)] for it in (1, 2, 3)}

    found = choose(list(alone), alone)

    assert {it.source for it in found} == {90}
    assert total(found) == 25 + 3


def test_a_licence_that_is_held_costs_nothing_more() -> None:
    found = choose([1], {1: [way(1, 1, 10, 1), way(1, 1, 0, 1, license=7)]})

    assert [it.license for it in found] == [7]


@st.composite
def markets(draw: st.DrawFn) -> dict[int, list[Way]]:
    """A few datasets, some on offer alone, some in catalogues, at any prices."""
    prices = {it: draw(st.integers(0, 30)) for it in CATALOGUES}
    found = {}
    for dataset in range(1, draw(st.integers(1, 4)) + 1):
        ways = [way(dataset, it, prices[it], draw(st.integers(0, 9))) for it in CATALOGUES if draw(st.booleans())]
        if not ways or draw(st.booleans()):
            ways.append(way(dataset, dataset, draw(st.integers(0, 20)), draw(st.integers(0, 9))))
        found[dataset] = ways
    return found


@given(markets())
def test_no_other_set_costs_less(market: dict[int, list[Way]]) -> None:
    found = choose(list(market), market)

    assert total(found) == min(total(some) for some in product(*market.values()))
