"""A deposit that a gateway does not count yet is waited for block by block, and never paid twice.

AUD-B5
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from starlette.types import Scope
from web3.types import RPCEndpoint

from audiera.consumer import waiting
from audiera.gateway import create_app
from audiera.protocol import Right
from tests.consumer.test_pull import reading_on
from tests.support.consumer import Asking, lying, priced, result_of, run
from tests.support.explorer import serving
from tests.support.gateway import Venue
from tests.support.studio import Client

Words = Callable[..., list[str]]

SECOND = 700
CONFIRMATIONS = 3


@pytest.fixture
def lab(own_venue: Venue, asking: Asking, mint: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch) -> Client:  # noqa: ARG001  # its node is
    """A buyer who has deposited nothing, with a licence that it need not pay for."""
    lab, creator = own_venue.as_("new lab"), own_venue.as_("creator")
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", lab.signer.account.key.hex())  # type: ignore[union-attr]  # a KeySigner
    terms = priced(own_venue, unit_price=SECOND, rights=Right.Playback)
    creator.licenses.publish_terms(terms)
    creator.licenses.offer(own_venue.dataset, terms.id(), 0)
    lab.licenses.acquire(own_venue.dataset, terms.id(), lab.account)
    mint(lab.account, 1_000_000)
    monkeypatch.setattr(waiting, "_POLL", 0.1)
    return lab


@contextmanager
def careful(venue: Venue, tmp_path: Path) -> Iterator[str]:
    """A gateway that counts a deposit some blocks after it was made."""
    settings = venue.settings(tmp_path / "careful.db", explorer=False, confirmations=CONFIRMATIONS)
    with serving(create_app(settings)) as server, reading_on(venue):
        yield server.url


def mine(venue: Venue, count: int) -> None:
    for _ in range(count):
        venue.w3.provider.make_request(RPCEndpoint("evm_mine"), [])


def deposited(lab: Client, venue: Venue) -> int:
    return lab.usage.channel_of(lab.account, venue.as_("gateway").account, venue.usdc).balance


def test_on_a_chain_that_stands_still_a_pull_says_how_many_blocks_are_missing_and_pays_once(
    own_venue: Venue, lab: Client, asking: Asking, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with careful(own_venue, tmp_path) as url:
        monkeypatch.setattr(waiting, "_PATIENCE", 1.0)
        first = run(*words(url, right="playback"))
        block = lab.node.block_number()
        mine(own_venue, 1)
        second = run(*words(url, right="playback"))
        mine(own_venue, CONFIRMATIONS - 1)
        third = run(*words(url, right="playback"))

    assert result_of(third)["fetched"] == len(asking.all)
    assert [result_of(third)[it]["value"] for it in ("signed", "taken", "delivered")] == [str(3 * SECOND)] * 3
    assert first.exit_code == second.exit_code == 1
    assert f"The deposit is on chain at block {block:,}, and the gateway waits for others on it: 0 of 3 blocks" in (
        first.output
    )
    refused = f"The deposit is on chain at block {block:,}, and {url} waits for"
    assert f"{refused} 3 blocks more. Nothing needs to be paid again; run it again later" in first.output
    assert f"{refused} 2 blocks more." in second.output
    assert "Deposited" not in second.output + third.output
    assert deposited(lab, own_venue) == 3 * SECOND


def test_whoever_sees_blocks_come_waits_for_them_past_all_patience(
    own_venue: Venue, lab: Client, asking: Asking, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = Event()

    def go_on() -> None:
        while not over.wait(2.0):
            mine(own_venue, 1)

    monkeypatch.setattr(waiting, "_PATIENCE", 4.0)
    mining = Thread(target=go_on)
    mining.start()
    try:
        with careful(own_venue, tmp_path) as url:
            done = run(*words(url, right="playback"))
    finally:
        over.set()
        mining.join()

    assert result_of(done)["fetched"] == len(asking.all)
    assert "0 of 3 blocks are there" in done.output
    assert "1 of 3 blocks are there" in done.output
    assert deposited(lab, own_venue) == 3 * SECOND


def test_a_gateway_that_says_that_more_is_missing_than_the_chain_does_has_nothing_more_paid_in(
    own_venue: Venue, lab: Client, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(scope: Scope, _status: int, _body: bytes) -> tuple[int, bytes] | None:
        told = {"code": "deposit_too_small", "detail": "Deposit 990000 more.", "held": "990000", "missing": "990000"}
        return (402, json.dumps(told).encode()) if scope["path"] == "/v1/access" else None

    monkeypatch.setattr(waiting, "_PATIENCE", 0.5)
    with lying(own_venue, tmp_path / "liar.db", greedy) as payer:
        done = run(*words(payer.server.url, right="playback"))

    assert done.exit_code == 1
    assert "needs 0.0021 MUSD more than the 0.99 MUSD that it has vouchers for" in done.output
    assert "your channel holds 0.0021 MUSD" in done.output
    assert "Deposit 990000" not in done.output
    assert deposited(lab, own_venue) == 3 * SECOND
