"""Hostile reward tokens and receivers: whatever they try, they harm only the campaigns that chose them."""

import pytest
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.ids import ETHER
from tests.support.campaigns import Campaign, Sponsoring
from tests.support.chain import Chain, Deployed, reverts
from tests.support.codec import decode_revert
from tests.support.licensing import Market
from tests.support.money import Money
from tests.support.usage import Book, make_line


def outcome(hostile: Deployed) -> str:
    """What came of the attempt: the error's name, or "succeeded"."""
    assert hostile.attempts().call() == 1
    return "succeeded" if hostile.succeeded().call() else decode_revert(hostile.result().call()).name


def plan(chain: Chain, hostile: Deployed, target: Deployed, call: ContractFunction) -> None:
    chain.send(hostile.plan(target.address, call._encode_transaction_data()))


@pytest.mark.parametrize("inner", ["fund", "credit", "refund"])
@pytest.mark.parametrize("outer", ["fund", "credit", "refund"])
def test_no_money_moves_within_the_transfer_of_a_reward(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, dataset: int, outer: str,
    inner: str,
) -> None:  # fmt: skip
    """AUD-A16: Vouchers: reentry. Not into another campaign either, which holds ETH."""
    coin = chain.deploy("ReentrantToken")
    money = Money(chain, coin)
    campaign, _ = sponsoring.opened(money, pot=100)
    closed, last = sponsoring.opened(pot=1_000)
    if outer == "credit":
        sponsoring.enter(campaign, sponsoring.used((dataset, 10)))
    calls = {
        "fund": incentives.fund(campaign, 1),
        "credit": incentives.credit(closed, dataset),
        "refund": incentives.refund(closed, sponsor.address),
    }
    if outer != "fund":
        sponsoring.close(last)
    plan(chain, coin, incentives, calls[inner])

    if outer == "fund":
        sponsoring.fund(campaign, money, 5)
    elif outer == "credit":
        chain.send(incentives.credit(campaign, dataset))
    else:
        chain.send(incentives.refund(campaign, sponsor.address))

    assert outcome(coin) == "Reentrancy"
    assert money.of(incentives) == (105 if outer == "fund" else 0)
    assert chain.ether(incentives) == 1_000


@pytest.mark.parametrize("inner", ["open", "enter"])
def test_what_moves_no_money_may_happen_within(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, dataset: int, inner: str
) -> None:
    """It changes nothing of what is being put in."""
    coin = chain.deploy("ReentrantToken")
    money = Money(chain, coin)
    campaign, _ = sponsoring.opened(money, pot=100)
    batch = sponsoring.used((dataset, 10))
    calls = {"open": incentives.open(sponsoring.terms().values()), "enter": sponsoring.entry(campaign, batch, 0)}
    plan(chain, coin, incentives, calls[inner])

    sponsoring.fund(campaign, money, 5)

    assert outcome(coin) == "succeeded"
    assert incentives.campaignOf(campaign).call()[5:] == (105, 10 if inner == "enter" else 0)


def test_a_funder_that_reenters_has_its_own_back_once(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring
) -> None:
    receiver = chain.deploy("ReentrantReceiver")
    chain.rpc("anvil_setBalance", receiver.address, hex(60))
    campaign, terms = sponsoring.opened(pot=1_000)
    sponsoring.fund(campaign, Money(chain), 60, receiver)
    sponsoring.close(terms)
    call = incentives.refund(campaign, receiver.address)
    plan(chain, receiver, incentives, call)

    chain.send(call)

    assert outcome(receiver) == "Reentrancy"
    assert chain.ether(receiver) == 60
    assert chain.ether(incentives) == 1_000


@pytest.mark.parametrize("way", ["pay", "credit"])
def test_a_reward_pays_nobody_else_on_its_way(
    chain: Chain, incentives: Deployed, splitter: Deployed, sponsoring: Sponsoring, market: Market, dataset: int,
    way: str,
) -> None:  # fmt: skip
    """The token is called while the splitter asks the pool for it, and pays itself an account: what arrives is counted
    for the one whose call it is.
    """
    coin = chain.deploy("ReentrantToken")
    money = Money(chain, coin)
    campaign, terms = sponsoring.opened(money, pot=100)
    sponsoring.enter(campaign, sponsoring.used((dataset, 10)))
    sponsoring.close(terms)
    account = market.account(dataset)
    calls = {
        "pay": splitter.pay(account, coin.address, 100),
        "credit": splitter.creditOne(account, coin.address, 100, b""),
    }
    plan(chain, coin, splitter, calls[way])

    chain.send(incentives.credit(campaign, dataset))

    assert outcome(coin) == "Reentrancy"
    assert market.received(dataset, coin.address) == 100


def test_a_reward_that_shrinks_harms_only_its_own_campaigns(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, datasets_: list[int]
) -> None:
    """Splits: rebasing. The last to be credited bears it; ETH and other tokens never answer for it."""
    coin = chain.deploy("RebasingToken")
    campaign, _ = sponsoring.opened(Money(chain, coin), pot=100)
    other, last = sponsoring.opened(pot=1_000)
    batch = sponsoring.used((datasets_[0], 10), (datasets_[1], 10))
    for each in (campaign, other):
        sponsoring.enter(each, batch)
    sponsoring.close(last)
    chain.send(coin.rebase(50))

    with reverts("Splitter_NotReceived", token=coin.address, expected=50, arrived=25):
        chain.send(incentives.credit(campaign, datasets_[0]))
    assert incentives.weightOf(campaign, datasets_[0]).call() == [10, False]
    for dataset in datasets_[:2]:
        chain.send(incentives.credit(other, dataset))

    assert [market.received(dataset) for dataset in datasets_[:2]] == [500, 500]


def test_a_reward_that_never_arrives_is_not_credited(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, market: Market, dataset: int
) -> None:
    """A token that lies about its transfers credits nobody, whatever balances it shows."""
    coin = chain.deploy("FalseReturnToken")
    campaign, terms = sponsoring.opened(Money(chain, coin), pot=100)
    sponsoring.enter(campaign, sponsoring.used((dataset, 10)))
    sponsoring.close(terms)
    chain.send(coin.setRefusing(True))

    with reverts("TransferFailed"):
        chain.send(incentives.credit(campaign, dataset))
    assert market.received(dataset, coin.address) == 0
    assert incentives.weightOf(campaign, dataset).call() == [10, False]


def test_uses_paid_in_a_worthless_token_weigh_in_its_own_campaigns_alone(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, payer: LocalAccount, gateway: LocalAccount,
    dataset: int,
) -> None:  # fmt: skip
    coin = chain.deploy("MockToken", "JUNK", 0)
    junk = sponsoring.open(sponsoring.terms(token=coin.address))
    campaign, _ = sponsoring.opened(pot=1_000)
    book = Book.of(make_line(1, dataset, amount=2**128 - 1))
    voucher, at = sponsoring.metering.settled(book, payer, gateway, coin)
    arguments = (voucher.values(), at, [book.statement(0)], [book.proof(0)])

    chain.send(incentives.enter(junk, *arguments))
    with reverts("Pool_WrongToken", campaign=campaign, token=coin.address):
        chain.send(incentives.enter(campaign, *arguments))

    assert incentives.campaignOf(campaign).call()[6] == 0


def test_a_pot_of_datasets_is_a_trap_for_its_funders_alone(
    chain: Chain, incentives: Deployed, datasets: Deployed, sponsoring: Sponsoring, owner: LocalAccount, dataset: int
) -> None:
    """A registry answers to `transferFrom`. Dataset 1 arrives as "1", and never comes out; ids above never arrive."""
    second = sponsoring.suite.datasets.datasetCount().call() + 1
    Market(chain, sponsoring.suite).dataset(owner)
    usual = sponsoring.terms()
    terms = Campaign(datasets.address, ETHER, usual.gateways, usual.start, usual.end)
    campaign = sponsoring.open(terms)
    for each in (dataset, second):
        chain.send(datasets.approve(incentives.address, each), owner)
    assert (dataset, second) == (1, 2)

    with reverts("Custody_NotReceived", token=datasets.address, expected=2, received=1):
        chain.send(incentives.fund(campaign, 2), owner)
    chain.send(incentives.fund(campaign, 1), owner)
    sponsoring.close(terms)
    with reverts("TransferFailed"):
        chain.send(incentives.refund(campaign, owner.address))

    assert datasets.ownerOf(1).call() == incentives.address
