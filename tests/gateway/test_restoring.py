"""A journal that was restored from an old copy: its payers hold what it has lost, and nobody loses anything."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from audiera.gateway import Limits, create_app
from audiera.gateway.tables import ACCESSES, BATCHES, CHANNELS, LINES
from audiera.gateway.taken import uses_in
from audiera.metering import PricedUse, use_line
from audiera.protocol import Domain, Receipt
from tests.support.explorer import serving
from tests.support.gateway import DEPOSIT, PRICE, Payer, Venue
from tests.support.settling import settler_of


@dataclass
class Story:
    """A payer who keeps what he used and each head, as he has to."""

    payer: Payer
    journal: Path
    uses: list[PricedUse] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def use(self, items: Sequence[int] | str) -> Any:  # noqa: ANN401  # JSON
        """An access that is granted."""
        request = self.payer.request(items)
        uses = self.payer.uses(request)
        batch = self.payer.kept.extend(uses)
        status, answer = self.payer.post("/v1/access", {**request, **self.payer.sign(batch)})
        assert status == 200, answer
        self.payer.kept = batch
        self.uses += uses
        self.answers.append(answer)
        return answer

    def restoration(self, position: int, answer: int = -1) -> dict[str, Any]:
        """What brings back the uses from a position on, up to the head of an answer."""
        head = self.answers[answer]["head"]
        lines = [json.loads(use_line(it)) for it in self.uses[position : int(head["voucher"]["calls"])]]
        return {"head": head, "position": str(position), "uses": lines}

    def restore(self, position: int, answer: int = -1, **changed: object) -> tuple[int, Any]:
        """What the gateway answers to it."""
        return self.payer.post("/v1/restore", {**self.restoration(position, answer), **changed})

    def rows(self, table: Any) -> list[Any]:  # noqa: ANN401
        """The rows of a table of the journal."""
        engine = create_engine(f"sqlite:///{self.journal}")
        with engine.connect() as connection:
            found = list(connection.execute(select(table)))
        engine.dispose()
        return found

    def copy(self, to: Path) -> None:
        """A copy of the journal while it is served, as `sqlite3 .backup` makes it."""
        with sqlite3.connect(self.journal) as source, sqlite3.connect(to) as target:
            source.backup(target)


@contextmanager
def at(venue: Venue, journal: Path, **told: object) -> Iterator[Payer]:
    with serving(create_app(venue.settings(journal, explorer=False, **told))) as server:
        yield Payer(venue, server)


@pytest.fixture(scope="module")
def past(venue: Venue, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Four accesses, and `old.db` beside the journal, a copy that was made after the first of them."""
    journal = tmp_path_factory.mktemp("past") / "journal.db"
    with at(venue, journal) as payer:
        told = Story(payer, journal)
        told.use([0])
        told.copy(journal.with_name("old.db"))
        for items in ([1, 2], [0, 1, 2], "all"):
            told.use(items)
    return told


@pytest.fixture
def story(past: Story, own_venue: Venue, tmp_path: Path) -> Iterator[Story]:
    """The same payer at a gateway whose journal was restored from the old copy."""
    journal = tmp_path / "journal.db"
    shutil.copy(past.journal.with_name("old.db"), journal)
    with at(own_venue, journal) as payer:
        payer.kept = past.payer.kept
        yield Story(payer, journal, [*past.uses], [*past.answers])


def code_of(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]


def test_what_was_lost_is_brought_back_and_both_go_on_from_there(story: Story) -> None:
    lost = story.payer.access([0])
    status, answer = story.restore(1)
    granted = story.use([2])

    assert code_of(lost) == (409, "head_moved")
    assert lost[1]["head"] == story.answers[0]["head"]
    assert (status, answer["head"]) == (200, story.answers[-2]["head"]), answer
    assert granted["position"] == "7"
    assert [it.held for it in story.rows(CHANNELS)] == [8 * PRICE]
    assert [(it.calls, it.amount, it.root) for it in story.rows(BATCHES)] == [
        (8, 8 * PRICE, f"0x{story.payer.kept.root().hash.hex()}")
    ]
    assert [(it.calls, it.units) for it in story.rows(LINES)] == [(8, 8)]
    log = [json.loads(use_line(it)) for it in story.uses]
    kept = [json.loads(use_line(it)) for row in story.rows(ACCESSES) for it in uses_in(row)]
    assert kept == log
    assert "audiera_gateway_restored_uses_total 6" in story.payer.server.page("/metrics")


def test_what_was_paid_for_is_granted_again(story: Story) -> None:
    items, whole = story.restore(1)[1]["accesses"]

    assert [it["path"] for it in items["granted"]] == ["b.ogg", "side 2/c.wav", "a.flac"]
    fetched = story.payer.server.get(items["granted"][0]["url"])
    leaf = f"0x{story.payer.venue.leaf(2).hex()}"
    of_all = story.payer.server.get(f"/v1/accesses/{whole['id']}/items/{leaf}")
    assert (fetched.status, of_all.status) == (200, 200)
    assert story.payer.post(f"/v1/accesses/{items['id']}/renew", {})[0] == 200


def test_the_same_again_is_answered_the_same_and_held_once(story: Story) -> None:
    first, second = story.restore(1), story.restore(1)

    assert first == second
    assert first[0] == 200
    assert [it.held for it in story.rows(CHANNELS)] == [7 * PRICE]
    assert len(story.rows(ACCESSES)) == 3


def test_it_is_brought_back_in_parts_at_heads_that_the_payer_holds(story: Story) -> None:
    answers = [story.restore(1, 1), story.restore(3, 2), story.restore(1, 1), story.restore(6, 3)]

    assert [status for status, _ in answers] == [200, 200, 409, 200]
    assert answers[-1][1]["head"] == story.answers[-1]["head"]


def test_a_batch_that_the_journal_never_heard_of_is_brought_back(past: Story, venue: Venue, tmp_path: Path) -> None:
    with at(venue, tmp_path / "new.db") as payer:
        payer.kept = past.payer.kept
        new = Story(payer, tmp_path / "new.db", [*past.uses], [*past.answers])

        status, answer = new.restore(0)

        assert (status, answer["head"]) == (200, past.answers[-1]["head"])
        assert new.use([0])["position"] == "7"


@pytest.mark.heavy
def test_what_is_brought_back_is_settled_at_its_newest_head(own_venue: Venue, story: Story) -> None:
    story.restore(1)

    with settler_of(own_venue, story.journal) as (settler, said):
        settler.step()

    assert [it.event for it in said] == ["closed", "settled", "collected"]
    channel = own_venue.as_("payer").usage.channel_of(
        own_venue.as_("payer").account, own_venue.as_("gateway").account, own_venue.usdc
    )
    assert channel.balance == DEPOSIT - 7 * PRICE


@pytest.mark.heavy
def test_a_head_that_the_chain_has_already_is_brought_back_as_closed(own_venue: Venue, story: Story) -> None:
    gateway, head = own_venue.as_("gateway"), story.answers[-1]["head"]
    voucher = story.payer.kept.voucher(
        payer=own_venue.as_("payer").account, gateway=gateway.account, token=own_venue.usdc, batch=1
    )
    gateway.usage.settle(voucher, bytes.fromhex(head["signature"][2:]))
    own_venue.read()

    status, _ = story.restore(1)

    assert (status, [it.state for it in story.rows(BATCHES)]) == (200, ["closed"])
    assert code_of(story.payer.access([0])) == (409, "batch_closed")


@pytest.mark.heavy
def test_nothing_is_brought_back_once_the_chain_has_another_head(own_venue: Venue, story: Story) -> None:
    with settler_of(own_venue, story.journal) as (settler, _):
        settler.step()
    own_venue.read()

    assert code_of(story.restore(1)) == (409, "batch_closed")


# What is refused


def test_a_head_that_the_gateway_or_its_payer_never_signed_is_not_taken(story: Story) -> None:
    head = story.answers[-1]["head"]
    calls = story.payer.kept.extend(story.payer.uses(story.payer.request([0])))
    signed = story.payer.sign(calls)
    own = story.payer.venue.as_("payer").signer
    assert own is not None
    domain: Domain = story.payer.venue.domain
    invented = {**head, "receipt": f"0x{own.sign_struct(domain, Receipt(bytes(32))).hex()}"}

    assert code_of(story.restore(1, head={**signed, "receipt": head["receipt"]})) == (403, "signature_wrong")
    assert code_of(story.restore(1, head=invented)) == (403, "signature_wrong")
    strange = story.payer.sign(story.payer.kept, role="stranger")["signature"]

    assert code_of(story.restore(1, head={**head, "signature": strange})) == (403, "signer_not_allowed")
    assert sum(len(uses_in(it)) for it in story.rows(ACCESSES)) == 1


def test_uses_that_do_not_make_the_head_are_not_taken(story: Story) -> None:
    told = story.restoration(1)["uses"]
    cheaper = [{**told[0], "price": "1"}, *told[1:]]

    assert code_of(story.restore(1, uses=cheaper)) == (409, "head_wrong")
    assert code_of(story.restore(1, uses=[{**told[0], "units": str(1 << 200)}, *told[1:]])) == (409, "head_wrong")
    assert code_of(story.restore(1, uses=told[:-1])) == (409, "head_moved")
    assert code_of(story.restore(2)) == (409, "head_moved")
    assert sum(len(uses_in(it)) for it in story.rows(ACCESSES)) == 1


def test_more_than_a_restoration_may_have_is_refused_unread(past: Story, venue: Venue, tmp_path: Path) -> None:
    with at(venue, tmp_path / "other.db", limits=Limits(restoration=1_000, body=10_000)) as payer:
        assert code_of(Story(payer, past.journal, past.uses, past.answers).restore(1)) == (413, "too_large")
