"""Sharing out: from the close on, each dataset's account is credited its part of the pot, once. P17."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from eth_account.signers.local import LocalAccount

from audiera.errors import RevertError
from audiera.protocol.ids import ETHER
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import WHOLE, move_share, payee_of
from tests.support.campaigns import Batch, Sponsoring
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import Market
from tests.support.money import Money
from tests.support.relay import relayed
from tests.support.splits import shares_of
from tests.support.usage import Book, make_line


def test_each_dataset_is_credited_as_its_uses_paid(
    chain: Chain, incentives: Deployed, splitter: Deployed, sponsoring: Sponsoring, market: Market,
    stranger: LocalAccount, datasets_: list[int], money: Money,
) -> None:  # fmt: skip
    """AUD-P3"""
    campaign, terms = sponsoring.opened(money, pot=1_000)
    sponsoring.enter(campaign, sponsoring.used(*zip(datasets_, (10, 20, 70), strict=True)))
    sponsoring.close(terms)
    left = 1_000

    for dataset, part in zip(reversed(datasets_), (700, 200, 100), strict=True):
        call = incentives.credit(campaign, dataset)
        assert call.call() == part
        sent = chain.send(call, stranger)
        left -= part
        account = market.account(dataset)
        rewarded = incentives.event("RewardCredited", campaign=campaign, dataset=dataset, amount=part)
        assert sent.of(incentives) == [rewarded]
        credited = splitter.event(
            "Credited",
            account=account,
            splitId=splitter.splitOf(account).call(),
            token=money.address,
            payer=incentives.address,
            amount=part,
        )
        assert sent.of(splitter) == [credited]
        assert incentives.weightOf(campaign, dataset).call() == [part // 10, True]
        assert market.received(dataset, money.address) == part
        assert money.of(incentives) == left

    assert money.of(splitter) == 1_000
    assert incentives.campaignOf(campaign).call()[5:] == (1_000, 100)  # what was put in and entered stays known


@pytest.mark.parametrize("early", [1, 0], ids=["the second before", "the second itself"])
def test_nothing_is_shared_out_before_the_close(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, dataset: int, early: int
) -> None:
    """AUD-P3, AUD-A45"""
    campaign, terms = sponsoring.opened(pot=1_000)
    sponsoring.enter(campaign, sponsoring.used((dataset, 10)))
    chain.at_time(at := terms.closes_at - early)

    if early:
        with reverts("Pool_NotClosed", campaign=campaign, closesAt=terms.closes_at, time=at):
            chain.send(incentives.credit(campaign, dataset))
    else:
        chain.send(incentives.credit(campaign, dataset))

    assert market.received(dataset) == (0 if early else 1_000)
    assert incentives.weightOf(campaign, dataset).call() == [10, not early]


def test_a_dataset_is_credited_once(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, datasets_: list[int], money: Money
) -> None:
    """AUD-P3, AUD-A23: P17. A second time pays nothing, though others' parts and pots are there."""
    campaign, terms = sponsoring.opened(money, pot=1_000)
    sponsoring.opened(money, pot=5_000)
    sponsoring.enter(campaign, sponsoring.used(*((dataset, 10) for dataset in datasets_)))
    sponsoring.close(terms)
    call = incentives.credit(campaign, datasets_[0])
    chain.send(call)

    assert call.call() == 0
    assert chain.send(call).events == []
    chain.send(incentives.multicall([call._encode_transaction_data()] * 3))

    assert market.received(datasets_[0], money.address) == 333
    assert money.of(incentives) == 6_000 - 333


def test_parts_are_rounded_down_and_the_rest_stays(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, datasets_: list[int]
) -> None:
    campaign, terms = sponsoring.opened(pot=101)
    sponsoring.enter(campaign, sponsoring.used(*zip(datasets_, (1, 1, 1), strict=True)))
    sponsoring.close(terms)

    for dataset in datasets_:
        chain.send(incentives.credit(campaign, dataset))

    assert [market.received(dataset) for dataset in datasets_] == [33, 33, 33]
    assert chain.ether(incentives) == 2


def test_a_part_that_rounds_to_nothing_credits_nobody(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, datasets_: list[int]
) -> None:
    """No event either, and nobody is marked as credited."""
    campaign, terms = sponsoring.opened(pot=9)
    sponsoring.enter(campaign, sponsoring.used(*zip(datasets_, (1, 9, 0), strict=True)))
    sponsoring.close(terms)
    small, large, free = datasets_

    for dataset in (small, free):
        call = incentives.credit(campaign, dataset)
        assert call.call() == 0
        assert chain.send(call).events == []
    chain.send(incentives.credit(campaign, large))

    assert [market.received(dataset) for dataset in datasets_] == [0, 8, 0]
    weights = [incentives.weightOf(campaign, dataset).call() for dataset in datasets_]
    assert weights == [[1, False], [9, True], [0, False]]


def test_a_dataset_without_weight_is_credited_nothing(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, datasets_: list[int]
) -> None:
    """Used elsewhere, or not at all, or not even there."""
    campaign, terms = sponsoring.opened(pot=1_000)
    sponsoring.enter(campaign, sponsoring.used((datasets_[0], 10)))
    sponsoring.close(terms)

    for dataset in (datasets_[1], datasets_[2] + 1, 0, 2**32 - 1):
        call = incentives.credit(campaign, dataset)
        assert call.call() == 0
        assert chain.send(call).events == []
    assert chain.ether(incentives) == 1_000


def test_an_empty_pot_credits_nobody(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, dataset: int, money: Money
) -> None:
    campaign, terms = sponsoring.opened(money)
    sponsoring.enter(campaign, sponsoring.used((dataset, 10)))
    sponsoring.close(terms)

    assert chain.send(incentives.credit(campaign, dataset)).events == []


@pytest.mark.parametrize("weights", [(1, 2**128 - 1), (2**127, 2**127 - 1), (3, 7)])
def test_parts_are_exact_however_large(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, payer: LocalAccount,
    gateway: LocalAccount, datasets_: list[int], weights: tuple[int, int],
) -> None:  # fmt: skip
    """The product of pot and weight exceeds a word; the quotient never does."""
    paid, money = chain.deploy("MockToken", "PAID", 0), Money(chain, chain.deploy("MockToken", "BIG", 0))
    terms = sponsoring.terms(money, token=paid.address)
    campaign = sponsoring.open(terms)
    pot = 0
    for _ in range(3):
        sponsoring.fund(campaign, money, 2**128 - 1)
        pot += 2**128 - 1
    for number, (dataset, weight) in enumerate(zip(datasets_, weights, strict=False)):
        book = Book.of(make_line(1, dataset, amount=weight))
        batch = Batch(*sponsoring.metering.settled(book, payer, gateway, paid, batch=number), book)
        sponsoring.enter(campaign, batch)
    sponsoring.close(terms)

    for dataset in datasets_[:2]:
        chain.send(incentives.credit(campaign, dataset))

    parts = [pot * weight // sum(weights) for weight in weights]
    assert [market.received(dataset, money.address) for dataset in datasets_[:2]] == parts
    assert money.of(incentives) == pot - sum(parts) < 2


def test_a_reward_belongs_to_the_split_of_the_time_it_is_credited(
    chain: Chain, incentives: Deployed, splitter: Deployed, datasets: Deployed, sponsoring: Sponsoring,
    market: Market, owner: LocalAccount, stranger: LocalAccount, dataset: int,
) -> None:  # fmt: skip
    """The account may be assigned anew after the close: nobody's part is fixed but the dataset's."""
    campaign, terms = sponsoring.opened(pot=1_000)
    sponsoring.enter(campaign, sponsoring.used((dataset, 10)))
    sponsoring.close(terms)
    split = market.split(dataset, owner)
    chain.send(datasets.moveShare(dataset, shares_of(split), payee_of(stranger.address)), owner)

    sent = chain.send(incentives.credit(campaign, dataset))

    moved = move_share(split, payee_of(owner.address), payee_of(stranger.address))
    assert sent.of(splitter)[0].fields["splitId"] == moved.id() != split.id()
    assert splitter.receivedOf(split.id(), ETHER).call() == 0


def test_a_dataset_registered_after_the_settlement_is_rewarded(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, owner: LocalAccount, dataset: int
) -> None:
    """Its account is assigned only then; what counts is that it is there when its use is entered."""
    campaign, terms = sponsoring.opened(pot=1_000)
    batch = sponsoring.used((dataset, 10), (dataset + 1, 30))
    late = market.dataset(owner)
    sponsoring.enter(campaign, batch)
    sponsoring.close(terms)

    chain.send(incentives.credit(campaign, late))

    assert market.received(late) == 750


def test_a_derived_datasets_reward_is_shared_with_its_parents(
    chain: Chain, incentives: Deployed, splitter: Deployed, sponsoring: Sponsoring, market: Market,
    owner: LocalAccount, dataset: int,
) -> None:  # fmt: skip
    """As any money of its account: the pool knows no payees."""
    parents = [Parent(dataset, 400_000)]
    child = market.dataset(owner, parents=parents)
    campaign, terms = sponsoring.opened(pot=1_000)
    sponsoring.enter(campaign, sponsoring.used((child, 10)))
    sponsoring.close(terms)

    chain.send(incentives.credit(campaign, child))

    split = splitter.splitOf(market.account(child)).call()
    account = market.account(dataset)
    assert splitter.owedOf(split, ETHER, account, 400_000).call() == 1_000 * 400_000 // WHOLE


def test_campaigns_pay_from_their_own_pots(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, datasets_: list[int], money: Money
) -> None:
    """The same statements in two campaigns of one token: each shares out what was put into it."""
    (first, _), (second, last) = sponsoring.opened(money, pot=100), sponsoring.opened(money, pot=3_000)
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))
    sponsoring.enter(first, batch, 0)
    sponsoring.enter(second, batch)
    sponsoring.close(last)

    for campaign in (first, second):
        for dataset in datasets_:
            chain.send(incentives.credit(campaign, dataset))

    assert [market.received(dataset, money.address) for dataset in datasets_] == [1_100, 1_000, 1_000]
    assert money.of(incentives) == 0


def test_a_reward_that_cannot_be_paid_waits(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, dataset: int
) -> None:
    """Trust: the issuer of a token freezes it for everybody; nothing is marked that was not paid."""
    coin = chain.deploy("BlocklistToken")
    money = Money(chain, coin)
    campaign, terms = sponsoring.opened(money, pot=1_000)
    sponsoring.enter(campaign, sponsoring.used((dataset, 10)))
    sponsoring.close(terms)
    chain.send(coin.setBlocked(incentives.address, True))

    with reverts("TransferFailed"):
        chain.send(incentives.credit(campaign, dataset))
    assert incentives.weightOf(campaign, dataset).call() == [10, False]
    chain.send(coin.setBlocked(incentives.address, False))
    chain.send(incentives.credit(campaign, dataset))

    assert market.received(dataset, coin.address) == 1_000


def test_little_gas_forfeits_no_reward(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, dataset: int,
    isolate: Callable[[], AbstractContextManager[None]],
) -> None:  # fmt: skip
    """AUD-A13: The splitter is never called in try/catch: too little gas, wherever it runs out, undoes everything."""
    money = Money(chain, chain.deploy("MockToken", "USDC", 6))
    campaign, terms = sponsoring.opened(money, pot=1_000)
    sponsoring.enter(campaign, sponsoring.used((dataset, 10)))
    sponsoring.close(terms)
    call = incentives.credit(campaign, dataset)
    with isolate():
        enough = chain.send(call).gas

    for gas in range(30_000, enough - 5_000, 5_000):
        with pytest.raises(RevertError):
            chain.send(call, gas=gas)
        assert incentives.weightOf(campaign, dataset).call() == [10, False]
    chain.send(call)

    assert market.received(dataset, money.address) == 1_000


def test_a_relayed_credit_is_anybodys(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, owner: LocalAccount,
    stranger: LocalAccount, dataset: int,
) -> None:  # fmt: skip
    campaign, terms = sponsoring.opened(pot=1_000)
    sponsoring.enter(campaign, sponsoring.used((dataset, 10)))
    sponsoring.close(terms)

    chain.send(relayed(chain, incentives, owner, incentives.credit(campaign, dataset)), stranger)

    assert market.received(dataset) == 1_000
