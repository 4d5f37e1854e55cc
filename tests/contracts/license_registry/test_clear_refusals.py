"""Clearance refused: every condition by itself."""

from collections.abc import Sequence

import pytest
from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import keccak
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent, lineage_hash
from audiera.protocol.rights import Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import overwrite
from tests.support.licensing import DAY, RIGHTS, Market, make_terms

PPM = 100_000
REVOCABLE, SURVIVE = int(TermsFlag.Revocable), int(TermsFlag.DerivativesSurvive)


@pytest.fixture
def parent(market: Market, owner: LocalAccount) -> int:
    return market.dataset(owner)


@pytest.fixture
def parents(parent: int) -> list[Parent]:
    return [Parent(parent, PPM)]


@pytest.fixture
def child(market: Market, parents: list[Parent], maker: LocalAccount) -> int:
    return market.dataset(maker, parents=parents)


@pytest.fixture
def licence(market: Market, parent: int, owner: LocalAccount, maker: LocalAccount) -> int:
    """Good for clearing the child."""
    return market.licence(owner, parent, maker)


def test_only_the_owner_clears(
    market: Market, parents: list[Parent], child: int, licence: int, maker: LocalAccount, owner: LocalAccount
) -> None:
    with reverts("License_NotOwner", dataset=child, caller=owner.address, owner=maker.address):
        market.clear(owner, child, parents, [licence])


def test_a_dataset_without_parents_needs_no_clearance(market: Market, parent: int, owner: LocalAccount) -> None:
    with reverts("Clearance_NotDerived", dataset=parent):
        market.clear(owner, parent, [], [])


def test_an_unknown_dataset_is_not_cleared(market: Market, child: int, maker: LocalAccount) -> None:
    with reverts("Registry_UnknownDataset", id=child + 1):
        market.clear(maker, child + 1, [], [])


def test_the_parents_are_those_of_the_lineage(
    market: Market, parent: int, parents: list[Parent], child: int, licence: int, maker: LocalAccount
) -> None:
    """Trust: an owner cannot drop a parent, add one, or change what it shares."""
    own = market.dataset(maker)
    others = [[Parent(parent, PPM - 1)], [Parent(own, PPM)], [*parents, Parent(own, 0)]]

    for given in others:
        with reverts("Clearance_WrongParents", dataset=child, lineage=lineage_hash(parents), given=lineage_hash(given)):
            market.clear(maker, child, given, [licence] * len(given))


def hash_in_any_order(parents: Sequence[Parent]) -> bytes:
    """What the registry makes of any list of parents, even of one that no dataset could have."""
    pairs = [(parent.dataset, parent.ppm) for parent in parents]
    return keccak(encode(["(uint32,uint32)[]"], [pairs]))


def test_no_parent_is_left_out_or_taken_out_of_order(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, maker: LocalAccount
) -> None:
    parents = [Parent(market.dataset(owner), 1), Parent(market.dataset(maker), 1)]
    child = market.dataset(maker, parents=parents)

    for given in ([], parents[1:], parents[::-1], parents[:1]):
        pairs = [(parent.dataset, parent.ppm) for parent in given]
        hashes = {"lineage": lineage_hash(parents), "given": hash_in_any_order(given)}
        with reverts("Clearance_WrongParents", dataset=child, **hashes):
            chain.send(licenses.clear(child, pairs, [0] * len(given)), maker)


@pytest.mark.parametrize("count", [0, 2])
def test_there_is_one_licence_for_each_parent(
    market: Market, parents: list[Parent], child: int, licence: int, maker: LocalAccount, count: int
) -> None:
    with reverts("Clearance_LengthMismatch", parents=1, licenses=count):
        market.clear(maker, child, parents, [licence] * count)


def test_a_parent_of_somebody_else_needs_a_licence(
    market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount
) -> None:
    with reverts("Clearance_NeedsLicense", parent=parent, parentOwner=owner.address, owner=maker.address):
        market.clear(maker, child, parents, [0])


def test_a_parent_that_was_sold_needs_a_licence_from_then_on(
    market: Market, maker: LocalAccount, buyer: LocalAccount
) -> None:
    parents = [Parent(market.dataset(maker), 0)]
    child = market.dataset(maker, parents=parents)
    market.give(parents[0].dataset, maker, buyer)

    with reverts("Clearance_NeedsLicense", parent=parents[0].dataset, parentOwner=buyer.address, owner=maker.address):
        market.clear(maker, child, parents, [0])


def test_a_licence_held_by_somebody_else_clears_nothing(
    market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount,
    buyer: LocalAccount,
) -> None:  # fmt: skip
    """AUD-L8: Nor one that nobody holds. A malicious inherited policy never enters without its holder."""
    others = market.licence(owner, parent, buyer)

    for number in (others, others + 1, 2**256 - 1):
        with reverts("Clearance_LicenseInvalid", parent=parent, licenseId=number, owner=maker.address):
            market.clear(maker, child, parents, [number])


def test_a_signer_of_the_owner_does_not_lend_its_licence(
    chain: Chain, licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int,
    owner: LocalAccount, maker: LocalAccount, buyer: LocalAccount,
) -> None:  # fmt: skip
    others = market.licence(owner, parent, buyer)
    chain.send(licenses.setSigner(maker.address, 7, 2**64 - 1), buyer)

    with reverts("Clearance_LicenseInvalid", parent=parent, licenseId=others, owner=maker.address):
        market.clear(maker, child, parents, [others])


def test_a_licence_clears_until_the_second_it_expires(
    chain: Chain, licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int, licence: int,
    maker: LocalAccount,
) -> None:  # fmt: skip
    """Licences: expired members are excluded."""
    expires = licenses.licenseOf(licence).call()[2]

    chain.at_time(expires - 1)
    market.clear(maker, child, parents, [licence])
    chain.at_time(expires)
    with reverts("Clearance_LicenseInvalid", parent=parent, licenseId=licence, owner=maker.address):
        market.clear(maker, child, parents, [licence])


def test_a_licence_of_another_dataset_clears_nothing(
    market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount
) -> None:
    elsewhere = market.licence(owner, market.dataset(owner), maker)

    with reverts("Clearance_LicenseInvalid", parent=parent, licenseId=elsewhere, owner=maker.address):
        market.clear(maker, child, parents, [elsewhere])


@pytest.mark.parametrize("left", [False, True], ids=["never a member", "left"])
def test_a_catalogues_licence_clears_only_the_children_of_members(
    chain: Chain, licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int,
    owner: LocalAccount, maker: LocalAccount, curator: LocalAccount, left: bool,
) -> None:  # fmt: skip
    catalogue, terms = market.catalogue(curator), make_terms(flags=REVOCABLE | SURVIVE, notice=0)
    licence = market.licence(curator, catalogue, maker, flags=terms.flags, notice=0)
    if left:
        market.member(curator, catalogue, terms, owner, parent)
        chain.send(licenses.leave(catalogue, terms.id(), parent), owner)

    with reverts("Clearance_LicenseInvalid", parent=parent, licenseId=licence, owner=maker.address):
        market.clear(maker, child, parents, [licence])


@pytest.mark.parametrize("duration", [0, 30 * DAY], ids=["perpetual", "a month"])
def test_a_revocable_licence_clears_nothing_unless_derivatives_survive(
    market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount,
    duration: int,
) -> None:  # fmt: skip
    """AUD-L8"""
    licence = market.licence(owner, parent, maker, flags=REVOCABLE, duration=duration)

    with reverts("Clearance_Revocable", licenseId=licence):
        market.clear(maker, child, parents, [licence])


def test_a_catalogues_licence_clears_nothing_unless_derivatives_survive(
    market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount,
    curator: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A37: A catalogue's terms are always revocable."""
    catalogue, terms = market.catalogue(curator), make_terms(flags=REVOCABLE)
    market.member(curator, catalogue, terms, owner, parent)
    licence = market.licence(curator, catalogue, maker, flags=REVOCABLE)

    with reverts("Clearance_Revocable", licenseId=licence):
        market.clear(maker, child, parents, [licence])


def test_a_revoked_licence_clears_nothing_within_its_notice_either(
    chain: Chain, licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int,
    owner: LocalAccount, maker: LocalAccount,
) -> None:  # fmt: skip
    """AUD-L8, AUD-A37: Attack: clearing for ever with what is about to end."""
    licence = market.licence(owner, parent, maker, flags=REVOCABLE | SURVIVE, notice=7 * DAY)
    chain.send(licenses.revoke(licence), owner)
    assert licenses.isAuthorized(licence, maker.address, parent, RIGHTS).call()

    with reverts("Clearance_LicenseEnding", parent=parent, licenseId=licence):
        market.clear(maker, child, parents, [licence])
    chain.at_time(licenses.licenseOf(licence).call()[2])
    with reverts("Clearance_LicenseInvalid", parent=parent, licenseId=licence, owner=maker.address):
        market.clear(maker, child, parents, [licence])

    assert licenses.clearanceOf(child).call() == (0, 0)


@pytest.mark.parametrize("who", ["owner", "curator"])
def test_a_membership_that_was_left_clears_nothing_within_its_notice_either(
    chain: Chain, licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int,
    owner: LocalAccount, maker: LocalAccount, curator: LocalAccount, who: str,
) -> None:  # fmt: skip
    """AUD-L8, AUD-A37: Clearing for ever by a member that is about to go. When it comes back, it clears again."""
    catalogue, terms = market.catalogue(curator), make_terms(flags=REVOCABLE | SURVIVE, notice=7 * DAY)
    market.member(curator, catalogue, terms, owner, parent)
    licence = market.licence(curator, catalogue, maker, flags=terms.flags, notice=terms.notice)
    chain.send(licenses.leave(catalogue, terms.id(), parent), owner if who == "owner" else curator)
    assert licenses.isAuthorized(licence, maker.address, parent, RIGHTS).call()

    with reverts("Clearance_LicenseEnding", parent=parent, licenseId=licence):
        market.clear(maker, child, parents, [licence])
    assert licenses.clearanceOf(child).call() == (0, 0)
    market.member(curator, catalogue, terms, owner, parent)
    market.clear(maker, child, parents, [licence])

    assert licenses.clearanceOf(child).call() == (RIGHTS, PERPETUAL)


def test_the_catalogues_revoked_licence_clears_nothing_within_its_notice_either(
    chain: Chain, licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int,
    owner: LocalAccount, maker: LocalAccount, curator: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A37"""
    catalogue, terms = market.catalogue(curator), make_terms(flags=REVOCABLE | SURVIVE, notice=7 * DAY)
    market.member(curator, catalogue, terms, owner, parent)
    licence = market.licence(curator, catalogue, maker, flags=terms.flags, notice=terms.notice)
    chain.send(licenses.revoke(licence), curator)

    with reverts("Clearance_LicenseEnding", parent=parent, licenseId=licence):
        market.clear(maker, child, parents, [licence])


@pytest.mark.parametrize("licensed", [False, True], ids=["of the same owner", "licensed"])
def test_a_catalogue_clears_no_child_of_its_own(
    chain: Chain, licenses: Deployed, datasets: Deployed, market: Market, owner: LocalAccount, maker: LocalAccount,
    licensed: bool,
) -> None:  # fmt: skip
    """AUD-A37: What no member granted, granted by the catalogue. `register` refuses such a lineage, and `clear` too.

    The parent is made a catalogue in storage, where no call can do it.
    """
    seller = owner if licensed else maker
    parents = [Parent(market.dataset(seller), 0)]
    child = market.dataset(maker, parents=parents)
    licence = market.licence(owner, parents[0].dataset, maker, duration=0) if licensed else 0
    overwrite(chain, datasets, parents[0].dataset, 0xFF << 48, Kind.Catalogue << 48)

    with reverts("Clearance_CatalogueParent", parent=parents[0].dataset):
        market.clear(maker, child, parents, [licence])

    assert licenses.clearanceOf(child).call() == (0, 0)


def test_a_licence_without_the_right_of_derivation_clears_nothing(
    market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount
) -> None:
    """AUD-L8"""
    rights = RIGHTS & ~int(Right.Derivation)
    licence = market.licence(owner, parent, maker, rights=rights)

    with reverts("Clearance_NoDerivationRight", licenseId=licence, rights=rights):
        market.clear(maker, child, parents, [licence])


def test_a_licence_that_asks_for_more_than_the_declared_share_clears_nothing(
    market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount
) -> None:
    licence = market.licence(owner, parent, maker, derivative_ppm=PPM + 1)

    with reverts("Clearance_ShareTooSmall", parent=parent, ppm=PPM, required=PPM + 1):
        market.clear(maker, child, parents, [licence])


@pytest.mark.parametrize("same_owner", [True, False], ids=["of the same owner", "licensed while cleared"])
def test_a_derived_parent_must_itself_be_cleared(
    chain: Chain, market: Market, parents: list[Parent], child: int, licence: int, maker: LocalAccount,
    buyer: LocalAccount, same_owner: bool,
) -> None:  # fmt: skip
    """P8."""
    lineage = [Parent(child, 0)]
    grandchild_owner = maker if same_owner else buyer
    grandchild = market.dataset(grandchild_owner, parents=lineage)
    if same_owner:
        with reverts("Clearance_Missing", dataset=child):
            market.clear(maker, grandchild, lineage, [0])
    market.clear(maker, child, parents, [licence])
    held = 0 if same_owner else market.licence(maker, child, buyer, duration=DAY)
    until = market.licenses.clearanceOf(child).call()[1]

    market.clear(grandchild_owner, grandchild, lineage, [held])
    chain.at_time(until)
    with reverts("Clearance_Missing", dataset=child):
        market.clear(grandchild_owner, grandchild, lineage, [held])


def test_a_clearance_refused_leaves_the_one_before(
    licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int, licence: int,
    owner: LocalAccount, maker: LocalAccount,
) -> None:  # fmt: skip
    market.clear(maker, child, parents, [licence])
    before = licenses.clearanceOf(child).call()
    worse = market.licence(owner, parent, maker, flags=REVOCABLE)

    with reverts("Clearance_Revocable", licenseId=worse):
        market.clear(maker, child, parents, [worse])
    assert licenses.clearanceOf(child).call() == before
    assert licenses.licenseOf(worse).call()[5] is False


def test_a_child_cannot_be_cleared_by_a_licence_of_itself(market: Market, child: int, maker: LocalAccount) -> None:
    """A dataset cannot clear itself with a licence of itself: licences of it need the clearance first."""
    with reverts("Clearance_Missing", dataset=child):
        market.offer(maker, child, make_terms(duration=DAY))
