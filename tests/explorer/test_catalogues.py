"""A dataset that catalogues offer is shown with what they offer, and a catalogue with what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import unescape

import pytest
from sqlalchemy import delete, insert, select, update

from audiera.explorer import Settings, create_app
from audiera.indexer.tables import LISTINGS, MEMBERSHIPS, OFFERS, TERMS
from tests.support.catalogue import USDC, address, altering
from tests.support.explorer import Explorer, serving

CATALOGUE = {"id": 12, "name": "The harbour catalogue"}


@pytest.fixture(scope="module")
def covered(catalogue: Callable[..., str]) -> Iterator[Explorer]:
    """An explorer in which dataset 8 is offered through catalogue 12 alone."""
    url = catalogue()
    with altering(url) as connection:
        connection.execute(delete(OFFERS).where(OFFERS.c.dataset == 8))
        connection.execute(delete(LISTINGS).where(LISTINGS.c.dataset == 8, LISTINGS.c.source == 8))
    with serving(create_app(Settings(database=url))) as running:
        yield running


def test_the_list_says_through_which_catalogue_a_dataset_is_offered(covered: Explorer) -> None:
    found = covered.json("/datasets.json?right=Training&kind=recordings")["datasets"]
    row = covered.page("/?kind=recordings").split('href="/datasets/8"')[1].split("</li>")[0]

    (mine,) = (it for it in found if it["id"] == 8)
    assert (mine["offers"], mine["cheapest"]["through"], mine["cheapest"]["dataset"]) == (1, CATALOGUE, 12)
    assert "1,500 USDC" in row
    assert 'through the catalogue <a href="/datasets/12"><bdi>The harbour catalogue</bdi></a>' in row
    assert "Not offered" not in row


def test_the_page_of_a_member_offers_the_licence_of_its_catalogue(covered: Explorer) -> None:
    page = covered.page("/datasets/8")

    assert [(it["dataset"], it["through"]) for it in covered.json("/datasets/8.json")["offers"]] == [(12, CATALOGUE)]
    assert 'href="/act/licence/12/1"' in page
    assert f'--max-price "1500 {USDC}"' in unescape(page).split("ape run license acquire 12 1 ")[1].split("</code>")[0]
    assert "Nothing is offered now" not in page
    assert "Ask its owner" not in page
    assert "12,The harbour catalogue" in covered.page("/datasets/8/offers.csv")


def test_both_ways_are_shown_where_a_dataset_is_offered_by_itself_too(explorer: Explorer) -> None:
    found = explorer.json("/datasets/8.json")["offers"]

    assert [(it["dataset"], it["through"], it["price"]["amount"]) for it in found] == [
        (8, None, "60000000"),
        (12, CATALOGUE, "1500000000"),
    ]


def test_a_licence_of_the_member_itself_cannot_be_taken_where_only_its_catalogue_is_offered(covered: Explorer) -> None:
    answer = covered.get("/act/licence/8/1")

    assert answer.status == 404
    assert "through catalogue 12 alone; take the catalogue" in answer.data.decode()


def test_nothing_is_offered_through_a_catalogue_that_was_left(catalogue: Callable[..., str]) -> None:
    url = catalogue()
    with altering(url) as connection:
        connection.execute(update(MEMBERSHIPS).where(MEMBERSHIPS.c.dataset == 8).values(until=1))
        connection.execute(delete(OFFERS).where(OFFERS.c.dataset == 8))

    with serving(create_app(Settings(database=url))) as explorer:
        assert explorer.json("/datasets/8.json")["offers"] == []
        assert "Nothing is offered now" in explorer.page("/datasets/8")


def test_a_licence_that_outlasts_a_membership_is_not_offered_for_the_member(catalogue: Callable[..., str]) -> None:
    url = catalogue()
    with altering(url) as connection:
        connection.execute(update(MEMBERSHIPS).where(MEMBERSHIPS.c.dataset == 8).values(until=1_796_083_200))

    with serving(create_app(Settings(database=url))) as explorer:
        page = explorer.page("/datasets/8")
        assert {it["dataset"] for it in explorer.json("/datasets/8.json")["offers"]} == {8}
        assert "one that would last longer is not offered above" in page
        assert "1 December 2026" in page.split('id="catalogues"')[1].split("</section>")[0]


def test_pages_of_what_anyone_may_take_read_no_offers_to_one_alone(catalogue: Callable[..., str]) -> None:
    url, other = catalogue(), "0x" + "9" * 64  # terms that nobody could read: they are not those of their id
    with altering(url) as connection:
        terms = connection.execute(select(TERMS).where(TERMS.c.index == 1)).one()._asdict()
        member = connection.execute(select(MEMBERSHIPS).where(MEMBERSHIPS.c.dataset == 8)).one()._asdict()
        offer = connection.execute(select(OFFERS).where(OFFERS.c.dataset == 12)).one()._asdict()
        alone = offer | {"terms": other, "licensee": address("buyer")}
        connection.execute(insert(TERMS), terms | {"id": other, "index": 999})
        connection.execute(insert(MEMBERSHIPS), member | {"terms": other})
        connection.execute(insert(OFFERS), [alone, alone | {"dataset": 8, "epoch": 0}])

    with serving(create_app(Settings(database=url))) as explorer:
        assert explorer.get("/").status == 200
        assert explorer.get("/datasets/8/license.xml").status == 200
        assert explorer.get("/datasets/8").status == 500


def test_the_page_of_a_catalogue_lists_what_is_in_it(explorer: Explorer) -> None:
    found, page = explorer.json("/datasets/12.json"), explorer.page("/datasets/12")
    members = page.split('id="members"')[1].split("</section>")[0]

    assert [(it["dataset"]["id"], it["terms"]) for it in found["members"]] == [(8, 1)]
    assert found["catalogues"] == []
    assert 'href="/datasets/8"' in members
    assert 'href="/terms/1"' in members
    assert 'href="/?catalogue=12"' in members
    assert "\n8,أغاني الميناء,1," in explorer.page("/datasets/12/members.csv").replace("\r", "")


def test_the_page_of_a_member_names_its_catalogues(explorer: Explorer) -> None:
    found, page = explorer.json("/datasets/8.json"), explorer.page("/datasets/8")

    assert [(it["dataset"], it["terms"]) for it in found["catalogues"]] == [(CATALOGUE, 1)]
    assert found["members"] == []
    assert 'href="/datasets/12"' in page.split('id="catalogues"')[1].split("</section>")[0]


def test_the_list_leads_from_a_catalogue_to_what_is_in_it(explorer: Explorer) -> None:
    assert '<a href="/?catalogue=12">other datasets, under one licence</a>' in explorer.page("/?kind=catalogue")
    assert [it["id"] for it in explorer.json("/datasets.json?catalogue=12")["datasets"]] == [8]


def test_a_catalogue_that_everybody_left_says_that_it_covers_nothing(catalogue: Callable[..., str]) -> None:
    url = catalogue()
    with altering(url) as connection:
        connection.execute(update(MEMBERSHIPS).values(until=1))

    with serving(create_app(Settings(database=url))) as explorer:
        assert "Nothing has joined it yet, so that a licence of it covers nothing." in explorer.page("/datasets/12")
        assert 'id="catalogues"' not in explorer.page("/datasets/8")
