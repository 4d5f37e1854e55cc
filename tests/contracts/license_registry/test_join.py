"""Joining a catalogue: both owners consent, in either order, and the terms allow leaving."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.kinds import Kind
from audiera.protocol.terms import TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import Market, make_terms

TERMS = make_terms(flags=int(TermsFlag.Revocable))
NEVER = 2**32 - 1
NOTHING = (0, 0, False, False, 0, 0)


@pytest.fixture
def catalogue(market: Market, curator: LocalAccount) -> int:
    market.publish(TERMS)
    return market.catalogue(curator)


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    return market.dataset(owner)


@pytest.mark.parametrize("member_first", [True, False], ids=["joined, then admitted", "admitted, then joined"])
def test_a_membership_starts_when_both_owners_have_consented(
    chain: Chain, licenses: Deployed, catalogue: int, dataset: int, owner: LocalAccount, curator: LocalAccount,
    member_first: bool,
) -> None:  # fmt: skip
    place = {"catalogue": catalogue, "termsId": TERMS.id(), "dataset": dataset}
    steps = [
        (licenses.join(catalogue, TERMS.id(), dataset), owner, True),
        (licenses.admit(catalogue, TERMS.id(), dataset), curator, False),
    ]
    if not member_first:
        steps.reverse()
    assert licenses.membershipOf(*place.values()).call() == NOTHING

    first = chain.send(*steps[0][:2])
    between = licenses.membershipOf(*place.values()).call()
    chain.at_time(since := chain.now() + 60)
    second = chain.send(*steps[1][:2])

    agreed = [
        licenses.event("MembershipAgreed", **place, owner=consenting.address, byMember=by_member)
        for _, consenting, by_member in steps
    ]
    assert first.events == [agreed[0]]
    assert between == (0, 0, member_first, not member_first, 0, 0)
    assert second.events == [agreed[1], licenses.event("MembershipStarted", **place, since=since)]
    assert licenses.membershipOf(*place.values()).call() == (since, NEVER, False, False, 0, 0)


def test_consenting_twice_is_not_two_consents(
    chain: Chain, licenses: Deployed, catalogue: int, dataset: int, owner: LocalAccount, curator: LocalAccount
) -> None:
    """Trust: nobody adds a member without its owner, nor joins without the catalogue's."""
    for _ in range(2):
        chain.send(licenses.admit(catalogue, TERMS.id(), dataset), curator)
        assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call() == (0, 0, False, True, 0, 0)
    other = chain.send(licenses.join(catalogue, TERMS.id(), dataset), owner)

    assert [event.name for event in other.events] == ["MembershipAgreed", "MembershipStarted"]


def test_one_who_owns_both_consents_twice(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, curator: LocalAccount
) -> None:
    own = market.dataset(curator)

    chain.send(licenses.join(catalogue, TERMS.id(), own), curator)
    chain.send(licenses.admit(catalogue, TERMS.id(), own), curator)

    assert licenses.membershipOf(catalogue, TERMS.id(), own).call()[1] == NEVER


def test_only_the_owners_consent(
    chain: Chain, licenses: Deployed, catalogue: int, dataset: int, owner: LocalAccount, curator: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """Trust: a catalogue's owner adds no member without its owner."""
    for caller in (stranger, curator):
        with reverts("License_NotOwner", dataset=dataset, caller=caller.address, owner=owner.address):
            chain.send(licenses.join(catalogue, TERMS.id(), dataset), caller)
    for caller in (stranger, owner):
        with reverts("License_NotOwner", dataset=catalogue, caller=caller.address, owner=curator.address):
            chain.send(licenses.admit(catalogue, TERMS.id(), dataset), caller)


@pytest.mark.parametrize("sold", ["dataset", "catalogue"])
def test_a_consent_ends_when_its_side_changes_hands(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, dataset: int, owner: LocalAccount,
    curator: LocalAccount, stranger: LocalAccount, sold: str,
) -> None:  # fmt: skip
    """Registration squatting's cousin: no owner is bound by a consent of the one before."""
    join, admit = (call(catalogue, TERMS.id(), dataset) for call in (licenses.join, licenses.admit))
    if sold == "dataset":
        chain.send(join, owner)
        market.give(dataset, owner, stranger)
        first, again = chain.send(admit, curator), (join, stranger)
    else:
        chain.send(admit, curator)
        market.give(catalogue, curator, stranger)
        first, again = chain.send(join, owner), (admit, stranger)

    assert [event.name for event in first.events] == ["MembershipAgreed"]
    assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call()[:2] == (0, 0)
    second = chain.send(*again)
    assert [event.name for event in second.events] == ["MembershipAgreed", "MembershipStarted"]


@pytest.mark.parametrize("lapsed", ["dataset", "catalogue"])
def test_a_consent_ends_with_the_epoch(
    chain: Chain, licenses: Deployed, datasets: Deployed, catalogue: int, dataset: int, owner: LocalAccount,
    curator: LocalAccount, lapsed: str,
) -> None:  # fmt: skip
    join, admit = (call(catalogue, TERMS.id(), dataset) for call in (licenses.join, licenses.admit))
    if lapsed == "dataset":
        chain.send(join, owner)
        chain.send(datasets.withdrawAll(dataset), owner)
        sent = chain.send(admit, curator)
    else:
        chain.send(admit, curator)
        chain.send(datasets.withdrawAll(catalogue), curator)
        sent = chain.send(join, owner)

    assert [event.name for event in sent.events] == ["MembershipAgreed"]


def test_a_member_cannot_join_again(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, dataset: int, owner: LocalAccount,
    curator: LocalAccount,
) -> None:  # fmt: skip
    market.member(curator, catalogue, TERMS, owner, dataset)
    place = {"catalogue": catalogue, "termsId": TERMS.id(), "dataset": dataset}

    with reverts("Catalogue_AlreadyMember", **place):
        chain.send(licenses.join(*place.values()), owner)
    with reverts("Catalogue_AlreadyMember", **place):
        chain.send(licenses.admit(*place.values()), curator)


def test_a_dataset_joins_only_a_catalogue(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount
) -> None:
    market.publish(TERMS)
    other = market.dataset(owner)

    for call in (licenses.join(other, TERMS.id(), dataset), licenses.admit(other, TERMS.id(), dataset)):
        with reverts("Catalogue_NotCatalogue", dataset=other):
            chain.send(call, owner)


def test_a_catalogue_joins_nothing(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, curator: LocalAccount
) -> None:
    other = market.dataset(curator, kind=Kind.Catalogue)

    for member in (other, catalogue):
        for call in (licenses.join(catalogue, TERMS.id(), member), licenses.admit(catalogue, TERMS.id(), member)):
            with reverts("Catalogue_JoinsNothing", dataset=member):
                chain.send(call, curator)


def test_only_published_revocable_terms_qualify(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, dataset: int, owner: LocalAccount,
    curator: LocalAccount,
) -> None:  # fmt: skip
    fixed, unknown = make_terms(), make_terms(unit_price=99)
    market.publish(fixed)

    for call, caller in ((licenses.join, owner), (licenses.admit, curator)):
        with reverts("Catalogue_NotRevocable", termsId=fixed.id()):
            chain.send(call(catalogue, fixed.id(), dataset), caller)
        with reverts("Terms_Unknown", termsId=unknown.id()):
            chain.send(call(catalogue, unknown.id(), dataset), caller)


def test_both_sides_must_exist(
    chain: Chain, licenses: Deployed, catalogue: int, dataset: int, owner: LocalAccount, curator: LocalAccount
) -> None:
    unknown = dataset + 1

    with reverts("Registry_UnknownDataset", id=unknown):
        chain.send(licenses.join(unknown, TERMS.id(), dataset), owner)
    with reverts("Registry_UnknownDataset", id=unknown):
        chain.send(licenses.admit(catalogue, TERMS.id(), unknown), curator)


def test_memberships_under_different_terms_stand_apart(
    licenses: Deployed, market: Market, catalogue: int, dataset: int, owner: LocalAccount, curator: LocalAccount
) -> None:
    other = make_terms(flags=int(TermsFlag.Revocable), unit_price=3)

    market.member(curator, catalogue, other, owner, dataset)

    assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call() == NOTHING
    assert licenses.membershipOf(catalogue, other.id(), dataset).call()[1] == NEVER
