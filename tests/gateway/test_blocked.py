"""What is not served any more, and a word from whoever objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from audiera.gateway import Limits, create_app
from audiera.gateway.blocks import block_item, unblock_item
from audiera.gateway.tables import COMPLAINTS
from audiera.indexer import batch, open_index
from audiera.protocol import ZERO_WORD, TermsFlag
from tests.support.explorer import serving
from tests.support.gateway import PRICE, Payer
from tests.support.studio import some_terms

COMPLAINT = {"who": "Ada Moreau, ada@example.org", "what": "Dataset 1", "why": "It is my song, and nobody asked me."}


def written(tmp_path: Path, write: Callable[[Connection], object]) -> None:
    engine = open_index(f"sqlite:///{tmp_path / 'journal.db'}", durable=True)
    with batch(engine) as connection:
        write(connection)
    engine.dispose()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask about every item anew."""
    monkeypatch.setattr("audiera.gateway.grants._LATELY", 0.0)


def test_a_blocked_item_is_not_sent_though_it_was_granted_before(payer: Payer, tmp_path: Path) -> None:
    _, answer = payer.access([0, 1])
    first, second = (it["url"] for it in answer["granted"])
    assert payer.server.get(first).status == 200

    written(tmp_path, lambda it: block_item(it, payer.venue.dataset, payer.venue.leaf(0), "A court said so."))
    blocked, other = payer.server.get(first), payer.server.get(second)
    status, refused = payer.access([0])
    written(tmp_path, lambda it: unblock_item(it, payer.venue.dataset, payer.venue.leaf(0)))
    again = payer.server.get(first)

    problem = json.loads(blocked.data)
    assert (blocked.status, problem["code"], problem["reason"]) == (451, "item_blocked", "A court said so.")
    assert blocked.headers["Link"] == '</v1/blocked>; rel="blocked-by"'
    assert (status, refused["code"]) == (451, "item_blocked")
    assert (other.status, again.status) == (200, 200)


def test_a_blocked_dataset_is_not_sent_in_any_part(payer: Payer, tmp_path: Path) -> None:
    _, answer = payer.access("all")
    written(tmp_path, lambda it: block_item(it, payer.venue.dataset, ZERO_WORD, "Its owner is not its owner."))

    sent = payer.server.get(f"/v1/accesses/{answer['id']}/items/0x{payer.venue.leaf(1).hex()}")

    assert (sent.status, json.loads(sent.data)["code"]) == (451, "item_blocked")


def test_a_withdrawn_item_is_sent_only_under_licences_that_keep_it(payer: Payer) -> None:
    venue = payer.venue
    kept = payer.access([0])[1]["granted"][0]["url"]
    venue.license = venue.sell(some_terms(unit_price=PRICE, token=venue.usdc, flags=TermsFlag.Revocable))
    venue.read()
    revoked = payer.access([0])[1]["granted"][0]["url"]
    before = payer.server.get(revoked)

    venue.as_("creator").datasets.withdraw_items(venue.dataset, [venue.leaf(0)])
    venue.read()
    after, still = payer.server.get(revoked), payer.server.get(kept)

    assert (before.status, still.status) == (200, 200)
    assert (after.status, json.loads(after.data)["code"]) == (451, "item_withdrawn")


def test_everybody_reads_what_is_blocked_page_by_page(payer: Payer, tmp_path: Path) -> None:
    leaves = [bytes([number]) * 32 for number in range(150)]

    def write(journal: Connection) -> None:
        block_item(journal, 1, ZERO_WORD, "All of it.")
        for it in leaves[1:]:
            block_item(journal, 2, it, "One of many.")

    written(tmp_path, write)

    first = payer.server.json("/v1/blocked")
    second = payer.server.json(f"/v1/blocked?after={first['after']}")
    nowhere = payer.server.get("/v1/blocked?after=nowhere")

    assert first["blocked"][0] | {"at": ""} == {"dataset": "1", "item": None, "reason": "All of it.", "at": ""}
    listed = [it["item"] for it in first["blocked"][1:] + second["blocked"]]
    assert (listed, second["after"]) == ([f"0x{it.hex()}" for it in leaves[1:]], None)
    assert (nowhere.status, json.loads(nowhere.data)["code"]) == (400, "malformed")


def test_a_complaint_is_written_down_and_numbered(payer: Payer, tmp_path: Path) -> None:
    first = payer.post("/v1/complaints", COMPLAINT)
    second = payer.post("/v1/complaints", COMPLAINT)
    nothing = payer.post("/v1/complaints", COMPLAINT | {"why": ""})
    long = payer.post("/v1/complaints", COMPLAINT | {"why": "x" * 10_001})
    unseen = payer.post("/v1/complaints", COMPLAINT | {"why": "what PostgreSQL\0 refuses"})

    assert (first, second) == ((202, {"number": "1"}), (202, {"number": "2"}))
    assert (nothing[0], long[0], unseen[0]) == (400, 400, 400)
    engine = open_index(f"sqlite:///{tmp_path / 'journal.db'}")
    with engine.connect() as connection:
        rows = connection.execute(select(COMPLAINTS).order_by(COMPLAINTS.c.number)).mappings().all()
    engine.dispose()
    assert [{k: it[k] for k in COMPLAINT} for it in rows] == [COMPLAINT, COMPLAINT]


def test_nobody_complains_without_end(payer: Payer, tmp_path: Path) -> None:
    limits = Limits(complaints="1/hour")
    with serving(create_app(payer.venue.settings(tmp_path / "journal.db", limits=limits, explorer=False))) as server:
        payer.server = server
        taken, refused = (payer.post("/v1/complaints", COMPLAINT) for _ in range(2))

    assert (taken[0], refused[0], refused[1]["code"]) == (202, 429, "rate_limited")
