"""Signing in with Ethereum over HTTP: whose text is taken, which is refused in which words, what a session opens."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_typing import ChecksumAddress
from sqlalchemy import create_engine, text
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from web3.types import RPCEndpoint

from audiera.client import KeySigner
from audiera.gateway import Limits, create_app
from audiera.interface import sign_in_text
from audiera.protocol import SignerScope, keccak
from tests.support.explorer import serving
from tests.support.gateway import DEPOSIT, PRICE, Payer, Venue


@contextmanager
def at(venue: Venue, tmp_path: Path, **told: Any) -> Iterator[Payer]:  # noqa: ANN401  # whatever settings have
    """A payer at a gateway with other settings."""
    with serving(create_app(venue.settings(tmp_path / "other.db", **told))) as server:
        yield Payer(venue, server)


def signed_by(role: Payer, address: str, key: str) -> tuple[int, Any]:
    """What signing in answers to an address's text that a role's key signed."""
    _, nonce = role.post("/v1/session/nonce", {})
    message = sign_in_text(nonce["uri"], address, nonce["nonce"], int(nonce["chain_id"]))
    signer = role.venue.as_(key).signer
    assert isinstance(signer, KeySigner)
    signature = signer.account.sign_message(encode_defunct(text=message)).signature
    return role.post("/v1/session", {"message": message, "signature": f"0x{signature.hex()}"})


def test_an_account_signs_in_with_its_key_and_out_again(payer: Payer) -> None:
    me = payer.venue.as_("payer").account

    header = payer.signed_in()
    found = payer.get("/v1/session", **header)
    out = payer.server.http.request("DELETE", f"{payer.server.url}/v1/session", headers=header)

    assert found[0] == 200
    assert (found[1]["account"], found[1]["signer"]) == (me, me)
    assert out.status == 204
    status, answer = payer.get("/v1/session", **header)
    assert (status, answer["code"]) == (401, "unauthenticated")
    assert answer["detail"] == "The session has ended; sign in again."


def test_the_journal_holds_a_hash_of_what_shows_a_session(payer: Payer, tmp_path: Path) -> None:
    _, answer = payer.sign_in()

    dump = (tmp_path / "journal.db").read_bytes() + (tmp_path / "journal.db-wal").read_bytes()
    assert answer["token"].encode() not in dump
    assert payer.venue.as_("payer").account.encode() in dump


def test_a_text_is_good_once(payer: Payer) -> None:
    _, nonce = payer.post("/v1/session/nonce", {})
    assert payer.sign_in(nonce=nonce["nonce"])[0] == 200

    status, answer = payer.sign_in(nonce=nonce["nonce"])

    assert (status, answer["code"]) == (401, "unauthenticated")
    assert answer["detail"] == "The nonce was used, or is too old; ask for another, and sign it."


def test_a_nonce_that_is_too_old_is_refused(own_venue: Venue, tmp_path: Path) -> None:
    with at(own_venue, tmp_path, limits=Limits(nonce=0)) as payer:
        status, answer = payer.sign_in()

    assert (status, answer["detail"]) == (401, "The nonce was used, or is too old; ask for another, and sign it.")


def test_a_session_ends_by_itself(own_venue: Venue, tmp_path: Path) -> None:
    with at(own_venue, tmp_path, limits=Limits(session=0)) as payer:
        header = payer.signed_in()

        status, answer = payer.get("/v1/session", **header)

    assert (status, answer["detail"]) == (401, "The session has ended; sign in again.")


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"uri": "https://evil.example"}, "The message is for domain evil.example, and this gateway is 127.0.0.1:"),
        ({"chain_id": "1"}, "The message is for chain_id 1, and this gateway is 31337."),
    ],
)
def test_a_text_for_another_place_is_refused(payer: Payer, changed: dict[str, str], detail: str) -> None:
    status, answer = payer.sign_in(**changed)

    assert (status, answer["code"]) == (401, "unauthenticated")
    assert answer["detail"].startswith(detail)


def test_the_public_url_is_what_texts_are_for(own_venue: Venue, tmp_path: Path) -> None:
    with at(own_venue, tmp_path, public_url="https://music.example/") as payer:
        _, nonce = payer.post("/v1/session/nonce", {})

        assert (nonce["domain"], nonce["uri"]) == ("music.example", "https://music.example")
        assert payer.sign_in()[0] == 200
        assert payer.sign_in(uri=payer.server.url)[0] == 401


def test_a_request_from_afar_does_not_say_where_the_gateway_is(payer: Payer) -> None:
    status, answer = payer.post("/v1/session/nonce", {}, Host="evil.example")

    assert (status, answer["code"]) == (403, "forbidden")
    assert "--public" in answer["detail"]


def test_another_keys_signature_is_refused(payer: Payer) -> None:
    me = payer.venue.as_("payer").account

    status, answer = signed_by(payer, me, "thief")

    assert (status, answer["code"]) == (403, "signature_wrong")
    assert answer["detail"] == (
        f"The signature is not by the key of {me}; the signature of a contract account is looked at by a node, and "
        "this gateway asks none."
    )


@pytest.mark.parametrize(
    "message",
    [
        "",
        "let me in",
        "\n" * 900,
        "x wants you to sign in with your Ethereum account:\n" + "a" * 900,
    ],
)
def test_what_is_no_such_text_is_refused_at_once(payer: Payer, message: str) -> None:
    began = time.monotonic()

    status, answer = payer.post("/v1/session", {"message": message, "signature": "0x"})

    assert (status, answer["detail"]) == (400, "The message is not as EIP-4361 writes it.")
    assert time.monotonic() - began < 1


def test_the_slowest_text_to_read_is_read_in_a_moment(payer: Payer) -> None:
    me = payer.venue.as_("payer").account
    _, nonce = payer.post("/v1/session/nonce", {})
    message = sign_in_text(nonce["uri"], me, nonce["nonce"], 31337)
    slow = message + "\nResources:" + ("\n- http://" + "a" * 185) * 3
    began = time.monotonic()

    status, _ = payer.post("/v1/session", {"message": slow, "signature": "0x"})

    assert status == 403
    assert time.monotonic() - began < 3  # without a bound for lines, ten times as long


def test_a_key_that_may_access_signs_in_for_its_account_until_it_may_not(payer: Payer) -> None:
    venue, client = payer.venue, payer.venue.as_("payer")
    hot, end = venue.as_("hot").account, client.node.timestamp() + 10 * 86_400
    client.licenses.set_signer(hot, SignerScope.Access, end)
    venue.read()

    header = payer.signed_in("hot", account=client.account)
    _, found = payer.get("/v1/session", **header)
    client.licenses.set_signer(hot, 0, end)
    client.node.request("evm_increaseTime", 2 * 86_400)
    client.node.request("evm_mine")
    venue.read()
    status, answer = payer.get("/v1/session", **header)

    assert (found["account"], found["signer"]) == (client.account, hot)
    assert (status, answer["code"]) == (403, "signer_not_allowed")


def test_a_key_without_scope_signs_in_for_nobody_else(payer: Payer) -> None:
    me, thief = payer.venue.as_("payer").account, payer.venue.as_("thief").account

    status, answer = payer.sign_in("thief", account=me)

    assert (status, answer["code"]) == (403, "signer_not_allowed")
    assert answer["detail"] == (
        f"{thief} may not access for {me}; sign in with the account's key, or allow it by `setSigner`."
    )


def test_a_contract_account_signs_in_where_a_node_is_asked(
    own_venue: Venue, tmp_path: Path, anvil: str, deploy_mock: Callable[..., ChecksumAddress]
) -> None:
    wallet = deploy_mock("Wallet1271", own_venue.as_("payer").account)
    with at(own_venue, tmp_path, node=anvil) as payer:
        status, answer = signed_by(payer, wallet, "payer")
        other = signed_by(payer, wallet, "thief")

    assert (status, answer["account"]) == (200, wallet)
    assert (other[0], other[1]["code"]) == (403, "signature_wrong")


def test_an_account_that_delegated_its_code_signs_in_with_its_key(payer: Payer) -> None:
    delegated = f"0xef0100{payer.venue.usdc[2:]}"
    payer.venue.w3.provider.make_request(RPCEndpoint("anvil_setCode"), [payer.venue.as_("payer").account, delegated])

    assert payer.sign_in()[0] == 200


def test_a_node_that_does_not_answer_is_no_wrong_signature(own_venue: Venue, tmp_path: Path) -> None:
    with at(own_venue, tmp_path, node="http://127.0.0.1:9") as payer:
        status, answer = signed_by(payer, own_venue.usdc, "payer")

    assert (status, answer["code"]) == (503, "unavailable")


def test_a_contract_sends_the_gateway_nowhere_else(own_venue: Venue, tmp_path: Path, anvil: str) -> None:
    asked: list[str] = []

    async def trap(scope: Scope, _: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await Response("{}")(scope, _, send)

    with serving(trap) as elsewhere, at(own_venue, tmp_path, node=anvil) as payer:
        wallet = Account.create().address
        kinds = ["address", "string[]", "bytes", "bytes4", "bytes"]
        lookup = [wallet, [f"{elsewhere.url}/{{sender}}/{{data}}"], b"", b"abcd", b""]  # EIP-3668
        data = keccak(b"OffchainLookup(address,string[],bytes,bytes4,bytes)")[:4] + encode(kinds, lookup)
        code = bytes.fromhex(f"61{len(data):04x}600e60003961{len(data):04x}6000fd") + data  # reverts with that
        own_venue.w3.provider.make_request(RPCEndpoint("anvil_setCode"), [wallet, f"0x{code.hex()}"])

        status, answer = signed_by(payer, wallet, "payer")

    assert (status, answer["code"], asked) == (403, "signature_wrong", [])


def test_nobody_looks_at_a_channel_without_signing_in(payer: Payer) -> None:
    status, answer = payer.get(f"/v1/channels/{payer.venue.usdc}")

    assert (status, answer["code"]) == (401, "unauthenticated")
    assert answer["detail"] == "Sign in first: `/v1/session/nonce` has what to sign."


def test_a_payer_finds_its_heads_and_uses_again(payer: Payer) -> None:
    _, granted = payer.access([0, 1])
    payer.access([2])
    header = payer.signed_in()

    status, channel = payer.get(f"/v1/channels/{payer.venue.usdc}", **header)
    log = payer.server.get(f"/v1/channels/{payer.venue.usdc}/batches/1/uses", **header)
    rest = payer.server.get(f"/v1/channels/{payer.venue.usdc}/batches/1/uses?after=2", **header)

    assert status == 200
    assert (channel["balance"], channel["held"]) == (str(DEPOSIT), str(3 * PRICE))
    assert channel["available"] == str(DEPOSIT - 3 * PRICE)
    (batch,) = channel["batches"]
    assert (batch["state"], batch["head"]["voucher"]["calls"]) == ("open", "3")
    assert batch["head"]["voucher"]["root"] == f"0x{payer.kept.root().hash.hex()}"
    assert batch["head"]["receipt"] != granted["head"]["receipt"]
    lines = [json.loads(it) for it in log.data.splitlines()]
    assert [it["item"] for it in lines] == [f"0x{payer.venue.leaf(it).hex()}" for it in (0, 1, 2)]
    assert rest.data.splitlines() == log.data.splitlines()[2:]


def test_a_channel_is_its_payers_alone(payer: Payer) -> None:
    payer.access([0])
    header = payer.signed_in("thief")

    _, channel = payer.get(f"/v1/channels/{payer.venue.usdc}", **header)
    status, answer = payer.get(f"/v1/channels/{payer.venue.usdc}/batches/1/uses", **header)

    assert (channel["balance"], channel["batches"]) == ("0", [])
    assert (status, answer["detail"]) == (404, "This channel has no batch 1 here.")


def test_nonces_and_sessions_that_ended_are_forgotten(payer: Payer, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'journal.db'}")
    payer.sign_in()
    payer.post("/v1/session/nonce", {})
    with engine.begin() as connection:
        connection.execute(text("UPDATE nonces SET until = 1"))
        connection.execute(text("UPDATE sessions SET until = 1"))

    payer.sign_in()

    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM nonces")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM sessions")).scalar() == 1
    engine.dispose()
