"""Buying a licence: at the buyer's own offer, else at anyone's; never above what the buyer agreed to."""

import pytest
from eth_account.signers.local import LocalAccount
from web3.types import Wei

from audiera.protocol.ids import ETHER
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, REF, Market, make_terms

TERMS = make_terms()
PRICE = 1_000


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    """On offer to anyone under the usual terms."""
    number = market.dataset(owner)
    market.offer(owner, number, TERMS, PRICE)
    return number


@pytest.mark.parametrize("transferable", [False, True], ids=["bound", "transferable"])
@pytest.mark.parametrize("duration", [0, 1, 30 * DAY], ids=["perpetual", "a second", "a month"])
def test_a_licence_is_minted_to_its_holder_and_paid_to_the_datasets_account(
    chain: Chain, licenses: Deployed, splitter: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount, transferable: bool, duration: int,
) -> None:  # fmt: skip
    """AUD-L4"""
    terms = make_terms(duration=duration, flags=TermsFlag.Transferable if transferable else 0)
    dataset = market.dataset(owner)
    market.offer(owner, dataset, terms, PRICE)
    account, split = market.account(dataset), splitter.splitOf(market.account(dataset)).call()
    before = (chain.ether(buyer), chain.ether(splitter), licenses.balanceOf(stranger.address).call())
    with reverts("License_Unknown", licenseId=1):
        licenses.licenseOf(1).call()
    chain.at_time(bought := chain.now() + 100)

    call = licenses.acquire(dataset, terms.id(), PRICE, stranger.address, REF)
    sent = chain.send(call, buyer, value=PRICE)

    expires = bought + duration if duration else PERPETUAL
    assert sent.events == [
        licenses.event("Transfer", **{"from": ETHER, "to": stranger.address, "id": 1}),
        licenses.event(
            "LicenseAcquired",
            licenseId=1,
            dataset=dataset,
            to=stranger.address,
            termsId=terms.id(),
            payer=buyer.address,
            price=PRICE,
            expiresAt=expires,
            licensee=ETHER,
            ref=REF,
        ),
        *([] if transferable else [licenses.event("Locked", tokenId=1)]),
        splitter.event("Credited", account=account, splitId=split, token=ETHER, payer=licenses.address, amount=PRICE),
    ]
    assert licenses.licenseOf(1).call() == (stranger.address, dataset, expires, terms.id(), False, False)
    assert licenses.ownerOf(1).call() == stranger.address
    assert licenses.locked(1).call() is not transferable
    assert licenses.licenseCount().call() == 1
    assert (chain.ether(buyer), chain.ether(splitter), licenses.balanceOf(stranger.address).call()) == (
        before[0] - PRICE,
        before[1] + PRICE,
        before[2] + 1,
    )
    assert chain.ether(licenses) == 0
    assert market.received(dataset) == PRICE


def test_acquire_answers_the_new_licences_id(
    licenses: Deployed, market: Market, dataset: int, buyer: LocalAccount
) -> None:
    market.acquire(buyer, dataset, TERMS, PRICE)

    call = licenses.acquire(dataset, TERMS.id(), PRICE, buyer.address, REF)

    assert call.call({"from": buyer.address, "value": Wei(PRICE)}) == 2


@pytest.mark.parametrize("cap", [0, PRICE - 1])
def test_nobody_pays_more_than_the_cap(
    chain: Chain, licenses: Deployed, dataset: int, buyer: LocalAccount, cap: int
) -> None:
    """AUD-L4, AUD-A32: Licences: price front-run. A cap of zero means zero."""
    with reverts("License_PriceAbove", price=PRICE, maxPrice=cap):
        chain.send(licenses.acquire(dataset, TERMS.id(), cap, buyer.address, REF), buyer, value=PRICE)


def test_a_price_raised_in_front_of_the_buyer_is_refused(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """AUD-A32: Licences: price front-run."""
    market.offer(owner, dataset, TERMS, PRICE + 1)

    with reverts("License_PriceAbove", price=PRICE + 1, maxPrice=PRICE):
        chain.send(licenses.acquire(dataset, TERMS.id(), PRICE, buyer.address, REF), buyer, value=PRICE)


def test_a_price_lowered_in_front_of_the_buyer_is_what_is_due(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, PRICE - 1)
    call = licenses.acquire(dataset, TERMS.id(), PRICE, buyer.address, REF)

    with reverts("Payments_WrongValue", due=PRICE - 1, sent=PRICE):
        chain.send(call, buyer, value=PRICE)
    chain.send(call, buyer, value=PRICE - 1)

    assert market.received(dataset) == PRICE - 1


@pytest.mark.parametrize("value", [0, PRICE - 1, PRICE + 1, 2 * PRICE])
def test_eth_is_exact(chain: Chain, licenses: Deployed, dataset: int, buyer: LocalAccount, value: int) -> None:
    with reverts("Payments_WrongValue", due=PRICE, sent=value):
        chain.send(licenses.acquire(dataset, TERMS.id(), 10 * PRICE, buyer.address, REF), buyer, value=value)
    assert licenses.licenseCount().call() == 0


def test_a_free_licence_costs_nothing_and_credits_nothing(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, 0)
    call = licenses.acquire(dataset, TERMS.id(), 0, buyer.address, REF)

    with reverts("Payments_WrongValue", due=0, sent=1):
        chain.send(call, buyer, value=1)
    sent = chain.send(call, buyer)

    assert [event.name for event in sent.events] == ["Transfer", "LicenseAcquired", "Locked"]
    assert market.received(dataset) == 0


@pytest.mark.parametrize("private", [10, 10 * PRICE], ids=["cheaper", "dearer"])
def test_ones_own_offer_comes_before_anyones(
    licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount, private: int,
) -> None:  # fmt: skip
    """A buyer's own offer helps no other holder, and another's none for it."""
    market.offer(owner, dataset, TERMS, private, licensee=buyer.address)

    market.acquire(buyer, dataset, TERMS, private)
    market.acquire(buyer, dataset, TERMS, PRICE, to=stranger)
    market.acquire(stranger, dataset, TERMS, PRICE, to=buyer)

    assert [licenses.ownerOf(number).call() for number in (1, 2, 3)] == [
        buyer.address,
        stranger.address,
        buyer.address,
    ]
    assert market.received(dataset) == private + 2 * PRICE


def test_a_free_offer_of_ones_own_hides_anyones(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, 0, licensee=buyer.address)

    with reverts("Payments_WrongValue", due=0, sent=PRICE):
        chain.send(licenses.acquire(dataset, TERMS.id(), PRICE, buyer.address, REF), buyer, value=PRICE)
    market.acquire(buyer, dataset, TERMS, 0)

    assert market.received(dataset) == 0


def test_a_private_offer_is_nobody_elses(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, stranger: LocalAccount
) -> None:
    dataset = market.dataset(owner)
    market.offer(owner, dataset, TERMS, PRICE, licensee=buyer.address)

    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=stranger.address):
        chain.send(licenses.acquire(dataset, TERMS.id(), PRICE, stranger.address, REF), buyer, value=PRICE)


def test_a_licence_is_refused_where_nothing_is_offered(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, buyer: LocalAccount
) -> None:
    other = make_terms(unit_price=0)
    unknown = make_terms(unit_price=1)
    market.publish(other)

    with reverts("License_NotOffered", dataset=dataset, termsId=other.id(), licensee=buyer.address):
        chain.send(licenses.acquire(dataset, other.id(), PRICE, buyer.address, REF), buyer, value=PRICE)
    with reverts("Terms_Unknown", termsId=unknown.id()):
        chain.send(licenses.acquire(dataset, unknown.id(), PRICE, buyer.address, REF), buyer, value=PRICE)
    with reverts("Registry_UnknownDataset", id=dataset + 1):
        chain.send(licenses.acquire(dataset + 1, TERMS.id(), PRICE, buyer.address, REF), buyer, value=PRICE)


def test_a_licence_is_never_minted_to_nobody_or_to_the_registry(
    chain: Chain, licenses: Deployed, dataset: int, buyer: LocalAccount
) -> None:
    with reverts("TransferToZeroAddress"):
        chain.send(licenses.acquire(dataset, TERMS.id(), PRICE, ETHER, REF), buyer, value=PRICE)
    with reverts("Token_HeldByItself"):
        chain.send(licenses.acquire(dataset, TERMS.id(), PRICE, licenses.address, REF), buyer, value=PRICE)


def test_a_licence_ends_before_the_second_that_means_never(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """Expiry is a uint32, of which the last value is for perpetual licences."""
    dataset, soon = market.dataset(owner), chain.now() + 1_000
    last, above = (make_terms(duration=PERPETUAL - soon + more) for more in (-1, 0))
    longest = make_terms(duration=PERPETUAL)
    for terms in (last, above, longest):
        market.offer(owner, dataset, terms)

    chain.at_time(soon)
    number = market.acquire(buyer, dataset, last)
    refused = (soon + 1, PERPETUAL + 1), (soon + 2, soon + 2 + PERPETUAL)
    for terms, (time, end) in zip((above, longest), refused, strict=True):
        chain.at_time(time)
        with reverts("License_TermOverflow", expiresAt=end):
            chain.send(licenses.acquire(dataset, terms.id(), 0, buyer.address, REF), buyer)

    assert licenses.licenseOf(number).call()[2] == PERPETUAL - 1


def test_terms_of_a_sold_licence_do_not_change_with_later_offers(
    licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """AUD-L1: Trust: a creator cannot change a sold licence."""
    number = market.acquire(buyer, dataset, TERMS, PRICE)
    before = licenses.licenseOf(number).call()

    market.offer(owner, dataset, make_terms(rights=1), PRICE)
    market.offer(owner, dataset, TERMS, 5 * PRICE)
    market.give(dataset, owner, buyer)

    assert licenses.licenseOf(number).call() == before


@pytest.mark.parametrize("flags", [0, int(TermsFlag.Revocable)], ids=["irrevocable", "revocable"])
def test_items_that_a_later_owner_withdraws_end_no_licence(
    chain: Chain, licenses: Deployed, datasets: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount, flags: int,
) -> None:  # fmt: skip
    """AUD-A38: It says only since when: revocable licences end by `revoke`, and what was bought for ever does not."""
    dataset = market.dataset(owner)
    number = market.licence(owner, dataset, buyer, duration=0, flags=flags)
    before = licenses.licenseOf(number).call()
    market.give(dataset, owner, stranger)

    sent = chain.send(datasets.withdrawItems(dataset, [TERMS.text]), stranger)
    chain.mine_at(chain.now() + 400 * DAY)

    assert sent.events == [datasets.event("ItemsWithdrawn", id=dataset, items=(TERMS.text,))]
    assert licenses.licenseOf(number).call() == before
    assert before[2] == PERPETUAL
    assert licenses.isAuthorized(number, buyer.address, dataset, TERMS.rights).call()
