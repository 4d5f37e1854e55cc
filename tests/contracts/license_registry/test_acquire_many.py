"""Buying several licences at once, and buying with tokens."""

import pytest
from eth_account.signers.local import LocalAccount
from web3.types import Wei

from audiera.protocol.ids import ETHER
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import REF, Market, make_terms

IN_ETH = make_terms()


@pytest.mark.parametrize("kind", ["MockToken", "NoReturnToken"])
def test_a_licence_is_paid_in_a_token_from_the_allowance(
    chain: Chain, licenses: Deployed, splitter: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount, kind: str,
) -> None:  # fmt: skip
    """Splits: no-return tokens work."""
    coin = chain.deploy(kind, *(["USDC", 6] if kind == "MockToken" else []))
    terms, dataset = make_terms(token=coin.address), market.dataset(owner)
    market.offer(owner, dataset, terms, 700)
    market.fund(coin, buyer, licenses, 1_000)

    sent = chain.send(licenses.acquire(dataset, terms.id(), 700, stranger.address, REF), buyer)

    account = market.account(dataset)
    split = splitter.splitOf(account).call()
    assert [event.name for event in sent.of(licenses)] == ["Transfer", "LicenseAcquired", "Locked"]
    assert sent.of(licenses)[1].fields["payer"] == buyer.address
    assert sent.of(splitter) == [
        splitter.event(
            "Credited", account=account, splitId=split, token=coin.address, payer=licenses.address, amount=700
        )
    ]
    held = [coin.balanceOf(it.address).call() for it in (buyer, licenses, splitter)]
    assert held == [300, 0, 700]
    assert coin.allowance(buyer.address, licenses.address).call() == 300
    assert (market.received(dataset, coin.address), market.received(dataset)) == (700, 0)


def test_a_token_payment_takes_no_eth(
    chain: Chain, licenses: Deployed, market: Market, token: Deployed, owner: LocalAccount, buyer: LocalAccount
) -> None:
    terms, dataset = make_terms(token=token.address), market.dataset(owner)
    market.offer(owner, dataset, terms, 700)
    market.fund(token, buyer, licenses, 1_000)

    with reverts("Payments_WrongValue", due=0, sent=700):
        chain.send(licenses.acquire(dataset, terms.id(), 700, buyer.address, REF), buyer, value=700)


@pytest.mark.parametrize("missing", ["allowance", "balance"])
def test_a_token_payment_that_cannot_be_made_buys_nothing(
    chain: Chain, licenses: Deployed, market: Market, token: Deployed, owner: LocalAccount, buyer: LocalAccount,
    missing: str,
) -> None:  # fmt: skip
    terms, dataset = make_terms(token=token.address), market.dataset(owner)
    market.offer(owner, dataset, terms, 700)
    market.fund(token, buyer, licenses, 699)
    if missing == "balance":
        chain.send(token.approve(licenses.address, 700), buyer)

    with reverts("TransferFromFailed"):
        chain.send(licenses.acquire(dataset, terms.id(), 700, buyer.address, REF), buyer)
    assert licenses.licenseCount().call() == 0


def test_several_licences_are_bought_in_eth_and_tokens_at_once(
    chain: Chain, licenses: Deployed, market: Market, token: Deployed, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    in_usdc = make_terms(token=token.address)
    datasets = [market.dataset(owner) for _ in range(3)]
    for number, (terms, price) in enumerate([(IN_ETH, 5), (in_usdc, 700), (IN_ETH, 8)]):
        market.offer(owner, datasets[number], terms, price)
    market.fund(token, buyer, licenses, 1_000)
    refs = [bytes([number]) * 32 for number in range(3)]
    purchases = [
        (datasets[0], IN_ETH.id(), 5, buyer.address, refs[0]),
        (datasets[1], in_usdc.id(), 800, stranger.address, refs[1]),
        (datasets[2], IN_ETH.id(), 9, buyer.address, refs[2]),
    ]
    before = chain.ether(buyer)

    answer = licenses.acquireMany(purchases).call({"from": buyer.address, "value": Wei(13)})
    sent = chain.send(licenses.acquireMany(purchases), buyer, value=13)

    acquired = [event.fields for event in sent.of(licenses) if event.name == "LicenseAcquired"]
    assert answer == [1, 2, 3]
    assert [(it["licenseId"], it["dataset"], it["to"], it["price"], it["ref"]) for it in acquired] == [
        (1, datasets[0], buyer.address, 5, refs[0]),
        (2, datasets[1], stranger.address, 700, refs[1]),
        (3, datasets[2], buyer.address, 8, refs[2]),
    ]
    assert [licenses.ownerOf(number).call() for number in (1, 2, 3)] == [
        buyer.address,
        stranger.address,
        buyer.address,
    ]
    assert chain.ether(buyer) == before - 13
    assert [market.received(number) for number in datasets] == [5, 0, 8]
    assert market.received(datasets[1], token.address) == 700


@pytest.mark.parametrize("value", [0, 5, 12, 14, 26])
def test_several_licences_cost_exactly_the_sum_in_eth(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, value: int
) -> None:
    """The same ETH never pays twice."""
    dataset, other = market.dataset(owner), market.dataset(owner)
    market.offer(owner, dataset, IN_ETH, 5)
    market.offer(owner, other, IN_ETH, 8)
    purchases = [(number, IN_ETH.id(), 10, buyer.address, REF) for number in (dataset, other)]

    with reverts("Payments_WrongValue", due=13, sent=value):
        chain.send(licenses.acquireMany(purchases), buyer, value=value)


def test_one_purchase_that_fails_undoes_the_others(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    dataset = market.dataset(owner)
    market.offer(owner, dataset, IN_ETH, 5)
    purchases = [(dataset, IN_ETH.id(), cap, buyer.address, REF) for cap in (5, 4)]

    with reverts("License_PriceAbove", price=5, maxPrice=4):
        chain.send(licenses.acquireMany(purchases), buyer, value=10)
    assert licenses.licenseCount().call() == 0


def test_the_same_licence_can_be_bought_twice(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    dataset = market.dataset(owner)
    market.offer(owner, dataset, IN_ETH, 5)

    chain.send(licenses.acquireMany([(dataset, IN_ETH.id(), 5, buyer.address, REF)] * 2), buyer, value=10)

    assert licenses.balanceOf(buyer.address).call() == 2
    assert market.received(dataset) == 10


def test_buying_nothing_costs_nothing(chain: Chain, licenses: Deployed, buyer: LocalAccount) -> None:
    assert chain.send(licenses.acquireMany([]), buyer).events == []
    with reverts("Payments_WrongValue", due=0, sent=1):
        chain.send(licenses.acquireMany([]), buyer, value=1)


def test_a_multicall_takes_no_eth(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """The same ETH never pays for two calls."""
    dataset = market.dataset(owner)
    market.offer(owner, dataset, IN_ETH, 5)
    call = licenses.acquire(dataset, IN_ETH.id(), 5, buyer.address, REF)._encode_transaction_data()

    with reverts(""):
        chain.send(licenses.multicall([call, call]), buyer, value=5)
    with reverts("Payments_WrongValue", due=5, sent=0):
        chain.send(licenses.multicall([call]), buyer)


def test_an_owner_that_refuses_eth_blocks_no_sale(chain: Chain, market: Market, buyer: LocalAccount) -> None:
    """Splits: blocked or reverting recipients. The money waits for them."""
    hostile = chain.deploy("HostileReceiver", 1)
    dataset = market.dataset(hostile)
    market.offer(hostile, dataset, IN_ETH, 5)

    market.acquire(buyer, dataset, IN_ETH, 5)

    assert market.received(dataset, ETHER) == 5
