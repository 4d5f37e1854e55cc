"""Joining a catalogue: both owners consent, in either order, and the terms allow leaving."""

import pytest
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.ids import ETHER
from audiera.protocol.kinds import Kind
from audiera.protocol.terms import Terms, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, ENDLESS, Market, make_terms

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
    """AUD-L10"""
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
    """AUD-L10: Trust: a catalogue's owner adds no member without its owner."""
    for caller in (stranger, curator):
        with reverts("License_NotOwner", dataset=dataset, caller=caller.address, owner=owner.address):
            chain.send(licenses.join(catalogue, TERMS.id(), dataset), caller)
    for caller in (stranger, owner):
        with reverts("License_NotOwner", dataset=catalogue, caller=caller.address, owner=curator.address):
            chain.send(licenses.admit(catalogue, TERMS.id(), dataset), caller)


@pytest.mark.parametrize("moved", ["dataset", "catalogue"])
@pytest.mark.parametrize("how", ["sale", "transfer to oneself", "withdrawAll"])
@pytest.mark.parametrize("member_first", [True, False], ids=["joined", "admitted"])
def test_a_consent_lapses_when_either_changes_hands(
    chain: Chain, licenses: Deployed, datasets: Deployed, market: Market, catalogue: int, dataset: int,
    owner: LocalAccount, curator: LocalAccount, stranger: LocalAccount, member_first: bool, how: str, moved: str,
) -> None:  # fmt: skip
    """AUD-A39: It names both epochs. Attack: a consent to join that serves the catalogue's next owner."""
    owners = {"dataset": owner, "catalogue": curator}
    number, seller = (dataset, owner) if moved == "dataset" else (catalogue, curator)
    steps = {"dataset": licenses.join, "catalogue": licenses.admit}
    first, second = ("dataset", "catalogue") if member_first else ("catalogue", "dataset")
    calls = {side: step(catalogue, TERMS.id(), dataset) for side, step in steps.items()}
    epochs = (1, 0) if moved == "dataset" else (0, 1)
    chain.send(calls[first], owners[first])
    assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call()[2:4] == (member_first, not member_first)

    if how == "withdrawAll":
        chain.send(datasets.withdrawAll(number), seller)
    else:
        owners[moved] = stranger if how == "sale" else seller
        market.give(number, seller, owners[moved])
    answered = chain.send(calls[second], owners[second])
    between = licenses.membershipOf(catalogue, TERMS.id(), dataset).call()
    again = chain.send(calls[first], owners[first])

    assert [event.name for event in answered.events] == ["MembershipAgreed"]
    assert between == (0, 0, not member_first, member_first, *epochs)
    assert [event.name for event in again.events] == ["MembershipAgreed", "MembershipStarted"]
    assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call() == (chain.now(), NEVER, False, False, *epochs)


def test_a_consent_that_lapsed_stays_so_when_the_dataset_comes_back(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, dataset: int, owner: LocalAccount,
    curator: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    chain.send(licenses.join(catalogue, TERMS.id(), dataset), owner)

    market.give(dataset, owner, stranger)
    market.give(dataset, stranger, owner)
    sent = chain.send(licenses.admit(catalogue, TERMS.id(), dataset), curator)

    assert [event.name for event in sent.events] == ["MembershipAgreed"]
    assert licenses.membershipOf(catalogue, TERMS.id(), dataset).call() == (0, 0, False, True, 2, 0)


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


UNFIT = {
    "irrevocable": make_terms(notice=0),
    "irrevocable, derivatives survive": make_terms(flags=int(TermsFlag.DerivativesSurvive)),
    "a notice of a second too much": make_terms(flags=int(TermsFlag.Revocable), notice=366 * DAY + 1),
    "a notice of 136 years": make_terms(flags=int(TermsFlag.Revocable), notice=NEVER),
}
FIT = {
    "a notice of 366 days": make_terms(flags=int(TermsFlag.Revocable), notice=366 * DAY),
    "no notice": make_terms(flags=int(TermsFlag.Revocable), notice=0),
    "derivatives survive": make_terms(flags=int(TermsFlag.Revocable | TermsFlag.DerivativesSurvive)),
}


def ways_in(licenses: Deployed, catalogue: int, terms: Terms, dataset: int) -> list[tuple[ContractFunction, str]]:
    """Every call that puts terms to a catalogue, and who makes it."""
    return [
        (licenses.offer(catalogue, terms.id(), ETHER, 0, ENDLESS), "curator"),
        (licenses.offer(catalogue, terms.id(), licenses.address, 0, 1), "curator"),
        (licenses.join(catalogue, terms.id(), dataset), "owner"),
        (licenses.admit(catalogue, terms.id(), dataset), "curator"),
    ]


@pytest.mark.parametrize("way", range(4), ids=["offer", "private offer", "join", "admit"])
@pytest.mark.parametrize("terms", UNFIT.values(), ids=UNFIT)
def test_terms_that_never_let_a_member_go_are_refused_everywhere(
    request: pytest.FixtureRequest, chain: Chain, licenses: Deployed, market: Market, catalogue: int, dataset: int,
    way: int, terms: Terms,
) -> None:  # fmt: skip
    """AUD-L10, AUD-A39: A notice that keeps a sold dataset on sale by its seller; terms sold and never joined."""
    market.publish(terms)
    call, sender = ways_in(licenses, catalogue, terms, dataset)[way]

    with reverts("Catalogue_UnfitTerms", termsId=terms.id(), flags=terms.flags, notice=terms.notice):
        chain.send(call, request.getfixturevalue(sender))

    assert licenses.membershipOf(catalogue, terms.id(), dataset).call() == NOTHING


@pytest.mark.parametrize("way", range(4), ids=["offer", "private offer", "join", "admit"])
@pytest.mark.parametrize("terms", FIT.values(), ids=FIT)
def test_terms_that_let_a_member_go_within_366_days_are_fit(
    request: pytest.FixtureRequest, chain: Chain, licenses: Deployed, market: Market, catalogue: int, dataset: int,
    way: int, terms: Terms,
) -> None:  # fmt: skip
    market.publish(terms)
    call, sender = ways_in(licenses, catalogue, terms, dataset)[way]

    sent = chain.send(call, request.getfixturevalue(sender))

    assert [event.name for event in sent.events] == ["OfferMade" if way < 2 else "MembershipAgreed"]


@pytest.mark.parametrize("terms", UNFIT.values(), ids=UNFIT)
def test_what_is_no_catalogue_is_offered_under_any_terms(
    licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, terms: Terms
) -> None:
    market.offer(owner, dataset, terms, 7)

    assert licenses.offerOf(dataset, terms.id(), ETHER).call() == [7, ENDLESS]


@pytest.mark.parametrize("way", range(4), ids=["offer", "private offer", "join", "admit"])
def test_terms_nobody_published_are_refused_everywhere(
    request: pytest.FixtureRequest, chain: Chain, licenses: Deployed, catalogue: int, dataset: int, way: int
) -> None:
    unknown = make_terms(unit_price=99)
    call, sender = ways_in(licenses, catalogue, unknown, dataset)[way]

    with reverts("Terms_Unknown", termsId=unknown.id()):
        chain.send(call, request.getfixturevalue(sender))


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
