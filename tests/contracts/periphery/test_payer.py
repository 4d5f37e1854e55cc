"""DatasetPayer carries money from a contract, or from its caller, to a dataset's account: all of it, or none."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import Market
from tests.support.money import Money


def test_a_payer_says_what_it_pays_and_where(patron: Deployed, datasets: Deployed, splitter: Deployed) -> None:
    assert (patron.DATASETS().call(), patron.SPLITTER().call()) == (datasets.address, splitter.address)


def test_a_contract_pays_out_of_what_it_holds(
    chain: Chain, patron: Deployed, splitter: Deployed, market: Market, money: Money, dataset: int,
    listener: LocalAccount,
) -> None:  # fmt: skip
    money.move(listener, patron.address, 1_000)
    account = market.account(dataset)

    sent = chain.send(patron.pay(dataset, money.address, 700), listener)

    split = splitter.splitOf(account).call()
    assert sent.of(splitter) == [
        splitter.event(
            "Credited", account=account, splitId=split, token=money.address, payer=patron.address, amount=700
        )
    ]
    assert (money.of(patron), money.of(splitter)) == (300, 700)
    assert market.received(dataset, money.address) == 700


def test_a_contract_passes_its_callers_money_on_and_keeps_its_own(
    chain: Chain, patron: Deployed, splitter: Deployed, market: Market, money: Money, dataset: int,
    listener: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    money.move(stranger, patron.address, 50)
    money.ready(listener, patron, 1_000)
    before = money.of(listener)

    chain.send(patron.passOn(dataset, money.address, 1_000), listener, value=money.value(1_000))

    assert (money.of(listener), money.of(patron), money.of(splitter)) == (before - 1_000, 50, 1_000)
    assert market.received(dataset, money.address) == 1_000


@pytest.mark.parametrize("function", ["pay", "passOn"])
def test_nothing_is_not_paid(
    chain: Chain, patron: Deployed, money: Money, dataset: int, listener: LocalAccount, function: str
) -> None:
    with reverts("Payer_NothingToPay", dataset=dataset, token=money.address):
        chain.send(getattr(patron, function)(dataset, money.address, 0), listener)


@pytest.mark.parametrize("value", [0, 999, 1_001])
def test_eth_sent_along_is_exactly_what_is_passed_on(
    chain: Chain, patron: Deployed, dataset: int, listener: LocalAccount, stranger: LocalAccount, value: int
) -> None:
    """Attack: paying with what the contract holds for others."""
    Money(chain).move(stranger, patron.address, 5_000)

    with reverts("Payer_WrongValue", due=1_000, sent=value):
        chain.send(patron.passOn(dataset, ETHER, 1_000), listener, value=value)


@pytest.mark.parametrize("amount", [0, 1_000])
def test_eth_beside_a_token_is_refused(
    chain: Chain, patron: Deployed, token: Deployed, listener: LocalAccount, amount: int
) -> None:
    Money(chain, token).ready(listener, patron, amount)

    with reverts("Payer_WrongValue", due=0, sent=1):
        chain.send(patron.take(token.address, amount), listener, value=1)


def test_taking_nothing_calls_no_token(chain: Chain, patron: Deployed, listener: LocalAccount) -> None:
    """A free licence in a token costs no transfer, which some tokens refuse when it is of zero."""
    sent = chain.send(patron.take(listener.address, 0), listener)

    assert sent.events == []


def test_a_token_is_taken_from_the_caller_alone(
    chain: Chain, patron: Deployed, token: Deployed, dataset: int, listener: LocalAccount, stranger: LocalAccount
) -> None:
    """Attack: spending an allowance that somebody else gave."""
    Money(chain, token).ready(listener, patron, 1_000)

    with reverts("TransferFromFailed"):
        chain.send(patron.passOn(dataset, token.address, 1_000), stranger)


def test_a_dataset_that_nobody_registered_is_not_paid(
    chain: Chain, patron: Deployed, market: Market, money: Money, dataset: int, listener: LocalAccount
) -> None:
    money.move(listener, patron.address, 1_000)

    with reverts("Splitter_UnassignedAccount", account=market.account(dataset + 1)):
        chain.send(patron.pay(dataset + 1, money.address, 1_000), listener)

    assert money.of(patron) == 1_000


def test_more_than_the_contract_holds_is_not_paid(
    chain: Chain, patron: Deployed, token: Deployed, dataset: int, listener: LocalAccount
) -> None:
    Money(chain, token).move(listener, patron.address, 999)

    with reverts("TransferFromFailed"):
        chain.send(patron.pay(dataset, token.address, 1_000), listener)
    with reverts(""):
        chain.send(patron.pay(dataset, ETHER, 1), listener)


def test_each_token_pays_for_itself(
    chain: Chain, patron: Deployed, market: Market, token: Deployed, no_return_token: Deployed, dataset: int,
    listener: LocalAccount,
) -> None:  # fmt: skip
    kinds = [Money(chain), Money(chain, token), Money(chain, no_return_token)]
    for money, amount in zip(kinds, (1_000, 200, 30), strict=True):
        money.move(listener, patron.address, amount)
        chain.send(patron.pay(dataset, money.address, amount), listener)

    assert [market.received(dataset, money.address) for money in kinds] == [1_000, 200, 30]
    assert [money.of(patron) for money in kinds] == [0, 0, 0]
