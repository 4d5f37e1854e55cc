"""Signed calls over HTTP: carried out for accounts without the chain's coin, within bounds, and never twice."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import create_engine, select, update
from web3.types import RPCEndpoint

from audiera.client import KeySigner, SignedCall
from audiera.errors import ChainError
from audiera.gateway import Relaying, create_app, relay
from audiera.gateway.tables import RELAYS
from audiera.protocol import sign
from tests.support.explorer import serving
from tests.support.gateway import DEPOSIT, Payer, Venue
from tests.support.studio import Client, Studio, content_of, some_terms


@pytest.fixture
def poor(own_venue: Venue) -> Client:
    """An account that never had any ETH."""
    client = own_venue.as_("musician")
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [client.account, "0x0"])
    return client


@pytest.fixture
def relaying(own_venue: Venue, tmp_path: Path) -> Relaying:
    signer = own_venue.as_("relayer").signer
    assert signer is not None
    return Relaying(signer=signer, state=tmp_path / "state")


@contextmanager
def at(venue: Venue, tmp_path: Path, relaying: Relaying | None, anvil: str | None) -> Iterator[Payer]:
    """Somebody at a gateway that carries calls out."""
    with serving(create_app(venue.settings(tmp_path / "relay.db", relaying=relaying, node=anvil))) as server:
        yield Payer(venue, server)


def registering(client: Client) -> SignedCall:
    return client.signing().datasets.register(content_of(), Studio(client).split())


def carried_out(payer: Payer, signed: SignedCall) -> tuple[int, Any]:
    return payer.post("/v1/relay", signed.to_json().encode())


def awaited(payer: Payer, transaction: str) -> Any:  # noqa: ANN401  # JSON
    """What became of a call, once that is known."""
    ends = time.monotonic() + 20
    while True:
        status, answer = payer.get(f"/v1/relay/{transaction}")
        assert status == 200, answer
        if answer["state"] != "sent":
            return answer
        assert time.monotonic() < ends, answer
        time.sleep(0.05)


def test_an_account_without_coin_publishes(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path, anvil: str
) -> None:
    before = poor.datasets.dataset_count()
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        status, sent = carried_out(payer, registering(poor))
        done = awaited(payer, sent["transaction"])

    assert (status, sent["state"], sent["block"]) == (200, "sent", None)
    assert done["state"] == "mined"
    (registered,) = [it for it in done["events"] if it["name"] == "DatasetRegistered"]
    assert (registered["contract"], registered["fields"]["id"]) == ("DatasetRegistry", str(before + 1))
    assert poor.datasets.owner_of(before + 1) == poor.account
    assert poor.node.balance(poor.account) == 0


def test_a_buyer_pays_in_with_a_permit_and_acquires(
    own_venue: Venue,
    poor: Client,
    relaying: Relaying,
    mint: Callable[[str, int], None],
    tmp_path: Path,
    anvil: str,
) -> None:
    mint(poor.account, DEPOSIT)
    gateway, usdc, signer = own_venue.as_("gateway").account, own_venue.usdc, poor.signer
    assert signer is not None
    permit = poor.token(usdc).sign_permit(signer, poor.usage.address, DEPOSIT, poor.node.timestamp() + 600)
    parts = poor.encoding().usage
    paying = [parts.permit(permit), parts.deposit(poor.account, gateway, usdc, DEPOSIT)]
    terms = some_terms(unit_price=1_000, token=usdc).id()
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        _, deposit = carried_out(payer, poor.signing().usage.multicall(paying))
        _, license_ = carried_out(payer, poor.signing().licenses.acquire(own_venue.dataset, terms, poor.account))

        assert awaited(payer, deposit["transaction"])["state"] == "mined"
        assert awaited(payer, license_["transaction"])["events"][0]["name"] == "CallRelayed"

    assert poor.usage.channel_of(poor.account, gateway, usdc).balance == DEPOSIT


def test_the_same_call_is_sent_once(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path, anvil: str
) -> None:
    call, sent_before = registering(poor), poor.node.nonce(relaying.signer.address)
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        _, first = carried_out(payer, call)
        _, second = carried_out(payer, call)
        awaited(payer, first["transaction"])
        _, third = carried_out(payer, call)
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        _, later = carried_out(payer, call)

    assert {it["transaction"] for it in (first, second, third, later)} == {first["transaction"]}
    assert (third["state"], later["state"]) == ("mined", "mined")
    assert poor.node.nonce(relaying.signer.address) == sent_before + 1


def test_events_that_are_too_many_are_told_from_none(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_EVENTS", 100)
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        _, sent = carried_out(payer, registering(poor))
        done = awaited(payer, sent["transaction"])

    assert (sent["events"], done["events"]) == ([], None)
    assert int(done["block"]) > 0


def test_a_call_of_a_month_ago_is_known_and_what_it_was_is_not_kept(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_FORGETTING", 0.0)
    old, young = registering(poor), poor.signing().datasets.register(content_of(), Studio(poor).split())
    before = poor.datasets.dataset_count()
    engine = create_engine(f"sqlite:///{tmp_path / 'relay.db'}")
    kept = select(RELAYS.c.call, RELAYS.c.events, RELAYS.c.state).order_by(RELAYS.c.at)
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        sent = [carried_out(payer, it)[1]["transaction"] for it in (old, young)]
        events = [awaited(payer, it)["events"] for it in sent]
        with engine.begin() as journal:
            aged = RELAYS.c.at - 30 * 86_400
            journal.execute(update(RELAYS).where(RELAYS.c.transaction == sent[0]).values(at=aged))
        with engine.connect() as journal:
            assert wait_until(lambda: journal.execute(kept).all()[0].call == "")
            assert [tuple(it) for it in journal.execute(kept)] == [
                ("", "null", "mined"),
                (young.to_json(), json.dumps(events[1]), "mined"),
            ]

        again = [carried_out(payer, it) for it in (old, young)]

    engine.dispose()
    assert [(status, it["transaction"], it["events"]) for status, it in again] == [
        (200, sent[0], None),
        (200, sent[1], events[1]),
    ]
    assert poor.datasets.dataset_count() == before + 2


def wait_until(holds: Callable[[], bool]) -> bool:
    """Wait for something, for ten seconds."""
    ends = time.monotonic() + 10
    while not holds():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def test_what_was_sent_before_the_process_died_is_not_sent_again(
    own_venue: Venue,
    poor: Client,
    relaying: Relaying,
    tmp_path: Path,
    anvil: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call, sent_before = registering(poor), poor.node.nonce(relaying.signer.address)
    monkeypatch.setattr(relay, "_LEASE", -2)  # of the one that died

    def die(*_: object, **__: object) -> None:
        raise ChainError("as if killed")

    with monkeypatch.context() as patched, at(own_venue, tmp_path, relaying, anvil) as payer:
        patched.setattr(relay.Relay, "_write", die)
        patched.setattr(relay.Relay, "_see_to_some", lambda _: True)
        status, answer = carried_out(payer, call)
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        again = carried_out(payer, call)

    assert (status, answer["code"], answer["repeat"]) == (503, "unavailable", True)
    assert again[0] == 200
    assert poor.node.nonce(relaying.signer.address) == sent_before + 1


def test_a_call_that_was_taken_and_not_sent_is_sent_by_the_next_process(
    own_venue: Venue,
    poor: Client,
    relaying: Relaying,
    tmp_path: Path,
    anvil: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = poor.datasets.dataset_count()
    monkeypatch.setattr(relay, "_LEASE", -2)
    monkeypatch.setattr(relay, "_PATIENCE", 0.5)

    def die(*_: object, **__: object) -> None:
        raise ChainError("as if killed")

    with monkeypatch.context() as patched, at(own_venue, tmp_path, relaying, anvil) as payer:
        patched.setattr(relay, "launch", die)
        assert carried_out(payer, registering(poor))[0] == 503
    with at(own_venue, tmp_path, relaying, anvil):
        for _ in range(200):
            if poor.datasets.dataset_count() == before + 1:
                break
            time.sleep(0.05)

    assert poor.datasets.dataset_count() == before + 1


def test_only_what_the_operator_allows_is_carried_out(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path, anvil: str
) -> None:
    approval = poor.encoding().datasets.cancel([1])
    allowed = replace(relaying, functions=frozenset({"DatasetRegistry.register"}))
    with at(own_venue, tmp_path, allowed, anvil) as payer:
        alone = carried_out(payer, poor.signing().datasets.cancel([1]))
        within = carried_out(payer, poor.signing().datasets.multicall([approval]))
        nested = carried_out(payer, poor.signing().datasets.multicall([poor.encoding().datasets.multicall([approval])]))
        nothing = carried_out(payer, poor.signing().datasets.multicall([]))

    for status, answer in (alone, within):
        assert (status, answer["code"], answer["function"]) == (403, "not_relayed", "DatasetRegistry.cancel")
        assert answer["detail"] == "cancel of DatasetRegistry is not carried out here; send it yourself."
    assert (nested[0], nested[1]["function"]) == (403, "DatasetRegistry.multicall")
    assert (nothing[0], nothing[1]["detail"]) == (400, "The multicall calls nothing.")


def test_a_call_that_would_do_nothing_is_not_sent(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path, anvil: str
) -> None:
    call, sent_before = registering(poor), poor.node.nonce(relaying.signer.address)
    late, signer = replace(call.call, deadline=1), poor.signer
    assert isinstance(signer, KeySigner)
    signature = sign(poor.suite["DatasetRegistry"].domain.digest(late), bytes(signer.account.key))
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        status, answer = carried_out(payer, replace(call, call=late, signature=signature))

    assert (status, answer["code"], answer["error"]) == (409, "call_reverts", "Relay_Expired")
    assert poor.node.nonce(relaying.signer.address) == sent_before


def test_the_node_is_asked_nothing_for_a_call_that_its_account_did_not_sign(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path
) -> None:
    call = registering(poor)
    forged = replace(call, call=replace(call.call, nonce=call.call.nonce ^ 1))
    with at(own_venue, tmp_path, relaying, "http://127.0.0.1:1") as payer:
        refused = [carried_out(payer, it) for it in (forged, replace(call, signature=b"\1" * 96))]

    assert [(status, answer["code"]) for status, answer in refused] == [(403, "signature_wrong")] * 2
    assert refused[0][1]["detail"] == (
        f"The signature is not by the key of {poor.account}, and calls of contract accounts are not carried out here; "
        "send it yourself."
    )


def test_a_slow_node_keeps_few_waiting(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, answers = threading.Barrier(relay._ASKING + 1), threading.Event()

    def slow(*_: object, **__: object) -> None:
        waiting.wait(20)
        assert answers.wait(20)
        raise ChainError("no answer")

    calls = [registering(poor) for _ in range(relay._ASKING + 1)]
    with at(own_venue, tmp_path, relaying, anvil) as payer, ThreadPoolExecutor() as pool:
        with monkeypatch.context() as patched:
            patched.setattr(relay, "connect", slow)
            asked = [pool.submit(carried_out, payer, it) for it in calls[1:]]
            waiting.wait(20)
            status, answer = carried_out(payer, calls[0])
            answers.set()
            slowly = [it.result() for it in asked]
        again = carried_out(payer, calls[0])

    assert (status, answer["code"], answer["repeat"]) == (503, "unavailable", True)
    assert answer["detail"] == "Other calls are being sent; send the same again."
    assert {it["detail"] for _, it in slowly} == {"The node does not answer as it should; send the same again."}
    assert again[0] == 200


def test_a_call_for_another_chain_is_refused(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path, anvil: str
) -> None:
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        status, answer = carried_out(payer, replace(registering(poor), chain_id=1))

    assert (status, answer["code"]) == (400, "malformed")
    assert answer["detail"] == "The call is signed for chain 1; connect to it and not to 31337."


@pytest.mark.parametrize(
    ("bound", "code", "detail"),
    [
        ({"account": 1}, "rate_limited", "1 calls of one account are carried out in 24 hours"),
        ({"address": 1}, "rate_limited", "1 calls of one address are carried out in 24 hours"),
        ({"budget": 10**13}, "rate_limited", "The gateway has paid for as much gas as it does in 24 hours"),
        ({"gas": 100_000}, "not_relayed", "The call takes "),
        ({"cost": 1_000}, "unavailable", "Gas is dear now: this call would cost "),
    ],
)
def test_no_more_is_paid_for_than_the_operator_says(
    own_venue: Venue,
    poor: Client,
    relaying: Relaying,
    tmp_path: Path,
    anvil: str,
    bound: dict[str, int],
    code: str,
    detail: str,
) -> None:
    with at(own_venue, tmp_path, replace(relaying, **bound), anvil) as payer:  # type: ignore[arg-type]
        answers = [carried_out(payer, registering(poor)) for _ in range(4)]

    refused = [answer for status, answer in answers if status != 200]
    assert refused
    assert {it["code"] for it in refused} == {code}
    assert refused[0]["detail"].startswith(detail)


def test_an_empty_account_of_the_relay_is_no_fault_of_the_callers(
    own_venue: Venue,
    poor: Client,
    relaying: Relaying,
    tmp_path: Path,
    anvil: str,
    new_account: Callable[[str], LocalAccount],
) -> None:
    call = registering(poor)
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [relaying.signer.address, "0x1"])
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        status, answer = carried_out(payer, call)
        new_account("relayer")  # which gives it funds
        again = carried_out(payer, call)

    assert (status, answer["code"]) == (503, "unavailable")
    assert answer["detail"] == "The account that pays the gas is empty; tell the operator."
    assert again[0] == 200


def test_what_is_carried_out_is_told(own_venue: Venue, relaying: Relaying, tmp_path: Path, anvil: str) -> None:
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        status, answer = payer.get("/v1/relay")

    assert (status, answer["account"], answer["gas"]) == (200, relaying.signer.address, "3000000")
    assert "LicenseRegistry.acquire" in answer["functions"]


@pytest.mark.parametrize("with_node", [False, True])
def test_without_an_account_or_a_node_nothing_is_carried_out(
    own_venue: Venue, poor: Client, relaying: Relaying, tmp_path: Path, anvil: str, *, with_node: bool
) -> None:
    asked = (None, anvil) if with_node else (relaying, None)
    with at(own_venue, tmp_path, *asked) as payer:
        status, answer = carried_out(payer, registering(poor))

    assert (status, answer["code"]) == (404, "not_found")
    assert answer["detail"] == "This gateway carries out no signed calls; send them yourself."


def test_nothing_is_told_of_what_was_not_sent_from_here(
    own_venue: Venue, relaying: Relaying, tmp_path: Path, anvil: str
) -> None:
    with at(own_venue, tmp_path, relaying, anvil) as payer:
        status, answer = payer.get(f"/v1/relay/0x{'ab' * 32}")

    assert (status, answer["detail"]) == (404, f"No call was carried out here in transaction 0x{'ab' * 32}.")
