"""Renewal: from now or from the expiry, whichever is later, while an offer stands."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, ENDLESS, Market, make_terms

TERMS = make_terms(duration=10 * DAY, flags=TermsFlag.Revocable, notice=DAY)
PRICE = 400


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    number = market.dataset(owner)
    market.offer(owner, number, TERMS, PRICE)
    return number


@pytest.fixture
def licence(market: Market, dataset: int, buyer: LocalAccount) -> int:
    return market.acquire(buyer, dataset, TERMS, PRICE)


def expiry(licenses: Deployed, licence: int) -> int:
    second: int = licenses.licenseOf(licence).call()[2]
    return second


@pytest.mark.parametrize("after", [-5 * DAY, -1, 0, 1, 100 * DAY], ids=["early", "before", "at", "past", "long past"])
def test_a_renewal_starts_at_the_expiry_or_now_whichever_is_later(
    chain: Chain, licenses: Deployed, splitter: Deployed, market: Market, dataset: int, licence: int,
    stranger: LocalAccount, buyer: LocalAccount, after: int,
) -> None:  # fmt: skip
    """Anyone may pay; `after` is the time of the renewal after the expiry."""
    old = expiry(licenses, licence)
    before = (chain.ether(stranger), chain.ether(splitter))
    chain.at_time(old + after)

    sent = chain.send(licenses.renew(licence, PRICE), stranger, value=PRICE)

    new = old + max(after, 0) + 10 * DAY
    account = market.account(dataset)
    split = splitter.splitOf(account).call()
    assert sent.events == [
        licenses.event(
            "LicenseRenewed", licenseId=licence, payer=stranger.address, price=PRICE, expiresAt=new, licensee=ETHER
        ),
        licenses.event("MetadataUpdate", id=licence),
        splitter.event("Credited", account=account, splitId=split, token=ETHER, payer=licenses.address, amount=PRICE),
    ]
    assert licenses.licenseOf(licence).call() == (buyer.address, dataset, new, TERMS.id(), False, False)
    assert (chain.ether(stranger), chain.ether(splitter)) == (before[0] - PRICE, before[1] + PRICE)
    assert market.received(dataset) == 2 * PRICE


def test_renewals_add_up(licenses: Deployed, chain: Chain, licence: int, buyer: LocalAccount) -> None:
    old = expiry(licenses, licence)

    for _ in range(3):
        chain.send(licenses.renew(licence, PRICE), buyer, value=PRICE)

    assert expiry(licenses, licence) == old + 30 * DAY


def test_a_renewal_is_paid_in_the_terms_token(
    chain: Chain, licenses: Deployed, market: Market, token: Deployed, owner: LocalAccount, buyer: LocalAccount
) -> None:
    terms, dataset = make_terms(token=token.address), market.dataset(owner)
    market.offer(owner, dataset, terms, PRICE)
    market.fund(token, buyer, licenses, 2 * PRICE)
    licence = market.acquire(buyer, dataset, terms, PRICE)

    with reverts("Payments_WrongValue", due=0, sent=1):
        chain.send(licenses.renew(licence, PRICE), buyer, value=1)
    answer = licenses.renew(licence, PRICE).call({"from": buyer.address})
    chain.send(licenses.renew(licence, PRICE), buyer)

    assert expiry(licenses, licence) == answer
    assert market.received(dataset, token.address) == 2 * PRICE


@pytest.mark.parametrize("value", [0, PRICE - 1, PRICE + 1])
def test_a_renewal_takes_eth_exactly(
    chain: Chain, licenses: Deployed, licence: int, buyer: LocalAccount, value: int
) -> None:
    with reverts("Payments_WrongValue", due=PRICE, sent=value):
        chain.send(licenses.renew(licence, PRICE), buyer, value=value)


def test_a_renewal_never_costs_more_than_the_cap(
    chain: Chain,
    licenses: Deployed,
    market: Market,
    owner: LocalAccount,
    dataset: int,
    licence: int,
    buyer: LocalAccount,
) -> None:
    """AUD-A32: Licences: price front-run. A cap of zero means zero."""
    market.offer(owner, dataset, TERMS, PRICE + 1)

    for cap in (0, PRICE):
        with reverts("License_PriceAbove", price=PRICE + 1, maxPrice=cap):
            chain.send(licenses.renew(licence, cap), buyer, value=cap)


def test_a_holder_renews_at_its_own_offer_first_and_a_stranger_for_it_at_anyones(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, dataset: int, licence: int,
    buyer: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    """The stranger's own offer does not help either: the licence is not the stranger's."""
    market.offer(owner, dataset, TERMS, 1, licensee=stranger.address)
    market.offer(owner, dataset, TERMS, 3, licensee=buyer.address)

    own = chain.send(licenses.renew(licence, 3), buyer, value=3)
    by_stranger = chain.send(licenses.renew(licence, PRICE), stranger, value=PRICE)

    assert [sent.events[0].fields["licensee"] for sent in (own, by_stranger)] == [buyer.address, ETHER]
    assert market.received(dataset) == PRICE + 3 + PRICE


def test_a_stranger_renews_nothing_where_only_the_holder_has_an_offer(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, dataset: int, licence: int,
    buyer: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    """Attack: a private offer of the holder's used up, or used against it, by somebody else."""
    market.offer(owner, dataset, TERMS, 0, licensee=buyer.address)
    chain.send(licenses.withdrawOffer(dataset, TERMS.id(), ETHER), owner)
    before = expiry(licenses, licence)

    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
        chain.send(licenses.renew(licence, 0), stranger)

    assert expiry(licenses, licence) == before
    assert market.offered(dataset, TERMS, buyer.address) == (0, ENDLESS)


@pytest.mark.parametrize("how", ["withdrawn", "lapsed"])
def test_a_renewal_needs_a_standing_offer(
    chain: Chain, licenses: Deployed, datasets: Deployed, owner: LocalAccount, dataset: int, licence: int,
    buyer: LocalAccount, how: str,
) -> None:  # fmt: skip
    end = licenses.withdrawOffer(dataset, TERMS.id(), ETHER) if how == "withdrawn" else datasets.withdrawAll(dataset)
    chain.send(end, owner)

    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
        chain.send(licenses.renew(licence, PRICE), buyer, value=PRICE)


def test_a_perpetual_licence_is_not_renewed(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, dataset: int, buyer: LocalAccount
) -> None:
    terms = make_terms(duration=0)
    market.offer(owner, dataset, terms)
    licence = market.acquire(buyer, dataset, terms)

    with reverts("License_Perpetual", licenseId=licence):
        chain.send(licenses.renew(licence, 0), buyer)


def test_a_revoked_licence_is_never_renewed(
    chain: Chain, licenses: Deployed, owner: LocalAccount, licence: int, buyer: LocalAccount
) -> None:
    chain.send(licenses.revoke(licence), owner)

    with reverts("License_Revoked", licenseId=licence):
        chain.send(licenses.renew(licence, PRICE), buyer, value=PRICE)
    chain.mine_at(chain.now() + 20 * DAY)
    with reverts("License_Revoked", licenseId=licence):
        chain.send(licenses.renew(licence, PRICE), buyer, value=PRICE)


def test_an_unknown_licence_is_not_renewed(chain: Chain, licenses: Deployed, buyer: LocalAccount) -> None:
    with reverts("License_Unknown", licenseId=9):
        chain.send(licenses.renew(9, 0), buyer)


def test_a_renewal_cannot_reach_the_second_that_means_never(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, dataset: int, buyer: LocalAccount
) -> None:
    """Expiry is a uint32; adding up to it or past it is refused and never wraps around."""
    chain.mine_at(now := chain.now() + 10)
    half = make_terms(duration=(PERPETUAL - now) // 2 - 10)
    rest = make_terms(duration=half.duration + 1_000)
    licences = []
    for terms in (half, rest):
        market.offer(owner, dataset, terms)
        licences.append(market.acquire(buyer, dataset, terms))
    ends = [expiry(licenses, licence) for licence in licences]

    chain.send(licenses.renew(licences[0], 0), buyer)
    with reverts("License_TermOverflow", expiresAt=ends[1] + rest.duration):
        chain.send(licenses.renew(licences[1], 0), buyer)

    assert expiry(licenses, licences[0]) == ends[0] + half.duration < PERPETUAL <= ends[1] + rest.duration
