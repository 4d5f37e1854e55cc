"""Leaving a catalogue, and what a catalogue's licence covers meanwhile."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.terms import TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, RIGHTS, Market, make_terms

TERMS = make_terms(flags=int(TermsFlag.Revocable), duration=60 * DAY, notice=7 * DAY)
NEVER = 2**32 - 1
VALID, NOT_COVERED = 0, 4


@pytest.fixture
def catalogue(market: Market, curator: LocalAccount) -> int:
    number = market.catalogue(curator)
    market.offer(curator, number, TERMS, 50)
    return number


@pytest.fixture
def licence(market: Market, catalogue: int, buyer: LocalAccount) -> int:
    """Of the catalogue."""
    return market.acquire(buyer, catalogue, TERMS, 50)


@pytest.fixture
def dataset(market: Market, licence: int, catalogue: int, curator: LocalAccount, owner: LocalAccount) -> int:
    """A member, since after the licence was sold."""
    assert licence == 1
    number = market.dataset(owner)
    market.member(curator, catalogue, TERMS, owner, number)
    return number


def covered(licenses: Deployed, licence: int, dataset: int, time: int) -> bool:
    answer: bool = licenses.covers(licence, dataset, time).call()
    told: bool = licenses.usageTermsOf(licence, dataset, time).call()[1]
    assert told is answer
    return answer


def test_one_purchase_covers_every_member_whenever_it_joined(
    licenses: Deployed, market: Market, catalogue: int, licence: int, dataset: int,
    buyer: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    """The price went to the catalogue's account; the member is paid by its use."""
    outside = market.dataset(stranger)

    assert licenses.statusOf(licence, buyer.address, dataset, RIGHTS).call() == VALID
    assert licenses.statusOf(licence, buyer.address, catalogue, RIGHTS).call() == VALID
    assert licenses.statusOf(licence, buyer.address, outside, RIGHTS).call() == NOT_COVERED
    assert (market.received(catalogue), market.received(dataset)) == (50, 0)


def test_coverage_starts_with_the_membership_and_not_before(
    licenses: Deployed, catalogue: int, licence: int, dataset: int
) -> None:
    since = licenses.membershipOf(catalogue, TERMS.id(), dataset).call()[0]
    expires = licenses.licenseOf(licence).call()[2]

    found = [covered(licenses, licence, dataset, time) for time in (0, since - 1, since, expires - 1, expires, NEVER)]

    assert found == [False, False, True, True, False, False]


def test_a_licence_covers_members_under_its_own_terms_only(
    licenses: Deployed, market: Market, catalogue: int, dataset: int, curator: LocalAccount, buyer: LocalAccount
) -> None:
    other = make_terms(flags=int(TermsFlag.Revocable), unit_price=1)
    market.offer(curator, catalogue, other)
    cheaper = market.acquire(buyer, catalogue, other)

    assert licenses.statusOf(cheaper, buyer.address, dataset, RIGHTS).call() == NOT_COVERED


def test_a_licence_of_a_member_does_not_cover_the_catalogue_or_other_members(
    licenses: Deployed, market: Market, catalogue: int, dataset: int, owner: LocalAccount, curator: LocalAccount,
    buyer: LocalAccount,
) -> None:  # fmt: skip
    second = market.dataset(owner)
    market.member(curator, catalogue, TERMS, owner, second)
    market.offer(owner, dataset, TERMS)
    direct = market.acquire(buyer, dataset, TERMS)

    assert licenses.statusOf(direct, buyer.address, catalogue, RIGHTS).call() == NOT_COVERED
    assert licenses.statusOf(direct, buyer.address, second, RIGHTS).call() == NOT_COVERED


@pytest.mark.parametrize("who", ["owner", "curator"])
def test_leaving_takes_effect_after_the_notice(
    chain: Chain, licenses: Deployed, catalogue: int, licence: int, dataset: int, owner: LocalAccount,
    curator: LocalAccount, who: str,
) -> None:  # fmt: skip
    """AUD-L10"""
    since = licenses.membershipOf(catalogue, TERMS.id(), dataset).call()[0]
    chain.at_time(left := chain.now() + 300)

    sent = chain.send(licenses.leave(catalogue, TERMS.id(), dataset), owner if who == "owner" else curator)

    until = left + 7 * DAY
    place = {"catalogue": catalogue, "termsId": TERMS.id(), "dataset": dataset}
    assert sent.events == [licenses.event("MembershipEnded", **place, until=until)]
    assert licenses.membershipOf(*place.values()).call() == (since, until, False, False, 0, 0)
    assert covered(licenses, licence, dataset, until - 1)
    assert not covered(licenses, licence, dataset, until)


def test_leaving_again_does_not_move_the_end(
    chain: Chain, licenses: Deployed, catalogue: int, dataset: int, owner: LocalAccount, curator: LocalAccount
) -> None:
    chain.at_time(left := chain.now() + 300)
    chain.send(licenses.leave(catalogue, TERMS.id(), dataset), owner)

    chain.at_time(left + DAY)
    sent = chain.send(licenses.leave(catalogue, TERMS.id(), dataset), curator)

    assert sent.events[0].fields["until"] == left + 7 * DAY


def test_what_has_ended_cannot_be_left(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, dataset: int, owner: LocalAccount
) -> None:
    stranger_to_it = market.dataset(owner)
    chain.at_time(left := chain.now() + 300)
    chain.send(licenses.leave(catalogue, TERMS.id(), dataset), owner)

    chain.mine_at(left + 7 * DAY)

    for number in (dataset, stranger_to_it):
        with reverts("Catalogue_NotMember", catalogue=catalogue, termsId=TERMS.id(), dataset=number):
            chain.send(licenses.leave(catalogue, TERMS.id(), number), owner)


def test_only_the_two_owners_end_a_membership(
    chain: Chain, licenses: Deployed, catalogue: int, dataset: int, buyer: LocalAccount, owner: LocalAccount
) -> None:
    """AUD-L10"""
    with reverts("Catalogue_NotParty", catalogue=catalogue, dataset=dataset, caller=buyer.address):
        chain.send(licenses.leave(catalogue, TERMS.id(), dataset), buyer)
    unknown = make_terms(unit_price=99).id()
    with reverts("Terms_Unknown", termsId=unknown):
        chain.send(licenses.leave(catalogue, unknown, dataset), owner)


@pytest.mark.parametrize("consented", ["join", "admit"])
@pytest.mark.parametrize("who", ["owner", "curator"])
def test_an_open_consent_is_withdrawn_at_once_by_either_owner(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, owner: LocalAccount, curator: LocalAccount,
    consented: str, who: str,
) -> None:  # fmt: skip
    dataset = market.dataset(owner)
    join, admit = (
        (call(catalogue, TERMS.id(), dataset), by) for call, by in ((licenses.join, owner), (licenses.admit, curator))
    )
    chain.send(*(join if consented == "join" else admit))

    sent = chain.send(licenses.leave(catalogue, TERMS.id(), dataset), owner if who == "owner" else curator)
    other = chain.send(*(admit if consented == "join" else join))

    assert sent.events[0].fields["until"] == 0
    assert [event.name for event in other.events] == ["MembershipAgreed"]


def test_coming_back_within_the_notice_leaves_no_gap(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, dataset: int,
    owner: LocalAccount, curator: LocalAccount,
) -> None:  # fmt: skip
    since = licenses.membershipOf(catalogue, TERMS.id(), dataset).call()[0]
    chain.at_time(left := chain.now() + 300)
    chain.send(licenses.leave(catalogue, TERMS.id(), dataset), owner)

    chain.at_time(left + 7 * DAY - 2)
    sent = market.member(curator, catalogue, TERMS, owner, dataset)

    assert sent.events[-1].fields["since"] == since
    assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call() == (since, NEVER, False, False, 0, 0)


@pytest.mark.parametrize("sold", ["dataset", "catalogue"])
@pytest.mark.parametrize("who", ["member", "host"])
def test_leaving_ends_a_membership_whoever_owns_by_then(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, licence: int, dataset: int, owner: LocalAccount,
    curator: LocalAccount, stranger: LocalAccount, who: str, sold: str,
) -> None:  # fmt: skip
    """Neither side's sale within the notice undoes or delays it."""
    chain.at_time(left := chain.now() + 300)
    chain.send(licenses.leave(catalogue, TERMS.id(), dataset), owner if who == "member" else curator)

    if sold == "dataset":
        market.give(dataset, owner, stranger)
    else:
        market.give(catalogue, curator, stranger)

    assert covered(licenses, licence, dataset, left + 7 * DAY - 1)
    assert not covered(licenses, licence, dataset, left + 7 * DAY)


def test_one_consent_within_the_notice_keeps_nobody(
    chain: Chain, licenses: Deployed, datasets: Deployed, catalogue: int, licence: int, dataset: int,
    owner: LocalAccount, curator: LocalAccount,
) -> None:  # fmt: skip
    """And lapses with the epoch: the other's then starts nothing."""
    since = licenses.membershipOf(catalogue, TERMS.id(), dataset).call()[0]
    chain.at_time(left := chain.now() + 300)
    chain.send(licenses.leave(catalogue, TERMS.id(), dataset), curator)

    chain.send(licenses.join(catalogue, TERMS.id(), dataset), owner)
    chain.send(datasets.withdrawAll(dataset), owner)
    sent = chain.send(licenses.admit(catalogue, TERMS.id(), dataset), curator)

    until = left + 7 * DAY
    assert [event.name for event in sent.events] == ["MembershipAgreed"]
    assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call() == (since, until, False, True, 1, 0)
    assert not covered(licenses, licence, dataset, until)


def test_a_sold_dataset_leaves_its_sellers_catalogue_within_366_days(
    chain: Chain, licenses: Deployed, datasets: Deployed, market: Market, curator: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A39: A seller that goes on selling what it sold, under the longest notice, in a catalogue that it keeps."""
    longest = make_terms(flags=int(TermsFlag.Revocable), duration=0, notice=366 * DAY)
    catalogue, dataset = market.catalogue(curator), market.dataset(curator)
    market.member(curator, catalogue, longest, curator, dataset)
    market.offer(curator, catalogue, longest)
    market.give(dataset, curator, stranger)

    chain.send(datasets.withdrawAll(dataset), stranger)
    chain.at_time(left := chain.now() + 10)
    chain.send(licenses.leave(catalogue, longest.id(), dataset), stranger)
    chain.at_time(left + 366 * DAY - 1)
    licence = market.acquire(buyer, catalogue, longest)
    last = licenses.statusOf(licence, buyer.address, dataset, RIGHTS).call()
    chain.mine_at(left + 366 * DAY)

    assert (last, licenses.statusOf(licence, buyer.address, dataset, RIGHTS).call()) == (VALID, NOT_COVERED)
    sent = market.member(curator, catalogue, longest, stranger, dataset)
    assert [event.name for event in sent.events] == ["MembershipAgreed", "MembershipStarted"]


def test_coming_back_later_starts_anew(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, licence: int, dataset: int,
    owner: LocalAccount, curator: LocalAccount,
) -> None:  # fmt: skip
    """The time between is not covered, in hindsight either."""
    chain.at_time(left := chain.now() + 300)
    chain.send(licenses.leave(catalogue, TERMS.id(), dataset), owner)
    chain.mine_at(left + 9 * DAY)
    market.publish(TERMS)

    market.member(curator, catalogue, TERMS, owner, dataset)

    since = chain.now()
    assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call()[:2] == (since, NEVER)
    assert covered(licenses, licence, dataset, since)
    assert not covered(licenses, licence, dataset, left + 8 * DAY)


def test_a_membership_binds_later_owners_of_both(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, licence: int, dataset: int,
    owner: LocalAccount, curator: LocalAccount, buyer: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    market.give(dataset, owner, stranger)
    market.give(catalogue, curator, stranger)

    assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call()[1:] == (NEVER, False, False, 0, 0)
    assert licenses.statusOf(licence, buyer.address, dataset, RIGHTS).call() == VALID
    for former in (owner, curator):
        with reverts("Catalogue_NotParty", catalogue=catalogue, dataset=dataset, caller=former.address):
            chain.send(licenses.leave(catalogue, TERMS.id(), dataset), former)
    chain.send(licenses.leave(catalogue, TERMS.id(), dataset), stranger)


def test_the_catalogues_licence_is_revoked_by_its_owner_and_not_by_a_members(
    chain: Chain, licenses: Deployed, catalogue: int, licence: int, dataset: int, owner: LocalAccount,
    curator: LocalAccount,
) -> None:  # fmt: skip
    with reverts("License_NotOwner", dataset=catalogue, caller=owner.address, owner=curator.address):
        chain.send(licenses.revoke(licence), owner)
    chain.at_time(now := chain.now() + 10)
    chain.send(licenses.revoke(licence), curator)

    assert covered(licenses, licence, dataset, now + 7 * DAY - 1)
    assert not covered(licenses, licence, dataset, now + 7 * DAY)
