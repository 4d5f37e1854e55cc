"""Offers: an owner's standing promise of so many licences, which lapses with the dataset's epoch."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from tests.support.chain import Chain, Deployed, reverts
from tests.support.codec import Event
from tests.support.licensing import ENDLESS, Market, make_terms

TERMS = make_terms()
NOTHING = [0, 0]


def made(licenses: Deployed, dataset: int, licensee: str, price: int, left: int, epoch: int = 0) -> Event:
    """The event of an offer."""
    fields = {"licensee": licensee, "epoch": epoch, "price": price, "left": left}
    return licenses.event("OfferMade", dataset=dataset, termsId=TERMS.id(), **fields)


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    market.publish(TERMS)
    return market.dataset(owner)


@pytest.mark.parametrize(("price", "left"), [(0, ENDLESS), (1, 1), (2**128 - 1, ENDLESS - 1)])
@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
def test_an_owner_offers_a_dataset(
    chain: Chain, licenses: Deployed, dataset: int, owner: LocalAccount, buyer: LocalAccount, price: int, left: int,
    private: bool,
) -> None:  # fmt: skip
    licensee = buyer.address if private else ETHER
    other = ETHER if private else buyer.address
    assert licenses.offerOf(dataset, TERMS.id(), licensee).call() == NOTHING

    sent = chain.send(licenses.offer(dataset, TERMS.id(), licensee, price, left), owner)

    assert sent.events == [made(licenses, dataset, licensee, price, left)]
    assert licenses.offerOf(dataset, TERMS.id(), licensee).call() == [price, left]
    assert licenses.offerOf(dataset, TERMS.id(), other).call() == NOTHING


@pytest.mark.parametrize("left", [1, 4, ENDLESS], ids=["fewer", "more", "any number"])
def test_offering_again_changes_price_and_number(
    chain: Chain, licenses: Deployed, dataset: int, owner: LocalAccount, left: int
) -> None:
    """Nothing is added to what was left."""
    chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 5, 3), owner)

    sent = chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 0, left), owner)

    assert sent.events == [made(licenses, dataset, ETHER, 0, left)]
    assert licenses.offerOf(dataset, TERMS.id(), ETHER).call() == [0, left]


@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
def test_an_offer_of_none_is_refused_and_the_one_before_stands(
    chain: Chain, licenses: Deployed, dataset: int, owner: LocalAccount, buyer: LocalAccount, private: bool
) -> None:
    """AUD-L2: To withdraw an offer there is `withdrawOffer`."""
    licensee = buyer.address if private else ETHER
    chain.send(licenses.offer(dataset, TERMS.id(), licensee, 5, 3), owner)

    with reverts("License_NoneLeft", dataset=dataset, termsId=TERMS.id(), licensee=licensee):
        chain.send(licenses.offer(dataset, TERMS.id(), licensee, 1, 0), owner)

    assert licenses.offerOf(dataset, TERMS.id(), licensee).call() == [5, 3]


def test_a_withdrawn_offer_is_gone_and_the_others_stand(
    chain: Chain, licenses: Deployed, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 5, ENDLESS), owner)
    chain.send(licenses.offer(dataset, TERMS.id(), buyer.address, 3, ENDLESS), owner)

    sent = chain.send(licenses.withdrawOffer(dataset, TERMS.id(), ETHER), owner)

    assert sent.events == [
        licenses.event("OfferWithdrawn", dataset=dataset, termsId=TERMS.id(), licensee=ETHER, epoch=0)
    ]
    assert licenses.offerOf(dataset, TERMS.id(), ETHER).call() == NOTHING
    assert licenses.offerOf(dataset, TERMS.id(), buyer.address).call() == [3, ENDLESS]


@pytest.mark.parametrize("ended", ["never made", "withdrawn before", "used up"])
def test_only_a_standing_offer_can_be_withdrawn(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount, ended: str
) -> None:
    if ended != "never made":
        chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 5, 1), owner)
    if ended == "withdrawn before":
        chain.send(licenses.withdrawOffer(dataset, TERMS.id(), ETHER), owner)
    if ended == "used up":
        market.acquire(buyer, dataset, TERMS, 5)

    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=ETHER):
        chain.send(licenses.withdrawOffer(dataset, TERMS.id(), ETHER), owner)


def test_only_the_owner_offers_and_withdraws(
    chain: Chain, licenses: Deployed, dataset: int, owner: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-L2"""
    chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 5, ENDLESS), owner)

    for call in (
        licenses.offer(dataset, TERMS.id(), ETHER, 0, ENDLESS),
        licenses.withdrawOffer(dataset, TERMS.id(), ETHER),
    ):
        with reverts("License_NotOwner", dataset=dataset, caller=stranger.address, owner=owner.address):
            chain.send(call, stranger)
    assert licenses.offerOf(dataset, TERMS.id(), ETHER).call() == [5, ENDLESS]


def test_an_approved_operator_of_the_dataset_does_not_offer_it(
    chain: Chain, licenses: Deployed, datasets: Deployed, dataset: int, owner: LocalAccount, stranger: LocalAccount
) -> None:
    chain.send(datasets.setApprovalForAll(stranger.address, True), owner)

    with reverts("License_NotOwner", dataset=dataset, caller=stranger.address, owner=owner.address):
        chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 0, ENDLESS), stranger)


def test_a_dataset_that_does_not_exist_cannot_be_offered(
    chain: Chain, licenses: Deployed, dataset: int, owner: LocalAccount
) -> None:
    with reverts("Registry_UnknownDataset", id=dataset + 1):
        chain.send(licenses.offer(dataset + 1, TERMS.id(), ETHER, 0, ENDLESS), owner)
    with reverts("Registry_UnknownDataset", id=dataset + 1):
        licenses.offerOf(dataset + 1, TERMS.id(), ETHER).call()


def test_terms_must_be_published_before_they_are_offered(
    chain: Chain, licenses: Deployed, dataset: int, owner: LocalAccount
) -> None:
    """AUD-A34: Licences: terms not attached."""
    unknown = make_terms(unit_price=77).id()

    with reverts("Terms_Unknown", termsId=unknown):
        chain.send(licenses.offer(dataset, unknown, ETHER, 0, ENDLESS), owner)


@pytest.mark.parametrize("how", ["withdrawAll", "sale", "transfer to oneself"])
def test_every_offer_lapses_with_the_epoch(
    chain: Chain, licenses: Deployed, datasets: Deployed, market: Market, dataset: int, owner: LocalAccount,
    buyer: LocalAccount, how: str,
) -> None:  # fmt: skip
    """AUD-D5"""
    chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 5, ENDLESS), owner)
    chain.send(licenses.offer(dataset, TERMS.id(), buyer.address, 3, ENDLESS), owner)
    seller = owner

    if how == "withdrawAll":
        chain.send(datasets.withdrawAll(dataset), owner)
    elif how == "sale":
        market.give(dataset, owner, buyer)
        seller = buyer
    else:
        market.give(dataset, owner, owner)

    for licensee in (ETHER, buyer.address):
        assert licenses.offerOf(dataset, TERMS.id(), licensee).call() == NOTHING
        with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
            chain.send(licenses.acquire(dataset, TERMS.id(), 5, buyer.address, bytes(32)), buyer, value=5)
        with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=licensee):
            chain.send(licenses.withdrawOffer(dataset, TERMS.id(), licensee), seller)
    sent = chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 8, ENDLESS), seller)
    assert sent.events == [made(licenses, dataset, ETHER, 8, ENDLESS, epoch=1)]
    assert licenses.offerOf(dataset, TERMS.id(), ETHER).call() == [8, ENDLESS]


def test_an_offer_that_came_back_with_its_first_owner_stays_lapsed(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 0, ENDLESS), owner)

    market.give(dataset, owner, buyer)
    market.give(dataset, buyer, owner)

    assert licenses.offerOf(dataset, TERMS.id(), ETHER).call() == NOTHING


def test_withdrawing_everything_touches_no_other_dataset(
    chain: Chain, licenses: Deployed, datasets: Deployed, market: Market, dataset: int, owner: LocalAccount
) -> None:
    other = market.dataset(owner)
    chain.send(licenses.offer(dataset, TERMS.id(), ETHER, 5, ENDLESS), owner)
    chain.send(licenses.offer(other, TERMS.id(), ETHER, 6, ENDLESS), owner)

    chain.send(datasets.withdrawAll(dataset), owner)

    assert licenses.offerOf(dataset, TERMS.id(), ETHER).call() == NOTHING
    assert licenses.offerOf(other, TERMS.id(), ETHER).call() == [6, ENDLESS]
