"""Clearance: what the parents' licences allow a derived dataset, fixed as rights and a time."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.lineage import Parent
from audiera.protocol.rights import ALL_RIGHTS, Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain, Deployed
from tests.support.licensing import DAY, REF, RIGHTS, Market, make_terms
from tests.support.splits import shares_of, split_of
from tests.support.suite import Suite

CONTENT = (0, 0, 3, REF, REF)  # three recordings, whose hashes do not matter here
DERIVATION = int(Right.Derivation)
SURVIVE, REVOCABLE = int(TermsFlag.DerivativesSurvive), int(TermsFlag.Revocable)


@pytest.fixture
def parent(market: Market, owner: LocalAccount) -> int:
    return market.dataset(owner)


@pytest.fixture
def parents(parent: int) -> list[Parent]:
    return [Parent(parent, 100_000)]


@pytest.fixture
def child(market: Market, parents: list[Parent], maker: LocalAccount) -> int:
    return market.dataset(maker, parents=parents)


def expiry(market: Market, licence: int) -> int:
    second: int = market.licenses.licenseOf(licence).call()[2]
    return second


@pytest.mark.parametrize("rights", [RIGHTS, ALL_RIGHTS, DERIVATION], ids=["some", "all", "derivation alone"])
def test_one_licence_of_the_parent_clears_its_child(
    licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount,
    maker: LocalAccount, rights: int,
) -> None:  # fmt: skip
    licence = market.licence(owner, parent, maker, rights=rights, flags=int(TermsFlag.Transferable))
    assert licenses.clearanceOf(child).call() == (0, 0)

    sent = market.clear(maker, child, parents, [licence])

    until = expiry(market, licence)
    assert sent.events == [
        licenses.event("Locked", tokenId=licence),
        licenses.event("MetadataUpdate", id=licence),
        licenses.event("DatasetCleared", dataset=child, rightsCeiling=rights, until=until, licenseIds=(licence,)),
    ]
    assert licenses.clearanceOf(child).call() == (rights, until)


@pytest.mark.parametrize("duration", [0, 5 * DAY], ids=["perpetual", "five days"])
@pytest.mark.parametrize(
    "flags",
    [0, SURVIVE, SURVIVE | REVOCABLE],
    ids=["ends with it", "derivatives survive", "revocable, and they survive"],
)
def test_a_clearance_ends_with_the_licence_unless_derivatives_survive(
    licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount,
    maker: LocalAccount, duration: int, flags: int,
) -> None:  # fmt: skip
    """AUD-A34: Licences: child outlives parent."""
    licence = market.licence(owner, parent, maker, duration=duration, flags=flags)

    market.clear(maker, child, parents, [licence])

    assert licenses.clearanceOf(child).call() == (RIGHTS, PERPETUAL if flags else expiry(market, licence))


@pytest.mark.parametrize("by_catalogue", [False, True], ids=["of the parent", "of a catalogue"])
def test_a_clearance_stands_when_the_licence_it_rests_on_is_revoked(
    chain: Chain, licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int,
    owner: LocalAccount, curator: LocalAccount, maker: LocalAccount, by_catalogue: bool,
) -> None:  # fmt: skip
    """Its derivatives survive: what was cleared before stays so, after the notice too."""
    terms = make_terms(flags=SURVIVE | REVOCABLE)
    seller, licensed = (curator, market.catalogue(curator)) if by_catalogue else (owner, parent)
    if by_catalogue:
        market.member(curator, licensed, terms, owner, parent)
    licence = market.licence(seller, licensed, maker, flags=terms.flags)
    market.clear(maker, child, parents, [licence])

    chain.send(licenses.revoke(licence), seller)
    if by_catalogue:
        chain.send(licenses.leave(licensed, terms.id(), parent), owner)
    chain.mine_at(expiry(market, licence))

    assert licenses.clearanceOf(child).call() == (RIGHTS, PERPETUAL)
    market.offer(maker, child, make_terms(duration=0))


@pytest.mark.parametrize(("asked", "shared"), [(0, 0), (0, 100_000), (100_000, 100_000), (900_000, 900_000)])
def test_the_declared_share_is_at_least_what_the_licence_asks(
    licenses: Deployed, market: Market, parent: int, owner: LocalAccount, maker: LocalAccount, asked: int, shared: int
) -> None:
    parents = [Parent(parent, shared)]
    child = market.dataset(maker, parents=parents)
    licence = market.licence(owner, parent, maker, derivative_ppm=asked)

    market.clear(maker, child, parents, [licence])

    assert licenses.clearanceOf(child).call()[0] == RIGHTS


def test_several_parents_leave_what_they_all_allow_for_the_shortest_time(
    licenses: Deployed, market: Market, owner: LocalAccount, curator: LocalAccount, maker: LocalAccount
) -> None:
    parents = [Parent(market.dataset(each), 10) for each in (owner, curator, owner)]
    child = market.dataset(maker, parents=parents)
    granted = [RIGHTS | Right.Playback, DERIVATION | Right.Playback | Right.Training, ALL_RIGHTS]
    held = [
        market.licence(each, parent.dataset, maker, rights=int(rights), duration=days * DAY, flags=flags)
        for each, parent, rights, days, flags in zip(
            (owner, curator, owner), parents, granted, (90, 60, 1), (0, 0, SURVIVE), strict=True
        )
    ]

    sent = market.clear(maker, child, parents, held)

    ceiling = int(DERIVATION | Right.Playback | Right.Training)
    assert sent.events[-1].fields["licenseIds"] == tuple(held)
    assert licenses.clearanceOf(child).call() == (ceiling, expiry(market, held[1]))
    assert all(licenses.locked(licence).call() for licence in held)


def test_a_parent_of_the_same_owner_needs_no_licence_and_limits_nothing(
    licenses: Deployed, market: Market, maker: LocalAccount
) -> None:
    parents = [Parent(market.dataset(maker), 0)]
    child = market.dataset(maker, parents=parents)

    sent = market.clear(maker, child, parents, [0])

    assert sent.events == [
        licenses.event("DatasetCleared", dataset=child, rightsCeiling=ALL_RIGHTS, until=PERPETUAL, licenseIds=(0,))
    ]
    assert licenses.clearanceOf(child).call() == (ALL_RIGHTS, PERPETUAL)


def test_a_licence_of_ones_own_parent_counts_if_it_is_given(
    licenses: Deployed, market: Market, maker: LocalAccount
) -> None:
    parents = [Parent(market.dataset(maker), 0)]
    child = market.dataset(maker, parents=parents)
    licence = market.licence(maker, parents[0].dataset, maker)

    market.clear(maker, child, parents, [licence])

    assert licenses.clearanceOf(child).call() == (RIGHTS, expiry(market, licence))


@pytest.mark.parametrize("licensed", [False, True], ids=["of the same owner", "licensed"])
def test_a_derived_parents_own_clearance_always_enters(
    licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount,
    maker: LocalAccount, buyer: LocalAccount, licensed: bool,
) -> None:  # fmt: skip
    """P8. Here the grandchild's licence is as wide and as long as its parent's clearance lets it be."""
    rights = DERIVATION | Right.Training
    own = market.licence(owner, parent, maker, rights=int(rights), duration=9 * DAY)
    market.clear(maker, child, parents, [own])
    grandchild_owner = buyer if licensed else maker
    lineage = [Parent(child, 5)]
    grandchild = market.dataset(grandchild_owner, parents=lineage)
    held = market.licence(maker, child, buyer, rights=DERIVATION, duration=8 * DAY, flags=SURVIVE) if licensed else 0

    market.clear(grandchild_owner, grandchild, lineage, [held])

    expected = (DERIVATION if licensed else int(rights), expiry(market, own))
    assert licenses.clearanceOf(grandchild).call() == expected


def test_a_catalogues_licence_clears_the_children_of_its_members(
    licenses: Deployed, market: Market, owner: LocalAccount, curator: LocalAccount, maker: LocalAccount
) -> None:
    """One blanket licence for both parents. Its terms are revocable, as a catalogue's must be; derivatives survive."""
    terms = make_terms(flags=SURVIVE | REVOCABLE, notice=3 * DAY)
    catalogue = market.catalogue(curator)
    parents = [Parent(market.dataset(owner), 7), Parent(market.dataset(owner), 8)]
    for parent in parents:
        market.member(curator, catalogue, terms, owner, parent.dataset)
    child = market.dataset(maker, parents=parents)
    licence = market.licence(curator, catalogue, maker, flags=terms.flags, notice=terms.notice)

    sent = market.clear(maker, child, parents, [licence, licence])

    assert [event.name for event in sent.events] == ["MetadataUpdate", "DatasetCleared"]
    assert licenses.clearanceOf(child).call() == (RIGHTS, PERPETUAL)


def test_a_clearance_stays_with_a_dataset_that_is_sold(
    licenses: Deployed, market: Market, parent: int, parents: list[Parent], child: int, owner: LocalAccount,
    maker: LocalAccount, buyer: LocalAccount,
) -> None:  # fmt: skip
    licence = market.licence(owner, parent, maker)
    market.clear(maker, child, parents, [licence])
    before = licenses.clearanceOf(child).call()

    market.give(child, maker, buyer)
    market.offer(buyer, child, make_terms(rights=DERIVATION, duration=DAY))

    assert licenses.clearanceOf(child).call() == before


def test_a_dataset_of_255_parents_is_cleared_in_a_transaction(
    chain: Chain, suite: Suite, market: Market, owner: LocalAccount, maker: LocalAccount
) -> None:
    """Mainnet caps a transaction at 2^24 gas."""
    terms_id = market.publish(make_terms())
    for first in range(1, 256, 51):
        some = range(first, first + 51)
        chain.send(suite.datasets.registerMany([CONTENT] * 51, shares_of(split_of((owner, 1_000_000)))), owner)
        offers = [market.licenses.offer(number, terms_id, maker.address, 0, 1) for number in some]
        chain.send(market.licenses.multicall([offer._encode_transaction_data() for offer in offers]), owner)
        chain.send(market.licenses.acquireMany([(it, terms_id, 0, maker.address, REF) for it in some]), maker)
    parents = [Parent(number, 3_000) for number in range(1, 256)]
    child = market.dataset(maker, parents=parents)

    sent = market.clear(maker, child, parents, range(1, 256))

    assert sent.gas < 2**24
