"""What a clearance keeps a derived dataset from: nothing before it, beyond its ceiling, or after its end."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.lineage import Parent
from audiera.protocol.rights import Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, ENDLESS, REF, RIGHTS, Market, make_terms

REVOCABLE = int(TermsFlag.Revocable)
BEYOND = RIGHTS | int(Right.Playback)


@pytest.fixture
def parents(market: Market, owner: LocalAccount) -> list[Parent]:
    return [Parent(market.dataset(owner), 100_000)]


@pytest.fixture
def child(market: Market, parents: list[Parent], maker: LocalAccount) -> int:
    return market.dataset(maker, parents=parents)


@pytest.fixture
def cleared(market: Market, parents: list[Parent], child: int, owner: LocalAccount, maker: LocalAccount) -> int:
    """Until when the child is cleared, for the usual rights: a hundred days."""
    licence = market.licence(owner, parents[0].dataset, maker, duration=100 * DAY)
    market.clear(maker, child, parents, [licence])
    until: int = market.licenses.clearanceOf(child).call()[1]
    return until


@pytest.fixture
def catalogue(market: Market, curator: LocalAccount) -> int:
    return market.catalogue(curator)


def ways_out(licenses: Deployed, child: int, catalogue: int, terms_id: bytes) -> list[tuple[object, str]]:
    """The calls by which a dataset is licensed, and who makes them."""
    return [
        (licenses.offer(child, terms_id, ETHER, 0, ENDLESS), "maker"),
        (licenses.join(catalogue, terms_id, child), "maker"),
        (licenses.admit(catalogue, terms_id, child), "curator"),
    ]


@pytest.mark.parametrize("way", [0, 1, 2], ids=["offer", "join", "admit"])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_derived_dataset_is_not_licensed_before_or_after_its_clearance(
    request: pytest.FixtureRequest, chain: Chain, licenses: Deployed, market: Market, child: int, catalogue: int,
    way: int, late: bool,
) -> None:  # fmt: skip
    """AUD-L7, AUD-A34: Licences: licence pre-minted, then linked."""
    terms = market.publish(make_terms(flags=REVOCABLE, duration=1))
    if late:
        chain.at_time(request.getfixturevalue("cleared"))
    call, sender = ways_out(licenses, child, catalogue, terms)[way]

    with reverts("Clearance_Missing", dataset=child):
        chain.send(call, request.getfixturevalue(sender))  # type: ignore[arg-type]  # one of the calls above


@pytest.mark.parametrize("way", [0, 1, 2], ids=["offer", "join", "admit"])
def test_a_derived_dataset_is_not_licensed_beyond_its_ceiling(
    request: pytest.FixtureRequest, chain: Chain, licenses: Deployed, market: Market, child: int, cleared: int,
    catalogue: int, way: int,
) -> None:  # fmt: skip
    """AUD-L7, AUD-A34: P8."""
    terms = market.publish(make_terms(flags=REVOCABLE, rights=BEYOND, duration=1))
    call, sender = ways_out(licenses, child, catalogue, terms)[way]

    with reverts("Clearance_BeyondCeiling", dataset=child, rights=BEYOND, rightsCeiling=RIGHTS):
        chain.send(call, request.getfixturevalue(sender))  # type: ignore[arg-type]  # one of the calls above
    assert cleared


@pytest.mark.parametrize("perpetual", [False, True], ids=["too long", "perpetual"])
def test_a_derived_dataset_is_not_offered_for_longer_than_its_clearance(
    chain: Chain, licenses: Deployed, market: Market, child: int, cleared: int, maker: LocalAccount, perpetual: bool
) -> None:
    """P8, to the second: what would end with the clearance is fine."""
    duration = 50 * DAY
    terms = market.publish(make_terms(duration=0 if perpetual else duration))
    call = licenses.offer(child, terms, ETHER, 0, ENDLESS)

    if not perpetual:
        chain.at_time(cleared - duration)
        chain.send(call, maker)
        chain.at_time(cleared - duration + 1)
    until = PERPETUAL if perpetual else cleared + 1
    with reverts("Clearance_Outlived", dataset=child, until=until, clearedUntil=cleared):
        chain.send(call, maker)


@pytest.mark.parametrize("way", [1, 2], ids=["join", "admit"])
@pytest.mark.parametrize("duration", [0, 1], ids=["perpetual", "a second"])
def test_a_derived_dataset_joins_no_catalogue_unless_it_is_cleared_for_ever(
    request: pytest.FixtureRequest, chain: Chain, licenses: Deployed, market: Market, parents: list[Parent], child: int,
    cleared: int, catalogue: int, owner: LocalAccount, maker: LocalAccount, way: int, duration: int,
) -> None:  # fmt: skip
    """AUD-L7, AUD-A35: However short the licences are: so coverage never depends on a clearance afterwards."""
    terms = market.publish(make_terms(flags=REVOCABLE, duration=duration))
    call, sender = ways_out(licenses, child, catalogue, terms)[way]
    account = request.getfixturevalue(sender)

    with reverts("Clearance_Outlived", dataset=child, until=PERPETUAL, clearedUntil=cleared):
        chain.send(call, account)  # type: ignore[arg-type]  # one of the calls above
    market.clear(maker, child, parents, [market.licence(owner, parents[0].dataset, maker, duration=0)])
    chain.send(call, account)  # type: ignore[arg-type]  # one of the calls above

    assert licenses.membershipOf(catalogue, terms, child).call()[2:4] == (way == 1, way == 2)


@pytest.mark.parametrize("way", [1, 2], ids=["join", "admit"])
def test_a_derived_dataset_joins_only_for_rights_it_is_cleared_for(
    request: pytest.FixtureRequest, chain: Chain, licenses: Deployed, market: Market, parents: list[Parent], child: int,
    catalogue: int, owner: LocalAccount, maker: LocalAccount, way: int,
) -> None:  # fmt: skip
    """All of them, although it is cleared for ever."""
    market.clear(maker, child, parents, [market.licence(owner, parents[0].dataset, maker, duration=0)])
    terms = market.publish(make_terms(flags=REVOCABLE, rights=BEYOND))
    call, sender = ways_out(licenses, child, catalogue, terms)[way]

    with reverts("Clearance_BeyondCeiling", dataset=child, rights=BEYOND, rightsCeiling=RIGHTS):
        chain.send(call, request.getfixturevalue(sender))  # type: ignore[arg-type]  # one of the calls above


def test_an_offer_made_in_time_sells_nothing_that_outlives_the_clearance(
    chain: Chain, licenses: Deployed, market: Market, child: int, cleared: int, maker: LocalAccount, buyer: LocalAccount
) -> None:
    """AUD-A34: P8 at every purchase, not only when the offer is made; refused, never clipped."""
    terms = make_terms(duration=50 * DAY)
    market.offer(maker, child, terms)
    acquire = licenses.acquire(child, terms.id(), 0, buyer.address, REF)

    chain.at_time(cleared - 50 * DAY)
    chain.send(acquire, buyer)
    chain.at_time(cleared - 50 * DAY + 1)
    with reverts("Clearance_Outlived", dataset=child, until=cleared + 1, clearedUntil=cleared):
        chain.send(acquire, buyer)
    chain.at_time(cleared)
    with reverts("Clearance_Missing", dataset=child):
        chain.send(acquire, buyer)

    assert licenses.licenseOf(1 + 1).call()[2] == cleared


def test_a_renewal_does_not_outlive_the_clearance(
    chain: Chain, licenses: Deployed, market: Market, child: int, cleared: int, maker: LocalAccount, buyer: LocalAccount
) -> None:
    """AUD-L7"""
    terms = make_terms(duration=40 * DAY)
    market.offer(maker, child, terms)
    licence = market.acquire(buyer, child, terms)
    first = licenses.licenseOf(licence).call()[2]

    chain.send(licenses.renew(licence, 0), buyer)
    with reverts("Clearance_Outlived", dataset=child, until=first + 80 * DAY, clearedUntil=cleared):
        chain.send(licenses.renew(licence, 0), buyer)

    assert licenses.licenseOf(licence).call()[2] == first + 40 * DAY
