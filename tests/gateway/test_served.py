"""Under whose datasets bytes are served: nobody has another's by registering his content root."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from audiera.client import events
from audiera.gateway import create_app
from audiera.gateway.blocks import block_item
from audiera.gateway.journal import editing_journal
from audiera.gateway.tables import BROUGHT
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue
from tests.support.studio import Studio, some_terms


@contextmanager
def at(venue: Venue, tmp_path: Path, creators: frozenset[str] | None) -> Iterator[Payer]:
    """A payer at a gateway over the one journal that serves datasets of some."""
    settings = venue.settings(tmp_path / "journal.db", explorer=False, creators=creators)
    with serving(create_app(settings)) as server:
        yield Payer(venue, server)


def copied(payer: Payer, role: str) -> tuple[int, Any]:
    """What a role is answered who registers the venue's content root anew, and buys it from himself for nothing."""
    venue, copier = payer.venue, payer.venue.as_(role)
    content = copier.datasets.content(venue.dataset)  # as the chain tells everybody
    dataset = copier.datasets.register(content, Studio(copier).split()).event(events.DatasetRegistered).id
    terms = some_terms(unit_price=0, token=venue.usdc)
    copier.licenses.publish_terms(terms)
    copier.licenses.offer(dataset, terms.id(), 0)
    bought = copier.licenses.acquire(dataset, terms.id(), copier.account).event(events.LicenseAcquired)
    venue.read()
    payer.price = 0
    request = payer.request([0], payer=copier.account, dataset=str(dataset), license=str(bought.license_id))
    signed = payer.sign(payer.kept.extend(payer.uses(request)), role=role, changed={"payer": copier.account})
    return payer.post("/v1/access", {**request, **signed})


def bring(venue: Venue, tmp_path: Path, role: str, *items: int) -> None:
    """Have the journal say that a role brought items."""
    rows = [venue.rows[it].item for it in items]
    engine = create_engine(f"sqlite:///{tmp_path / 'journal.db'}")
    named = {"account": venue.as_(role).account, "at": 1}
    with engine.begin() as journal:
        journal.execute(BROUGHT.insert(), [{**named, "sha256": f"0x{it.sha256.hex()}", "size": it.size} for it in rows])
    engine.dispose()


def test_who_registers_anothers_content_root_gets_none_of_its_bytes(payer: Payer) -> None:
    """AUD-G1"""
    status, answer = copied(payer, "musician")

    account = payer.venue.as_("musician").account
    assert (status, answer["code"], answer["repeat"]) == (403, "not_served", False)
    assert answer["detail"].endswith(f": {account}, who published this version, did not bring its items here.")


def test_a_store_for_everybody_is_served_under_any_dataset(own_venue: Venue, tmp_path: Path) -> None:
    with at(own_venue, tmp_path, None) as payer:
        status, answer = copied(payer, "musician")
        got = payer.server.get(answer["granted"][0]["url"])

    assert (status, got.status) == (200, 200)


def test_what_its_creator_brought_is_served_and_nothing_else(own_venue: Venue, tmp_path: Path) -> None:
    with at(own_venue, tmp_path, frozenset()) as payer:
        bring(own_venue, tmp_path, "creator", 0)
        bring(own_venue, tmp_path, "musician", 1)
        first, second, both = payer.access([0]), payer.access([1]), payer.access([0, 1])
        got = payer.server.get(first[1]["granted"][0]["url"])

    assert (first[0], got.status) == (200, 200)
    assert [(it[0], it[1]["code"]) for it in (second, both)] == [(403, "not_served")] * 2


@pytest.mark.parametrize("way", [lambda it: it, lambda it: f"{it}/key"])
def test_what_was_granted_is_not_sent_once_its_creator_is_not_named(
    own_venue: Venue, tmp_path: Path, way: Callable[[str], str]
) -> None:
    with at(own_venue, tmp_path, frozenset({own_venue.as_("creator").account})) as payer:
        _, answer = payer.access([0])
    with at(own_venue, tmp_path, frozenset()) as payer:
        got = payer.server.get(way(answer["granted"][0]["url"]))

    assert (got.status, json.loads(got.data)["code"]) == (403, "not_served")


@pytest.mark.parametrize("named", [True, False])
def test_a_version_is_served_if_its_publisher_is_named_whoever_registered_the_dataset(
    own_venue: Venue, tmp_path: Path, isolate: Callable[[], AbstractContextManager[None]], *, named: bool
) -> None:
    """AUD-G1"""
    creator, buyer, dataset = own_venue.as_("creator"), own_venue.as_("musician"), own_venue.dataset
    creators = frozenset({creator.account, buyer.account} if named else {creator.account})
    with isolate(), at(own_venue, tmp_path, creators) as payer:
        creator.datasets.transfer_from(creator.account, buyer.account, dataset)
        own_venue.read()
        first = payer.access([0])
        it = buyer.datasets.content(dataset)
        buyer.datasets.publish_version(dataset, it.item_count, it.content_root, it.manifest, version=2, flags=it.flags)
        own_venue.read()
        second = payer.access([0], version="2")
        got = payer.server.get(first[1]["granted"][0]["url"])

    assert (first[0], got.status) == (200, 200)
    assert (second[0], second[1].get("code")) == ((200, None) if named else (403, "not_served"))


def test_what_is_blocked_is_blocked_under_every_dataset(payer: Payer, tmp_path: Path) -> None:
    with editing_journal(f"sqlite:///{tmp_path / 'journal.db'}") as journal:
        block_item(journal, payer.venue.dataset, payer.venue.leaf(0), "Not its owner's.")

    status, answer = copied(payer, "creator")

    assert (status, answer["code"], answer["reason"]) == (451, "item_blocked", "Not its owner's.")
