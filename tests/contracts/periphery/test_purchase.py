"""LicensePurchase takes a licence for the contract that uses it, at the price on offer and never above its maximum."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import REF, Market, make_terms
from tests.support.money import Money


@pytest.mark.parametrize("most", [5_000, 6_000])
def test_a_contract_buys_at_the_price_on_offer_and_holds_the_licence(
    chain: Chain, patron: Deployed, licenses: Deployed, splitter: Deployed, market: Market, money: Money,
    owner: LocalAccount, dataset: int, listener: LocalAccount, most: int,
) -> None:  # fmt: skip
    terms = make_terms(token=money.address)
    market.offer(owner, dataset, terms, price=5_000)
    money.move(listener, patron.address, 7_000)

    sent = chain.send(patron.buy(licenses.address, dataset, terms.id(), most, REF), listener)

    licence = licenses.licenseCount().call()
    holder, of, until, *_ = licenses.licenseOf(licence).call()
    assert (holder, of) == (patron.address, dataset)
    bought = licenses.event(
        "LicenseAcquired",
        licenseId=licence, dataset=dataset, to=patron.address, termsId=terms.id(), payer=patron.address, price=5_000,
        expiresAt=until, licensee=ETHER, ref=REF,
    )  # fmt: skip
    assert bought in sent.of(licenses)
    account = market.account(dataset)
    assert sent.of(splitter) == [
        splitter.event(
            "Credited",
            account=account,
            splitId=splitter.splitOf(account).call(),
            token=money.address,
            payer=licenses.address,
            amount=5_000,
        )
    ]
    assert (money.of(patron), market.received(dataset, money.address)) == (2_000, 5_000)
    if money.token:
        assert money.token.allowance(patron.address, licenses.address).call() == 0


def test_an_offer_to_the_contract_comes_before_one_to_anyone_while_some_are_left(
    chain: Chain, patron: Deployed, licenses: Deployed, market: Market, owner: LocalAccount, dataset: int,
    listener: LocalAccount,
) -> None:  # fmt: skip
    terms = make_terms()
    market.offer(owner, dataset, terms, price=5_000)
    market.offer(owner, dataset, terms, price=3_000, licensee=patron.address, left=1)
    Money(chain).move(listener, patron.address, 9_000)

    for price, licensee in ((3_000, patron.address), (5_000, ETHER)):
        sent = chain.send(patron.buy(licenses.address, dataset, terms.id(), 5_000, REF), listener)

        (bought,) = (event for event in sent.of(licenses) if event.name == "LicenseAcquired")
        assert (bought.fields["price"], bought.fields["licensee"]) == (price, licensee)
    assert (chain.ether(patron), market.received(dataset)) == (1_000, 8_000)
    assert market.offered(dataset, terms, patron.address)[1] == 0


def test_an_edition_that_is_sold_out_is_not_bought(
    chain: Chain, patron: Deployed, licenses: Deployed, market: Market, owner: LocalAccount, dataset: int,
    listener: LocalAccount,
) -> None:  # fmt: skip
    terms = make_terms()
    market.offer(owner, dataset, terms, left=1)
    chain.send(patron.buy(licenses.address, dataset, terms.id(), 0, REF), listener)

    with reverts("License_NotOffered", dataset=dataset, termsId=terms.id(), licensee=patron.address):
        chain.send(patron.buy(licenses.address, dataset, terms.id(), 0, REF), listener)


def test_a_free_licence_calls_no_token(
    chain: Chain, patron: Deployed, licenses: Deployed, market: Market, token: Deployed, owner: LocalAccount,
    dataset: int, listener: LocalAccount,
) -> None:  # fmt: skip
    terms = make_terms(token=token.address)
    market.offer(owner, dataset, terms)

    sent = chain.send(patron.buy(licenses.address, dataset, terms.id(), 0, REF), listener)

    assert licenses.licenseOf(licenses.licenseCount().call()).call()[0] == patron.address
    assert sent.of(token) == []


def test_a_price_above_the_maximum_is_not_paid(
    chain: Chain, patron: Deployed, licenses: Deployed, market: Market, money: Money, owner: LocalAccount, dataset: int,
    listener: LocalAccount,
) -> None:  # fmt: skip
    """Attack: price raised before a purchase."""
    terms = make_terms(token=money.address)
    market.offer(owner, dataset, terms, price=5_001)
    money.move(listener, patron.address, 7_000)

    with reverts("License_PriceAbove", price=5_001, maxPrice=5_000):
        chain.send(patron.buy(licenses.address, dataset, terms.id(), 5_000, REF), listener)

    assert money.of(patron) == 7_000


def test_what_is_not_on_offer_is_not_bought(
    chain: Chain, patron: Deployed, licenses: Deployed, market: Market, owner: LocalAccount, dataset: int,
    listener: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    terms = make_terms()
    market.offer(owner, dataset, terms, licensee=stranger.address)

    with reverts("License_NotOffered", dataset=dataset, termsId=terms.id(), licensee=patron.address):
        chain.send(patron.buy(licenses.address, dataset, terms.id(), 5_000, REF), listener)


def test_a_fee_that_stray_money_would_make_up_for_buys_no_licence(
    chain: Chain, patron: Deployed, licenses: Deployed, splitter: Deployed, market: Market, owner: LocalAccount,
    dataset: int, listener: LocalAccount,
) -> None:  # fmt: skip
    token = chain.deploy("FeeToken")
    terms = make_terms(token=token.address)
    market.offer(owner, dataset, terms, price=1_000)
    chain.send(token.mint(patron.address, 1_000))
    chain.send(token.mint(splitter.address, 500))

    with reverts("Splitter_NotReceived", token=token.address, expected=1_000, arrived=990):
        chain.send(patron.buy(licenses.address, dataset, terms.id(), 1_000, REF), listener)


def test_what_a_token_adds_on_the_way_buys_no_licence(
    chain: Chain, patron: Deployed, licenses: Deployed, splitter: Deployed, market: Market, owner: LocalAccount,
    dataset: int, listener: LocalAccount,
) -> None:  # fmt: skip
    token = chain.deploy("BonusToken")
    terms = make_terms(token=token.address)
    market.offer(owner, dataset, terms, price=1_000)
    chain.send(token.mint(patron.address, 1_000))

    with reverts(
        "Spending_NotReceived", token=token.address, receiver=splitter.address, expected=1_000, received=1_010
    ):  # fmt: skip
        chain.send(patron.buy(licenses.address, dataset, terms.id(), 1_000, REF), listener)


@pytest.mark.parametrize("kind", ["EndlessAllowanceToken", "NoReturnToken"])
def test_a_purchase_leaves_no_allowance(
    chain: Chain, patron: Deployed, licenses: Deployed, market: Market, owner: LocalAccount, dataset: int,
    listener: LocalAccount, kind: str,
) -> None:  # fmt: skip
    token = chain.deploy(kind)
    terms = make_terms(token=token.address)
    market.offer(owner, dataset, terms, price=1_000)
    Money(chain, token).move(listener, patron.address, 1_000)
    chain.send(patron.forget(token.address, licenses.address, 9_000))

    chain.send(patron.buy(licenses.address, dataset, terms.id(), 1_000, REF), listener)

    assert token.allowance(patron.address, licenses.address).call() == 0
    assert market.received(dataset, token.address) == 1_000
    assert market.received(dataset, ETHER) == 0
