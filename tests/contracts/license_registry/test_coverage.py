"""What a catalogue's licence covers, for how long, and who is paid for it."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.lineage import Parent
from audiera.protocol.rights import Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, ENDLESS, RIGHTS, Market, make_terms

REVOCABLE, SURVIVE = int(TermsFlag.Revocable), int(TermsFlag.DerivativesSurvive)
TERMS = make_terms(flags=REVOCABLE, duration=30 * DAY, notice=30 * DAY, max_units=100)
VALID, NOT_COVERED, EXHAUSTED = 0, 4, 6
TRAINING = 2  # the right's bit
HALF = 500_000


@pytest.fixture
def source(market: Market, owner: LocalAccount) -> int:
    """What the member was derived from; half of what that earns is its."""
    return market.dataset(owner)


@pytest.fixture
def member(market: Market, source: int, owner: LocalAccount, maker: LocalAccount) -> int:
    """Derived, and cleared for ever by a licence of 45 days whose derivatives survive."""
    parents = [Parent(source, HALF)]
    number = market.dataset(maker, parents=parents)
    held = market.licence(owner, source, maker, duration=45 * DAY, flags=SURVIVE, derivative_ppm=HALF)
    market.clear(maker, number, parents, [held])
    return number


@pytest.fixture
def catalogue(market: Market, member: int, curator: LocalAccount, maker: LocalAccount) -> int:
    """On offer to anyone."""
    number = market.catalogue(curator)
    market.member(curator, number, TERMS, maker, member)
    market.offer(curator, number, TERMS, 1_000)
    return number


@pytest.fixture
def licence(market: Market, catalogue: int, buyer: LocalAccount) -> int:
    return market.acquire(buyer, catalogue, TERMS, 1_000)


def test_a_strangers_renewal_ends_no_coverage(
    chain: Chain, licenses: Deployed, market: Market, catalogue: int, member: int, licence: int, curator: LocalAccount,
    buyer: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A35: A licence renewed past what its member was cleared for. Coverage is never for less than the licence."""
    market.offer(curator, catalogue, TERMS, 0)
    chain.mine_at(chain.now() + DAY)
    before = chain.now() - 3_600
    assert licenses.covers(licence, member, before).call()

    for _ in range(3):
        chain.send(licenses.renew(licence, 0), stranger)

    expires = licenses.licenseOf(licence).call()[2]
    assert expires > chain.now() + 100 * DAY
    assert licenses.covers(licence, member, before).call()
    assert licenses.covers(licence, member, expires - 1).call()
    assert licenses.statusOf(licence, buyer.address, member, RIGHTS).call() == VALID


def test_coverage_outlasts_the_licences_that_its_member_was_cleared_with(
    chain: Chain, licenses: Deployed, member: int, licence: int, buyer: LocalAccount
) -> None:
    chain.send(licenses.renew(licence, 1_000), buyer, value=1_000)

    chain.mine_at(chain.now() + 50 * DAY)

    assert licenses.clearanceOf(member).call() == (RIGHTS, PERPETUAL)
    assert licenses.statusOf(licence, buyer.address, member, RIGHTS).call() == VALID


def test_a_renewal_evades_no_quota(
    chain: Chain, licenses: Deployed, ledger: Deployed, member: int, licence: int, buyer: LocalAccount
) -> None:
    """AUD-A35: The holder renews before its use is counted. What was used stays used, and the licence still covers."""
    chain.send(ledger.record(licence, member, TRAINING, 100, bytes(32)), buyer, value=1_000)

    chain.send(licenses.renew(licence, 1_000), buyer, value=1_000)

    assert licenses.statusOf(licence, buyer.address, member, RIGHTS).call() == VALID
    assert ledger.statusOf(licence, buyer.address, member, RIGHTS).call() == EXHAUSTED


def test_a_wider_clearance_of_a_member_changes_no_coverage(
    licenses: Deployed, market: Market, source: int, member: int, licence: int, owner: LocalAccount,
    maker: LocalAccount, buyer: LocalAccount,
) -> None:  # fmt: skip
    """The terms say what is granted."""
    wider = RIGHTS | int(Right.Playback)
    held = market.licence(owner, source, maker, rights=wider, duration=0, derivative_ppm=HALF)

    market.clear(maker, member, [Parent(source, HALF)], [held])

    assert licenses.statusOf(licence, buyer.address, member, RIGHTS).call() == VALID
    assert not licenses.isAuthorized(licence, buyer.address, member, wider).call()


def test_a_licence_covers_members_that_were_derived_and_joined_after_it_was_sold(
    licenses: Deployed, market: Market, catalogue: int, licence: int, source: int, owner: LocalAccount,
    curator: LocalAccount, maker: LocalAccount, buyer: LocalAccount,
) -> None:  # fmt: skip
    parents = [Parent(source, HALF)]
    later = market.dataset(maker, parents=parents)
    held = market.licence(owner, source, maker, duration=0, derivative_ppm=HALF)
    before = licenses.statusOf(licence, buyer.address, later, RIGHTS).call()

    market.clear(maker, later, parents, [held])
    market.member(curator, catalogue, TERMS, maker, later)

    assert before == NOT_COVERED
    assert licenses.statusOf(licence, buyer.address, later, RIGHTS).call() == VALID


def test_a_catalogues_price_is_its_own_and_each_use_is_its_members(
    chain: Chain, licenses: Deployed, splitter: Deployed, ledger: Deployed, market: Market, catalogue: int,
    member: int, source: int, licence: int, buyer: LocalAccount,
) -> None:  # fmt: skip
    """The price passes the members and their parents by, as the trust page says; half of the use is the parent's."""
    assert licenses.isAuthorized(licence, buyer.address, member, RIGHTS).call()
    assert [market.received(number) for number in (catalogue, member, source)] == [1_000, 0, 0]

    chain.send(ledger.record(licence, member, TRAINING, 20, bytes(32)), buyer, value=200)
    account = market.account(source)
    split = splitter.splitOf(market.account(member)).call()
    owed = splitter.owedOf(split, ETHER, account, HALF).call()

    assert [market.received(number) for number in (catalogue, member)] == [1_000, 200]
    assert owed == 100


def test_use_of_a_catalogue_itself_is_paid_to_it(
    chain: Chain, ledger: Deployed, market: Market, catalogue: int, member: int, licence: int, buyer: LocalAccount
) -> None:
    """It names no member, so it pays none: as the trust page says."""
    chain.send(ledger.record(licence, catalogue, TRAINING, 10, bytes(32)), buyer, value=100)

    assert [market.received(number) for number in (catalogue, member)] == [1_000 + 100, 0]


def test_a_model_of_a_member_is_cleared_by_the_member_and_never_by_the_catalogue(
    chain: Chain, licenses: Deployed, datasets: Deployed, market: Market, catalogue: int, member: int, licence: int,
    curator: LocalAccount, buyer: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A37: Attack: naming the catalogue as parent instead, by its owner or by a holder of its licence."""
    content = (6, 0, 1, b"\1" * 32, b"\1" * 32)

    for account in (curator, buyer):
        whole = [(int(account.address, 16).to_bytes(32, "big"), 1_000_000)]
        with reverts("Registry_CatalogueAsParent", dataset=catalogue):
            chain.send(datasets.register((content, whole, [(catalogue, 0)])), account)
    lineage = [Parent(member, 0)]
    model = market.dataset(buyer, parents=lineage)
    with reverts("Clearance_Revocable", licenseId=licence):
        market.clear(buyer, model, lineage, [licence])

    assert licenses.clearanceOf(model).call() == (0, 0)
    assert market.offered(catalogue, TERMS) == (1_000, ENDLESS)
