"""Hostile tokens and buyers: whatever they try, they harm only those who use them."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import REF, Market, make_terms

PRICE = 700


NOT_RECEIVED, NOT_MOVED = "Splitter_NotReceived", "TransferFromFailed"


@pytest.mark.parametrize(
    ("kind", "error", "arrived"),
    [
        ("FeeToken", NOT_RECEIVED, PRICE - PRICE // 100),
        ("FalseReturnToken", NOT_MOVED, None),
        ("BlocklistToken", NOT_MOVED, None),
        ("WildToken", NOT_RECEIVED, 0),
    ],
)
def test_a_token_that_does_not_arrive_buys_nothing(
    chain: Chain, licenses: Deployed, splitter: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount,
    kind: str, error: str, arrived: int | None,
) -> None:  # fmt: skip
    """AUD-A19: Splits: fee-on-transfer, false returns, blocked senders, transfers that move nothing."""
    coin = chain.deploy(kind)
    terms, dataset = make_terms(token=coin.address), market.dataset(owner)
    market.offer(owner, dataset, terms, PRICE)
    if kind == "WildToken":
        chain.send(coin.setBalance(buyer.address, PRICE))
    else:
        market.fund(coin, buyer, licenses, PRICE)
    if kind == "FalseReturnToken":
        chain.send(coin.setRefusing(True))
    if kind == "BlocklistToken":
        chain.send(coin.setBlocked(splitter.address, True))

    fields = {} if arrived is None else {"token": coin.address, "expected": PRICE, "arrived": arrived}
    with reverts(error, **fields):
        chain.send(licenses.acquire(dataset, terms.id(), PRICE, buyer.address, REF), buyer)
    assert licenses.licenseCount().call() == 0
    assert market.received(dataset, coin.address) == 0


def test_a_token_that_buys_while_it_is_paid_with_mixes_up_nothing(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """Each purchase keeps its own number, holder and price."""
    coin = chain.deploy("ReentrantToken")
    terms, free = make_terms(token=coin.address), make_terms(unit_price=3)
    dataset = market.dataset(owner)
    market.offer(owner, dataset, terms, PRICE)
    market.offer(owner, dataset, free)
    market.fund(coin, buyer, licenses, PRICE)
    inner = licenses.acquire(dataset, free.id(), 0, coin.address, REF)
    chain.send(coin.plan(licenses.address, inner._encode_transaction_data()))
    call = licenses.acquire(dataset, terms.id(), PRICE, buyer.address, REF)

    assert call.call({"from": buyer.address}) == 1
    chain.send(call, buyer)

    assert coin.succeeded().call()
    assert [licenses.ownerOf(number).call() for number in (1, 2)] == [buyer.address, coin.address]
    assert [licenses.licenseOf(number).call()[3] for number in (1, 2)] == [terms.id(), free.id()]
    assert market.received(dataset, coin.address) == PRICE


def test_a_token_cannot_pay_eth_with_the_buyers_value(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """Within `acquireMany` a hostile token tries to buy with the ETH that is on its way."""
    coin = chain.deploy("ReentrantToken")
    in_coin, in_eth = make_terms(token=coin.address), make_terms()
    dataset = market.dataset(owner)
    market.offer(owner, dataset, in_coin, PRICE)
    market.offer(owner, dataset, in_eth, 50)
    market.fund(coin, buyer, licenses, PRICE)
    inner = licenses.acquire(dataset, in_eth.id(), 50, coin.address, REF)
    chain.send(coin.plan(licenses.address, inner._encode_transaction_data()))
    purchases = [(dataset, terms.id(), PRICE, buyer.address, REF) for terms in (in_coin, in_eth)]

    chain.send(licenses.acquireMany(purchases), buyer, value=50)

    assert not coin.succeeded().call()
    assert licenses.balanceOf(coin.address).call() == 0
    assert licenses.balanceOf(buyer.address).call() == 2
    assert market.received(dataset) == 50


@pytest.mark.parametrize("mode", [1, 2, 3], ids=["reverts", "burns gas", "return bomb"])
def test_a_holder_that_misbehaves_is_never_called(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, mode: int
) -> None:
    """AUD-A31"""
    hostile = chain.deploy("HostileReceiver", mode)
    terms, dataset = make_terms(), market.dataset(owner)
    market.offer(owner, dataset, terms, PRICE)

    licence = market.acquire(buyer, dataset, terms, PRICE, to=hostile)

    assert licenses.ownerOf(licence).call() == hostile.address


def test_what_is_no_token_buys_nothing(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, stranger: LocalAccount
) -> None:
    terms, dataset = make_terms(token=stranger.address), market.dataset(owner)
    market.offer(owner, dataset, terms, PRICE)

    with reverts("Splitter_BalanceUnknown", token=stranger.address):
        chain.send(licenses.acquire(dataset, terms.id(), PRICE, buyer.address, REF), buyer)
