"""P17 over random campaigns: no more is credited than put in, a statement weighs once, a dataset has its part once."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from eth_account.signers.local import LocalAccount
from hypothesis import given, settings
from hypothesis import strategies as st

from audiera.protocol.splits import WHOLE
from tests.support.campaigns import Sponsoring
from tests.support.chain import Chain, Deployed
from tests.support.datasets import register
from tests.support.licensing import Market
from tests.support.money import Money
from tests.support.splits import split_of
from tests.support.suite import NewAccount, Suite

Isolate = Callable[[], AbstractContextManager[None]]
Uses = list[tuple[int, int]]  # (dataset, amount) of each statement of a batch

EXAMPLES = settings(max_examples=max(5, settings().max_examples // 4))
DATASETS = range(1, 5)
AMOUNTS = st.one_of(st.just(0), st.integers(1, 9), st.integers(1, 10**21))
BATCHES = st.lists(st.lists(st.tuples(st.sampled_from(DATASETS), AMOUNTS), min_size=1, max_size=6), max_size=3)
POTS = st.lists(st.one_of(st.integers(1, 9), st.integers(1, 2**128 - 1)), max_size=3)


@pytest.fixture(scope="module")
def sponsoring(chain: Chain, suite: Suite, new_account: NewAccount) -> Sponsoring:
    owner = new_account("dataset owner")
    for _ in DATASETS:
        register(chain, suite.datasets, owner, split_of((owner, WHOLE)))
    return Sponsoring(chain, suite, new_account("sponsor"), new_account("payer"), new_account("gateway"))


@EXAMPLES
@given(batches=BATCHES, pots=POTS, data=st.data())
def test_a_pot_is_shared_out_as_uses_paid_and_never_twice(
    *, batches: list[Uses], pots: list[int], data: st.DataObject, sponsoring: Sponsoring, token: Deployed,
    isolate: Isolate,
) -> None:  # fmt: skip
    """Whoever enters what, how often, in which lists, and whoever is credited in which order, over and over."""
    with isolate():
        chain, pool, money = sponsoring.chain, sponsoring.pool, Money(sponsoring.chain, token)
        campaign, terms = sponsoring.opened(money)
        funders: list[LocalAccount] = [sponsoring.sponsor, sponsoring.payer, sponsoring.gateway]
        for funder, amount in zip(funders, pots, strict=False):
            sponsoring.fund(campaign, money, amount, funder)
        settled = [sponsoring.used(*uses, batch=number) for number, uses in enumerate(batches)]

        entered: set[tuple[int, int]] = set()
        for _ in range(data.draw(st.integers(0, 4)) if settled else 0):
            number = data.draw(st.integers(0, len(settled) - 1))
            indices = data.draw(st.lists(st.integers(0, len(batches[number]) - 1), min_size=1, max_size=8))
            new = {(number, index) for index in indices} - entered
            assert sponsoring.entry(campaign, settled[number], *indices).call() == sum(
                batches[batch][index][1] for batch, index in new
            )
            sponsoring.enter(campaign, settled[number], *indices)
            entered |= new
        weights = dict.fromkeys(DATASETS, 0)
        for batch, index in entered:
            dataset, amount = batches[batch][index]
            weights[dataset] += amount
        whole, pot = sum(weights.values()), sum(pots)
        assert {dataset: sponsoring.weight(campaign, dataset) for dataset in DATASETS} == weights
        assert pool.campaignOf(campaign).call()[5:] == (pot, whole)

        sponsoring.close(terms)
        market = Market(chain, sponsoring.suite)
        received = market.received(1, token.address)  # all four share one split
        for dataset in data.draw(st.lists(st.sampled_from(DATASETS), max_size=6)) + list(DATASETS):
            chain.send(pool.credit(campaign, dataset))
        credited = market.received(1, token.address) - received

        parts = [pot * weight // whole if whole else 0 for weight in weights.values()]
        assert credited == sum(parts) <= pot
        assert money.of(pool) == pot - credited
        assert not whole or pot - credited < len(DATASETS)
        if not whole:
            for funder in funders:
                chain.send(pool.refund(campaign, funder.address))
                chain.send(pool.refund(campaign, funder.address))
            assert money.of(pool) == 0
            assert [money.of(funder) for funder in funders[: len(pots)]] == pots
