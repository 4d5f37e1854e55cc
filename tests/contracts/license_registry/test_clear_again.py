"""P16: while a clearance is in force only a wider one replaces it; afterwards any does. Two are never merged."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.lineage import Parent
from audiera.protocol.rights import ALL_RIGHTS, Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, REF, Market, make_terms

DERIVE = int(Right.Derivation)
TRAIN, INFER = DERIVE | int(Right.Training), DERIVE | int(Right.Inference)
BOTH = TRAIN | INFER
SURVIVE, REVOCABLE = int(TermsFlag.DerivativesSurvive), int(TermsFlag.Revocable)


@pytest.fixture
def parents(market: Market, owner: LocalAccount) -> list[Parent]:
    return [Parent(market.dataset(owner), 100_000)]


@pytest.fixture
def child(market: Market, parents: list[Parent], maker: LocalAccount) -> int:
    return market.dataset(maker, parents=parents)


def licensed(
    market: Market, owner: LocalAccount, parents: list[Parent], maker: LocalAccount, rights: int, until: int
) -> int:
    """A licence of the parent that ends at a second, or never."""
    if until == PERPETUAL:
        return market.licence(owner, parents[0].dataset, maker, rights=rights, duration=0)
    terms = make_terms(rights=rights, duration=until - market.chain.now() - 100)
    market.offer(owner, parents[0].dataset, terms, licensee=maker.address)
    market.chain.at_time(until - terms.duration)
    return market.acquire(maker, parents[0].dataset, terms)


@pytest.mark.parametrize(
    ("rights", "later"),
    [(TRAIN, 0), (BOTH, 0), (ALL_RIGHTS, 0), (TRAIN, 1), (BOTH, 50 * DAY), (TRAIN, PERPETUAL), (ALL_RIGHTS, PERPETUAL)],
    ids=["the same", "more", "all", "a second longer", "both", "for ever", "all for ever"],
)
def test_a_wider_clearance_replaces_one_in_force(
    licenses: Deployed, market: Market, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount,
    rights: int, later: int,
) -> None:  # fmt: skip
    end = market.chain.now() + 50 * DAY
    until = min(end + later, PERPETUAL)
    first = licensed(market, owner, parents, maker, TRAIN, end)
    second = licensed(market, owner, parents, maker, rights, until)
    market.clear(maker, child, parents, [first])
    assert licenses.clearanceOf(child).call() == (TRAIN, end)

    sent = market.clear(maker, child, parents, [second])

    assert sent.events[-1] == licenses.event(
        "DatasetCleared", dataset=child, rightsCeiling=rights, until=until, licenseIds=(second,)
    )
    assert licenses.clearanceOf(child).call() == (rights, until)
    assert [licenses.licenseOf(it).call()[5] for it in (first, second)] == [True, True]


@pytest.mark.parametrize(
    ("rights", "later"),
    [(DERIVE, 0), (DERIVE, PERPETUAL), (INFER, 50 * DAY), (TRAIN, -1), (ALL_RIGHTS, -1), (DERIVE, -40 * DAY)],
    ids=["fewer", "fewer for ever", "others for longer", "a second shorter", "all for less", "fewer and shorter"],
)
def test_a_clearance_in_force_is_never_narrowed(
    licenses: Deployed, market: Market, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount,
    rights: int, later: int,
) -> None:  # fmt: skip
    """AUD-L9, AUD-A36: Taking back what was sold, by clearing for less. Rights are not swapped for time, nor merged."""
    end = market.chain.now() + 50 * DAY
    until = min(end + later, PERPETUAL)
    first = licensed(market, owner, parents, maker, TRAIN, end)
    second = licensed(market, owner, parents, maker, rights, until)
    market.clear(maker, child, parents, [first])

    with reverts("Clearance_Narrower", dataset=child, given=(rights, until), current=(TRAIN, end)):
        market.clear(maker, child, parents, [second])

    assert licenses.clearanceOf(child).call() == (TRAIN, end)
    assert licenses.licenseOf(second).call()[5] is False


def test_when_a_clearance_has_lapsed_any_other_replaces_it(
    chain: Chain, licenses: Deployed, market: Market, parents: list[Parent], child: int, owner: LocalAccount,
    maker: LocalAccount,
) -> None:  # fmt: skip
    """To the second. Nothing of the old one stays."""
    end = chain.now() + 50 * DAY
    first = licensed(market, owner, parents, maker, TRAIN, end)
    other = licensed(market, owner, parents, maker, INFER, end + 1)
    market.clear(maker, child, parents, [first])

    chain.at_time(end - 1)
    with reverts("Clearance_Narrower", dataset=child, given=(INFER, end + 1), current=(TRAIN, end)):
        market.clear(maker, child, parents, [other])
    chain.at_time(end)
    market.clear(maker, child, parents, [other])

    assert licenses.clearanceOf(child).call() == (INFER, end + 1)


def test_a_clearance_for_all_rights_for_ever_is_the_last(
    licenses: Deployed, market: Market, maker: LocalAccount, buyer: LocalAccount
) -> None:
    """A parent of one's own allows everything; when it is sold, its licences can narrow nothing."""
    parents = [Parent(market.dataset(maker), 0)]
    child = market.dataset(maker, parents=parents)
    market.clear(maker, child, parents, [0])
    market.give(parents[0].dataset, maker, buyer)
    licence = market.licence(buyer, parents[0].dataset, maker, rights=TRAIN, duration=0)

    current = {"given": (TRAIN, PERPETUAL), "current": (ALL_RIGHTS, PERPETUAL)}
    with reverts("Clearance_Narrower", dataset=child, **current):
        market.clear(maker, child, parents, [licence])

    assert licenses.clearanceOf(child).call() == (ALL_RIGHTS, PERPETUAL)


def test_a_later_owner_narrows_no_more_than_the_one_before(
    market: Market, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount, buyer: LocalAccount
) -> None:
    market.clear(maker, child, parents, [licensed(market, owner, parents, maker, TRAIN, PERPETUAL)])
    market.give(child, maker, buyer)
    narrow = licensed(market, owner, parents, buyer, DERIVE, PERPETUAL)

    with reverts("Clearance_Narrower", dataset=child, given=(DERIVE, PERPETUAL), current=(TRAIN, PERPETUAL)):
        market.clear(buyer, child, parents, [narrow])


def test_what_was_sold_under_a_clearance_derives_as_long_as_it_was_sold_for(
    chain: Chain, licenses: Deployed, market: Market, parents: list[Parent], child: int, owner: LocalAccount,
    maker: LocalAccount, buyer: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A36: A remix, cleared for ever, is cleared anew for a minute after the right to derive from it was sold."""
    market.clear(maker, child, parents, [licensed(market, owner, parents, maker, TRAIN, PERPETUAL)])
    sold = market.licence(maker, child, buyer, rights=TRAIN, duration=0)
    lineage = [Parent(child, 0)]
    model = market.dataset(buyer, parents=lineage)
    minute = market.licence(owner, parents[0].dataset, maker, rights=DERIVE, duration=60)
    until = licenses.licenseOf(minute).call()[2]

    with reverts("Clearance_Narrower", dataset=child, given=(DERIVE, until), current=(TRAIN, PERPETUAL)):
        market.clear(maker, child, parents, [minute])
    chain.at_time(until + 1)
    market.clear(buyer, model, lineage, [sold])

    assert licenses.clearanceOf(model).call() == (TRAIN, PERPETUAL)


def test_a_parent_cleared_for_more_lets_its_child_be_cleared_for_more(
    licenses: Deployed, market: Market, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount
) -> None:
    """Nothing follows by itself: the child is cleared again, and the parent's own ceiling enters as it is now."""
    end = market.chain.now() + 50 * DAY
    lineage = [Parent(child, 0)]
    grandchild = market.dataset(maker, parents=lineage)
    market.clear(maker, child, parents, [licensed(market, owner, parents, maker, TRAIN, end)])
    market.clear(maker, grandchild, lineage, [0])

    market.clear(maker, child, parents, [licensed(market, owner, parents, maker, BOTH, PERPETUAL)])
    between = licenses.clearanceOf(grandchild).call()
    market.clear(maker, grandchild, lineage, [0])

    assert between == (TRAIN, end)
    assert licenses.clearanceOf(grandchild).call() == (BOTH, PERPETUAL)


def test_a_clearance_is_not_repeated_with_a_licence_revoked_since(
    chain: Chain, licenses: Deployed, market: Market, parents: list[Parent], child: int, owner: LocalAccount,
    maker: LocalAccount,
) -> None:  # fmt: skip
    licence = market.licence(owner, parents[0].dataset, maker, rights=TRAIN, flags=REVOCABLE | SURVIVE)
    market.clear(maker, child, parents, [licence])
    chain.send(licenses.revoke(licence), owner)

    with reverts("Clearance_LicenseEnding", parent=parents[0].dataset, licenseId=licence):
        market.clear(maker, child, parents, [licence])

    assert licenses.clearanceOf(child).call() == (TRAIN, PERPETUAL)


def test_a_narrower_clearance_after_the_lapse_stops_sales_and_changes_no_sold_licence(
    chain: Chain, licenses: Deployed, market: Market, parents: list[Parent], child: int, owner: LocalAccount,
    maker: LocalAccount, buyer: LocalAccount,
) -> None:  # fmt: skip
    """Trust: a creator cannot change a sold licence. No licence is left that the old clearance allowed: they ended."""
    end = chain.now() + 50 * DAY
    terms = make_terms(rights=TRAIN, duration=DAY)
    market.clear(maker, child, parents, [licensed(market, owner, parents, maker, TRAIN, end)])
    market.offer(maker, child, terms)
    licence = market.acquire(buyer, child, terms)
    narrow = licensed(market, owner, parents, maker, INFER, end + 90 * DAY)
    before = licenses.licenseOf(licence).call()
    assert before[2] <= end

    chain.at_time(end)
    market.clear(maker, child, parents, [narrow])

    refused = {"dataset": child, "rights": TRAIN, "rightsCeiling": INFER}
    with reverts("Clearance_BeyondCeiling", **refused):
        chain.send(licenses.acquire(child, terms.id(), 0, buyer.address, REF), buyer)
    with reverts("Clearance_BeyondCeiling", **refused):
        chain.send(licenses.renew(licence, 0), buyer)
    assert licenses.licenseOf(licence).call() == before
