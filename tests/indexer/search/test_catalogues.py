"""What is offered through a catalogue alone is found as what has an offer of its own, as long as it is covered."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, delete, insert, select, update

from audiera.indexer.search import Order
from audiera.indexer.tables import DATASETS, LISTINGS, MEMBERSHIPS, OFFERS, STALE
from audiera.protocol import ETHER, PERPETUAL, Kind, Meter, Right, to_address
from tests.support.shelf import LOG, NOW, Shelf

USDC = to_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")


def gather(
    shelf: Shelf, *, price: int = 90, left: int | None = None, until: int = PERPETUAL, duration: int = 0
) -> tuple[int, int, str]:
    """Registers a catalogue with one member, which is offered through it alone."""
    catalogue, member = shelf.register(kind=Kind.Catalogue), shelf.register()
    terms = shelf.offer(catalogue, price, left=left, duration=duration, token=USDC, meter=Meter.Second, unit_price=3)
    shelf.join(catalogue, terms, member, until=until)
    shelf.refresh()
    return catalogue, member, terms


@pytest.mark.parametrize(
    "asked",
    [
        {"rights": Right.Training},
        {"token": USDC, "price_at_most": 90},
        {"meter": Meter.Second, "token": USDC, "unit_price_at_most": 3},
        {"term_at_least": 0},
    ],
    ids=lambda it: next(iter(it)),
)
def test_a_member_is_found_by_what_its_catalogue_offers(shelf: Shelf, asked: dict[str, object]) -> None:
    catalogue, member, terms = gather(shelf)

    hits = shelf.find(**asked).hits
    assert [it.dataset for it in hits] == [member, catalogue]
    assert [(it.source, it.terms, it.price, it.left) for it in hits[0].listings] == [(catalogue, terms, 90, None)]
    assert shelf.facets().rights == {Right.Training: 2}


@pytest.mark.parametrize(
    "asked",
    [
        {"rights": Right.Commercial},
        {"token": ETHER},
        {"token": USDC, "price_at_most": 89},
        {"meter": Meter.Call},
    ],
    ids=str,
)
def test_a_member_is_not_found_by_what_its_catalogue_does_not_offer(shelf: Shelf, asked: dict[str, object]) -> None:
    gather(shelf)

    assert shelf.found(**asked) == []


def test_a_membership_is_of_the_terms_that_were_joined_alone(shelf: Shelf) -> None:
    catalogue, member, _ = gather(shelf)
    shelf.offer(catalogue, 5, rights=Right.Commercial)
    shelf.refresh()

    assert shelf.found(rights=Right.Commercial) == [catalogue]
    assert shelf.found(rights=Right.Training) == [member, catalogue]


def test_an_offer_to_one_alone_covers_nobody_else(shelf: Shelf) -> None:
    catalogue, member = shelf.register(kind=Kind.Catalogue), shelf.register()
    shelf.join(catalogue, shelf.offer(catalogue, licensee="0x" + "7" * 40), member)
    shelf.refresh()

    assert shelf.found(rights=Right.Training) == []


def test_the_cheaper_way_counts_where_a_dataset_is_offered_by_itself_and_through_catalogues(shelf: Shelf) -> None:
    catalogue, member, terms = gather(shelf, price=9)
    other = shelf.register()
    shelf.offer(other, 10, token=USDC)
    shelf.offer(member, 20, token=USDC, meter=Meter.Second, unit_price=3)  # the same terms
    dearer = shelf.register(kind=Kind.Catalogue)
    assert shelf.offer(dearer, 9, token=USDC, meter=Meter.Second, unit_price=3) == terms
    shelf.join(dearer, terms, member)
    shelf.refresh()

    found = shelf.find(token=USDC, order=Order.PRICE).hits
    assert [it.dataset for it in found] == [catalogue, member, dearer, other]
    assert [(it.source, it.price) for it in found[1].listings] == [(catalogue, 9), (dearer, 9), (member, 20)]


WITHDRAWN = delete(OFFERS).where(OFFERS.c.dataset == 1)
USED_UP = update(OFFERS).where(OFFERS.c.dataset == 1).values(left=0)
HANDED_OVER = update(DATASETS).where(DATASETS.c.id == 1).values(epoch=1)
LEFT = update(MEMBERSHIPS).where(MEMBERSHIPS.c.dataset == 2).values(until=NOW)
TAKEN_BACK = delete(MEMBERSHIPS).where(MEMBERSHIPS.c.dataset == 2)


@pytest.mark.parametrize("end", [WITHDRAWN, USED_UP, HANDED_OVER, LEFT, TAKEN_BACK], ids=str)
def test_a_member_is_found_no_more_once_nothing_covers_it(shelf: Shelf, end: Executable) -> None:
    assert gather(shelf, left=1)[:2] == (1, 2)
    assert shelf.found(rights=Right.Training) == [2, 1]

    with shelf.writing() as connection:
        connection.execute(end)
    shelf.refresh()

    assert 2 not in shelf.found(rights=Right.Training)
    assert [it.listings for it in shelf.find().hits if it.dataset == 2] == [()]


def test_a_new_price_of_the_catalogue_is_its_members_too(shelf: Shelf) -> None:
    catalogue, member, _ = gather(shelf)

    with shelf.writing() as connection:
        connection.execute(update(OFFERS).where(OFFERS.c.dataset == catalogue).values(price=40))
    shelf.refresh()

    assert shelf.found(token=USDC, price_at_most=40) == [member, catalogue]


@pytest.mark.parametrize(("duration", "found"), [(9, True), (10, False), (0, False)])
def test_a_member_that_leaves_is_found_by_what_ends_before_alone(shelf: Shelf, duration: int, *, found: bool) -> None:
    catalogue, member, _ = gather(shelf, until=NOW + 9, duration=duration)

    assert shelf.found(rights=Right.Training) == [*[member] * found, catalogue]
    assert shelf.found(term_at_least=0) == [catalogue] * (not duration)


def test_a_member_that_leaves_is_found_while_the_licence_can_yet_end_before(shelf: Shelf) -> None:
    catalogue, member, _ = gather(shelf, until=NOW + 9, duration=1)
    assert shelf.rows(select(LISTINGS.c.until).where(LISTINGS.c.dataset == member)) == [(NOW + 8,)]

    shelf.now += 8
    assert shelf.found(rights=Right.Training) == [member, catalogue]
    shelf.now += 1

    assert shelf.found(rights=Right.Training) == [catalogue]
    assert shelf.refresh() == 1
    assert shelf.facets().rights == {Right.Training: 1}


def test_an_offer_to_one_alone_makes_no_member_anew(shelf: Shelf) -> None:
    catalogue, _, terms = gather(shelf)
    licensee = "0x" + "7" * 40
    offered = {"dataset": catalogue, "terms": terms, "licensee": licensee, "epoch": 0, "left": None, **LOG}
    alone = (OFFERS.c.dataset == catalogue) & (OFFERS.c.licensee == licensee)

    with shelf.writing() as connection:
        connection.execute(insert(OFFERS).values(price=1, **offered))
        connection.execute(update(OFFERS).where(alone).values(price=2))
        connection.execute(delete(OFFERS).where(alone))

    assert shelf.rows(select(STALE)) == [(catalogue,)]


def test_a_sale_that_leaves_some_makes_no_member_anew_and_says_how_many_are_left(shelf: Shelf) -> None:
    catalogue, _, _ = gather(shelf, left=5)

    with shelf.writing() as connection:
        connection.execute(update(OFFERS).where(OFFERS.c.dataset == catalogue).values(left=4))

    assert shelf.rows(select(STALE)) == [(catalogue,)]
    (listing,) = shelf.find(text="", rights=Right.Training).hits[0].listings
    assert (listing.source, listing.left) == (catalogue, 4)
