"""What is paid in: how long it lasts, a little at a time, and by who has no coin for gas.

AUD-B5
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread, Timer
from types import SimpleNamespace

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from web3.types import RPCEndpoint

from audiera.client import KeySigner, SignedCall
from audiera.client.contracts.events import OfferMade
from audiera.client.journal import SentJournal
from audiera.consumer import Keeping, carrying, see_through
from audiera.consumer.keeping import Signed
from audiera.errors import GatewayError, StorageError
from audiera.gateway import Relaying, create_app
from audiera.gateway.settings import RELAYED
from audiera.protocol import Right
from audiera.remote import RELAY_PATIENCE, Remote
from tests.consumer.test_pull import reading_on
from tests.support.consumer import Asking, lying, priced, result_of, run
from tests.support.explorer import serving
from tests.support.gateway import DEPOSIT, PRICE, Payer, Venue
from tests.support.studio import Client

Words = Callable[..., list[str]]

SECOND = 700


@pytest.fixture
def lab(own_venue: Venue, asking: Asking, mint: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch) -> Client:  # noqa: ARG001  # its node is
    """A buyer with some of the venue's token and no coin at all, and an offer that it may take."""
    lab, creator = own_venue.as_("poor lab"), own_venue.as_("creator")
    assert isinstance(lab.signer, KeySigner)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", lab.signer.account.key.hex())
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [lab.account, "0x0"])
    terms = priced(own_venue, unit_price=SECOND, rights=Right.Playback)
    creator.licenses.publish_terms(terms)
    creator.licenses.offer(own_venue.dataset, terms.id(), 250_000)
    mint(lab.account, 1_000_000)
    return lab


@contextmanager
def relaying(venue: Venue, tmp_path: Path) -> Iterator[str]:
    """A gateway that carries out what others sign."""
    signer = venue.as_("relayer").signer
    assert signer is not None
    carries = Relaying(signer=signer, state=tmp_path / "state")
    settings = venue.settings(tmp_path / "relay.db", explorer=False, relaying=carries, node=os.environ["AUDIERA_NODE"])
    with serving(create_app(settings)) as server, reading_on(venue):
        yield server.url


def deposited(lab: Client, venue: Venue) -> int:
    return lab.usage.channel_of(lab.account, venue.as_("gateway").account, venue.usdc).balance


@pytest.mark.heavy
def test_a_lab_buys_and_pays_in_without_any_coin(
    own_venue: Venue, lab: Client, asking: Asking, words: Words, tmp_path: Path
) -> None:
    with relaying(own_venue, tmp_path) as url:
        done = run(*words(url, right="playback"))

    assert "You have 0 ETH, too little for gas: the gateway carries out what you sign" in done.output
    result = result_of(done)
    assert (result["fetched"], result["bought"]["value"]) == (len(asking.all), "250000")
    assert lab.node.balance(lab.account) == 0
    assert lab.token(own_venue.usdc).balance_of(lab.account) == 1_000_000 - 250_000 - 3 * SECOND
    assert deposited(lab, own_venue) == 3 * SECOND
    assert not (asking.folder / ".audiera" / "relay.json").exists()


@pytest.mark.heavy
def test_a_purchase_that_was_handed_over_and_not_heard_of_is_found_on_the_chain(
    own_venue: Venue, lab: Client, asking: Asking, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> bool:
        raise KeyboardInterrupt

    with relaying(own_venue, tmp_path) as url:
        with monkeypatch.context() as patched:
            patched.setattr(carrying, "outcome", lost)
            patched.setattr(carrying, "_is_used", lambda *_: False)
            first = run(*words(url, right="playback"))
        done = result_of(run(*words(url, right="playback")))

    assert first.exit_code != 0
    assert (done["fetched"], done["bought"]["value"]) == (len(asking.all), "250000")
    assert len(lab.licenses.held_by(lab.account)) == 1
    assert lab.token(own_venue.usdc).balance_of(lab.account) == 1_000_000 - 250_000 - 3 * SECOND


def test_a_gateway_that_refuses_what_was_signed_is_handed_the_same_again_and_no_other(
    own_venue: Venue, lab: Client, asking: Asking, words: Words, tmp_path: Path
) -> None:
    def refusing(scope: Scope, _status: int, _body: bytes) -> tuple[int, bytes] | None:
        if scope["path"] != "/v1/relay":
            return None
        if scope["method"] == "POST":
            return 403, b'{"code": "not_relayed", "detail": "No."}'
        return 200, json.dumps({"account": lab.account, "functions": sorted(RELAYED), "gas": "3000000"}).encode()

    path = asking.folder / ".audiera" / "relay.json"
    with lying(own_venue, tmp_path / "liar.db", refusing) as payer:
        run(*words(payer.server.url, right="playback"))
        first = path.read_bytes()
        done = run(*words(payer.server.url, right="playback"))

    assert done.exit_code == 1
    assert "does not carry out what was signed: No. Run it again: the same is handed over" in done.output
    assert path.read_bytes() == first
    assert lab.licenses.held_by(lab.account) == ()


@pytest.mark.heavy
def test_what_a_pull_to_another_folder_handed_over_is_not_bought_and_paid_in_again(
    own_venue: Venue, lab: Client, asking: Asking, words: Words, tmp_path: Path
) -> None:
    def refusing(scope: Scope, _status: int, _body: bytes) -> tuple[int, bytes] | None:
        if scope["path"] != "/v1/relay":
            return None
        if scope["method"] == "POST":
            return 403, b'{"code": "not_relayed", "detail": "No."}'
        return 200, json.dumps({"account": lab.account, "functions": sorted(RELAYED), "gas": "3000000"}).encode()

    first = asking.folder
    with lying(own_venue, tmp_path / "liar.db", refusing) as payer:
        assert run(*words(payer.server.url, right="playback")).exit_code == 1
    asking.folder = tmp_path / "other"
    with relaying(own_venue, tmp_path) as url:
        other = result_of(run(*words(url, right="playback")))
        asking.folder = first
        again = result_of(run(*words(url, right="playback")))

    assert (other["bought"]["value"], again["bought"]["value"]) == ("0", "250000")
    assert len(lab.licenses.held_by(lab.account)) == 1
    assert deposited(lab, own_venue) == 2 * 3 * SECOND


@contextmanager
def beside(tmp_path: Path, signed: SignedCall) -> Iterator[Path]:
    """What the pull to another folder signed for a gateway."""
    with Keeping.opened(tmp_path / "beside" / ".audiera") as keeping:
        keeping.hand_over(Signed(call=signed.to_json(), block=1))
        yield keeping.folder / "relay.json"


def damage(path: Path) -> None:
    path.write_text("{}")


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def write_call(path: Path, signed: SignedCall) -> None:
    path.write_text(Signed(call=signed.to_json(), block=1).model_dump_json())


PLANTED: dict[str, Callable[[Path, SignedCall], None]] = {
    "for another chain": lambda path, it: write_call(path, replace(it, chain_id=it.chain_id + 1)),
    "for another contract": lambda path, it: write_call(path, replace(it, address=it.call.account)),
    "for no contract of the suite": lambda path, it: write_call(path, replace(it, contract="Bank")),
    "good for longer than was signed": lambda path, it: write_call(
        path, replace(it, call=replace(it.call, deadline=it.call.deadline + 10**9))
    ),
    "not signed": lambda path, it: write_call(path, replace(it, signature=bytes(65))),
    "damaged": lambda path, _: damage(path),
    "a folder": lambda path, _: make_a_folder(path),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_lies_beside_a_pull_and_is_not_of_it_is_passed_over(
    own_venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    client = own_venue.as_("payer")
    signed = client.signing(lifetime=600).licenses.cancel([7])
    asked: list[object] = []
    monkeypatch.setattr(carrying, "_await", lambda *told: asked.append(told))

    with beside(tmp_path, signed) as path:
        PLANTED[planted](path, signed)
        see_through(client, Remote("http://127.0.0.1:1"), Keeping(path.parent), asked.append)

    assert asked == []


def test_what_is_another_users_is_passed_over(
    own_venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_venue.as_("payer")
    monkeypatch.setattr(carrying, "_await", lambda *_: pytest.fail("It was believed."))

    with beside(tmp_path, client.signing(lifetime=600).licenses.cancel([7])) as path:
        monkeypatch.setattr("audiera.consumer.keeping.os.geteuid", lambda: path.stat().st_uid + 1)
        see_through(client, Remote("http://127.0.0.1:1"), Keeping(path.parent), pytest.fail)


@pytest.mark.parametrize("how", ["it is carried out", "its time is over"])
def test_what_a_gateway_does_not_carry_out_is_waited_for(
    own_venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    client, said = own_venue.as_("payer"), list[str]()
    signed = client.signing(lifetime=600).licenses.cancel([7])
    monkeypatch.setattr(carrying, "_POLL", 0.1)

    async def refusing(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    def end(_: float) -> None:
        if how == "it is carried out":
            own_venue.as_("relayer").submit(signed)
        else:
            own_venue.w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [601])
            own_venue.w3.provider.make_request(RPCEndpoint("evm_mine"), [])

    with serving(refusing) as server, beside(tmp_path, signed) as path:
        clock = SimpleNamespace(sleep=end, monotonic=time.monotonic, time=time.time)
        monkeypatch.setattr(carrying, "time", clock)
        see_through(client, Remote(server.url), Keeping(path.parent), said.append)

    where = path.parent.parent
    assert said == [f"Waiting, 11 minutes at most, for what the pull to {where} signed: it may be carried out yet."]
    assert client.licenses.is_nonce_used(client.account, signed.call.nonce) == (how == "it is carried out")


def test_what_the_chain_does_not_tell_of_is_not_waited_for_without_end(
    own_venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_venue.as_("payer")

    def refuse(*_: object) -> None:
        raise StorageError("Nobody is there.")

    monkeypatch.setattr(carrying, "_await", refuse)
    monkeypatch.setattr(carrying, "CARRIED_FOR", -RELAY_PATIENCE)

    with (
        beside(tmp_path, client.signing(lifetime=600).licenses.cancel([7])) as path,
        pytest.raises(GatewayError, match="run it again later, or go on with that pull first"),
    ):
        see_through(client, Remote("http://127.0.0.1:1"), Keeping(path.parent), list[str]().append)


def test_a_deposit_that_another_command_has_under_way_is_waited_for_and_not_made_again(
    own_venue: Venue, lab: Client, payer: Payer, asking: Asking, words: Words
) -> None:
    w3, gateway = own_venue.w3, own_venue.as_("gateway").account
    w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [lab.account, hex(10**20)])
    offers = [it.event for it in lab.licenses.logs(OfferMade, dataset=own_venue.dataset)]
    (terms,) = (it.terms_id for it in offers if it.price == 250_000)
    lab.approve("LicenseRegistry", own_venue.usdc, 250_000)
    lab.licenses.acquire(own_venue.dataset, terms, lab.account, max_price=250_000)
    lab.approve("UsageLedger", own_venue.usdc, 3 * SECOND)
    w3.provider.make_request(RPCEndpoint("evm_setAutomine"), [False])
    sending = Thread(target=lab.usage.deposit, args=(lab.account, gateway, own_venue.usdc, 3 * SECOND))

    def mine() -> None:
        w3.provider.make_request(RPCEndpoint("evm_setAutomine"), [True])
        w3.provider.make_request(RPCEndpoint("evm_mine"), [])

    try:
        sending.start()
        while not any(it.is_living for it in SentJournal.of(lab.node, lab.account).entries()):
            time.sleep(0.01)
        mining = Timer(2, mine)
        mining.start()
        with reading_on(own_venue):
            done = run(*words(payer.server.url, right="playback"))
        mining.join()
    finally:
        mine()
        sending.join()

    assert result_of(done)["fetched"] == len(asking.all)
    assert "Deposited" not in done.output
    assert deposited(lab, own_venue) == 3 * SECOND


def test_the_plan_says_for_how_many_uses_the_deposit_lasts(payer: Payer, words: Words) -> None:
    done = run(*words(payer.server.url))

    lasting = f"it lasts for {DEPOSIT // PRICE:,} uses at this price, and this takes 1"
    assert f"1000 MUSD is free there: {lasting}" in done.output
    assert result_of(done)["deposit"]["uses"] == DEPOSIT // PRICE


@pytest.mark.heavy
def test_a_channel_is_topped_up_when_it_runs_low_and_never_above_the_limit(
    own_venue: Venue, payer: Payer, lab: Client, asking: Asking, words: Words
) -> None:
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [lab.account, hex(10**20)])
    limits = ["--max-exposure", "0.0007 MUSD", "--top-up", "0.001 MUSD"]

    with reading_on(own_venue):
        done = run(*words(payer.server.url, *limits, right="playback", spend="0.2525 MUSD"))

    result = result_of(done)
    assert result["fetched"] == len(asking.all)
    assert done.output.count("Deposited 0.001 MUSD") == 2
    assert done.output.count("Deposited 0.0005 MUSD") == 1  # all that the limit leaves
    assert deposited(lab, own_venue) == 2_500
    assert "topped up by 0.001 MUSD when it runs low" in done.output


@dataclass
class Refusing:
    """A gateway that refuses accesses at first, and keeps what they were signed for."""

    app: ASGIApp
    left: int
    code: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/v1/access" or not self.left:
            await self.app(scope, receive, send)
            return
        self.left -= 1
        request = await Request(scope, receive).json()
        told = {"code": self.code, "detail": "No.", "item": request["items"][0]}
        await JSONResponse(told, 451 if self.code == "item_blocked" else 403)(scope, receive, send)


@pytest.mark.parametrize(("code", "refused", "fetched"), [("time_off", 9, 0), ("item_blocked", 2, 1)])
def test_nothing_is_deposited_again_for_a_voucher_that_takes_the_place_of_another(  # fixtures
    own_venue: Venue, lab: Client, asking: Asking, words: Words, tmp_path: Path, code: str, refused: int, fetched: int
) -> None:
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [lab.account, hex(10**20)])
    app = create_app(own_venue.settings(tmp_path / "front.db", explorer=False))
    limits = ["--max-exposure", "0.0014 MUSD", "--top-up", "0.0007 MUSD"]

    with serving(Refusing(app, refused, code)) as server, reading_on(own_venue):
        done = run(*words(server.url, *limits, right="playback", spend="0.2521 MUSD"))

    assert len(asking.files()) == fetched, done.output
    assert (asking.signed(), deposited(lab, own_venue)) == (SECOND, SECOND), done.output


@pytest.mark.heavy
def test_what_was_deposited_for_a_refused_voucher_is_there_for_the_next_run(
    own_venue: Venue, lab: Client, asking: Asking, words: Words, tmp_path: Path
) -> None:
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [lab.account, hex(10**20)])
    front = Refusing(create_app(own_venue.settings(tmp_path / "front.db", explorer=False)), 9, "time_off")
    limits = ["--max-exposure", "0.0014 MUSD", "--top-up", "0.0007 MUSD"]

    with serving(front) as server, reading_on(own_venue):
        refused = run(*words(server.url, *limits, right="playback", spend="0.2528 MUSD"))
        front.left = 0
        done = run(*words(server.url, *limits, right="playback", spend="0.2528 MUSD"))

    assert refused.exit_code == 1
    assert result_of(done)["fetched"] == len(asking.all)
    assert (asking.signed(), deposited(lab, own_venue)) == (3 * SECOND, 3 * SECOND)
