"""Revocation: only under revocable terms, only by the dataset's present owner, only after the notice."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, RIGHTS, Market

VALID, EXPIRED = 0, 3


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    return market.dataset(owner)


def status(market: Market, licence: int, holder: LocalAccount, dataset: int) -> int:
    answer: int = market.licenses.statusOf(licence, holder.address, dataset, RIGHTS).call()
    return answer


@pytest.mark.parametrize("notice", [0, 1, 7 * DAY], ids=["at once", "a second", "a week"])
@pytest.mark.parametrize("duration", [0, 30 * DAY], ids=["perpetual", "a month"])
def test_a_revoked_licence_ends_once_the_notice_has_passed(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    duration: int, notice: int,
) -> None:  # fmt: skip
    """AUD-L5, AUD-A41"""
    licence = market.licence(owner, dataset, buyer, duration=duration, notice=notice, flags=TermsFlag.Revocable)
    terms = licenses.licenseOf(licence).call()[3]
    chain.at_time(revoked := chain.now() + 500)

    sent = chain.send(licenses.revoke(licence), owner)

    end = revoked + notice
    assert sent.events == [
        licenses.event("LicenseRevoked", licenseId=licence, expiresAt=end),
        licenses.event("MetadataUpdate", id=licence),
    ]
    assert licenses.licenseOf(licence).call() == (buyer.address, dataset, end, terms, True, False)
    if notice:
        if notice > 1:
            chain.mine_at(end - 1)
        assert status(market, licence, buyer, dataset) == VALID
        chain.mine_at(end)
    assert status(market, licence, buyer, dataset) == EXPIRED
    assert not licenses.covers(licence, dataset, end).call()
    assert licenses.covers(licence, dataset, end - 1).call()


@pytest.mark.parametrize("notice", [30 * DAY, PERPETUAL], ids=["as long", "for ever"])
def test_a_revocation_never_prolongs_a_licence(
    chain: Chain,
    licenses: Deployed,
    market: Market,
    dataset: int,
    owner: LocalAccount,
    buyer: LocalAccount,
    notice: int,
) -> None:
    licence = market.licence(owner, dataset, buyer, notice=notice, flags=TermsFlag.Revocable)
    old = licenses.licenseOf(licence).call()[2]
    chain.at_time(chain.now() + 500)

    sent = chain.send(licenses.revoke(licence), owner)

    assert sent.events == [
        licenses.event("LicenseRevoked", licenseId=licence, expiresAt=old),
        licenses.event("MetadataUpdate", id=licence),
    ]
    assert licenses.licenseOf(licence).call()[2] == old


def test_a_perpetual_licence_under_endless_notice_stays_perpetual(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    licence = market.licence(owner, dataset, buyer, duration=0, notice=PERPETUAL, flags=TermsFlag.Revocable)

    chain.send(licenses.revoke(licence), owner)

    assert licenses.licenseOf(licence).call()[2] == PERPETUAL
    with reverts("License_Revoked", licenseId=licence):
        chain.send(licenses.renew(licence, 0), buyer)


def test_an_expired_licence_stays_expired_when_revoked(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """And can no longer be renewed."""
    licence = market.licence(owner, dataset, buyer, duration=DAY, notice=DAY, flags=TermsFlag.Revocable)
    end = licenses.licenseOf(licence).call()[2]
    chain.at_time(end + 5)

    chain.send(licenses.revoke(licence), owner)

    assert licenses.licenseOf(licence).call()[2] == end
    with reverts("License_Revoked", licenseId=licence):
        chain.send(licenses.renew(licence, 0), buyer)


@pytest.mark.parametrize("flags", [0, TermsFlag.Transferable, TermsFlag.DerivativesSurvive])
def test_an_irrevocable_licence_is_not_revoked(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount, flags: int
) -> None:
    """AUD-L5, AUD-A41: Trust: a creator cannot change a sold licence."""
    licence = market.licence(owner, dataset, buyer, flags=flags)

    with reverts("License_Irrevocable", licenseId=licence):
        chain.send(licenses.revoke(licence), owner)


def test_only_the_datasets_present_owner_revokes(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    curator: LocalAccount,
) -> None:  # fmt: skip
    """AUD-L5, AUD-A41"""
    licence = market.licence(owner, dataset, buyer, flags=TermsFlag.Revocable)
    market.give(dataset, owner, curator)

    for caller in (buyer, owner):
        with reverts("License_NotOwner", dataset=dataset, caller=caller.address, owner=curator.address):
            chain.send(licenses.revoke(licence), caller)
    chain.send(licenses.revoke(licence), curator)

    assert licenses.licenseOf(licence).call()[4] is True


def test_a_licence_is_revoked_once(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """A second revocation would let the owner move the end."""
    licence = market.licence(owner, dataset, buyer, flags=TermsFlag.Revocable)
    chain.send(licenses.revoke(licence), owner)

    with reverts("License_Revoked", licenseId=licence):
        chain.send(licenses.revoke(licence), owner)


def test_an_unknown_licence_is_not_revoked(chain: Chain, licenses: Deployed, owner: LocalAccount) -> None:
    with reverts("License_Unknown", licenseId=9):
        chain.send(licenses.revoke(9), owner)


def test_the_revocation_of_one_licence_leaves_the_others(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    first = market.licence(owner, dataset, buyer, flags=TermsFlag.Revocable)
    second = market.licence(owner, dataset, buyer, flags=TermsFlag.Revocable)
    before = licenses.licenseOf(second).call()

    chain.send(licenses.revoke(first), owner)

    assert licenses.licenseOf(second).call() == before
