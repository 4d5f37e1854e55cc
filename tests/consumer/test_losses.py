"""What a gateway that lies takes at most, read from the chain after it settled every voucher that it was ever sent.

AUD-B1, AUD-B2, AUD-B4
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audiera.gateway import create_app
from audiera.interface import AccessRequest
from audiera.protocol import Right
from tests.support.consumer import Asking, Liar, Tamper, priced, run
from tests.support.explorer import serving
from tests.support.gateway import Venue

Words = Callable[..., list[str]]
Change = Callable[[dict[str, Any]], object]

pytestmark = pytest.mark.heavy

USE = 400
EXPOSURE = 1_000


@dataclass(slots=True)
class Vouchers:
    """What a gateway was sent, read on the way."""

    app: ASGIApp
    sent: list[AccessRequest]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def reading() -> Message:
            message = await receive()
            if scope.get("path") == "/v1/access" and message["type"] == "http.request":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self.sent.append(AccessRequest.model_validate_json(bytes(body)))
            return message

        await self.app(scope, reading, send)


def settle(venue: Venue, sent: list[AccessRequest]) -> int:
    """Settle the dearest voucher of each batch, and return what that took from the payer's channel."""
    best = {
        it.voucher.batch: it for it in sorted(sent, key=lambda it: it.voucher.amount if it.voucher else 0) if it.voucher
    }
    gateway, payer = venue.as_("gateway"), venue.as_("payer")
    before = gateway.usage.channel_of(payer.account, gateway.account, venue.usdc).balance
    for _, it in sorted(best.items()):
        assert it.voucher is not None
        assert it.signature is not None
        gateway.usage.settle(it.voucher.voucher(), it.signature)
    return before - gateway.usage.channel_of(payer.account, gateway.account, venue.usdc).balance


def of(path: str, change: Change, *, status: int = 200) -> Tamper:
    """Changes each answer of a path that is no refusal."""

    def tamper(scope: Scope, answered: int, body: bytes) -> tuple[int, bytes] | None:
        if not scope["path"].startswith(path) or answered != 200:
            return None
        document = json.loads(body)
        change(document)
        return status, json.dumps(document).encode()

    return tamper


def of_voucher(**members: Callable[[int], object]) -> Tamper:
    """Changes members of the head that is answered."""

    def change(answer: dict[str, Any]) -> None:
        voucher = answer["head"]["voucher"]
        for name, new in members.items():
            voucher[name] = new(int(voucher[name], 0))

    return of("/v1/access", change)


def of_bytes(change: Callable[[bytes], bytes]) -> Tamper:
    """Changes the bytes of an item."""

    def tamper(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        return (status, change(body)) if "/items" in scope["path"] else None

    return tamper


def replayed() -> Tamper:
    """Answers each access with what was answered to the first one."""
    first: list[bytes] = []

    def tamper(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        if scope["path"] != "/v1/access" or status != 200:
            return None
        first.append(body)
        return 200, first[0]

    return tamper


def withdrawn(item: str) -> Tamper:
    """Says of each access that an item of it is withdrawn: one that was granted just now, or another."""

    def tamper(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        if scope["path"] != "/v1/access" or status != 200:
            return None
        told = {
            "code": "item_withdrawn",
            "detail": "It is withdrawn.",
            "item": item or json.loads(body)["granted"][0]["item"],
        }
        return 451, json.dumps(told).encode()

    return tamper


def ended() -> Tamper:
    """Grants for no time, and renews nothing."""

    def tamper(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        if scope["path"].endswith("/renew"):
            return 403, b'{"code": "gone", "detail": "No more."}'
        if scope["path"] != "/v1/access" or status != 200:
            return None
        return 200, json.dumps({**json.loads(body), "until": "1"}).encode()

    return tamper


def twice(answer: dict[str, Any]) -> None:
    answer["granted"] *= 2


def forged(answer: dict[str, Any]) -> None:
    answer["head"]["receipt"] = answer["head"]["signature"]


LIES: dict[str, tuple[Tamper, str]] = {
    "a dearer head": (of_voucher(amount=lambda it: str(it + 1)), "another head than was signed"),
    "a fee on top": (of_voucher(fee=lambda it: str(it + 1)), "another head than was signed"),
    "uses counted twice": (of_voucher(calls=lambda it: str(2 * it)), "another head than was signed"),
    "uses in another order": (of_voucher(root=lambda it: f"0x{it ^ 1:064x}"), "another head than was signed"),
    "a head of another batch": (of_voucher(batch=lambda it: str(it + 1)), "another head than was signed"),
    "a countersignature that is the payer's": (of("/v1/access", forged), "who may not sign for it"),
    "items that were not asked for": (of("/v1/access", twice), "other items than were asked for"),
    "no items": (of("/v1/access", lambda it: it.update(granted=[])), "other items than were asked for"),
    "an earlier grant": (replayed(), "another head than was signed"),
    "an answer without an end": (
        of("/v1/access", lambda it: it.update(more="x" * (5 << 20))),
        "answered with more than",
    ),
    "something that is no answer": (
        of("/v1/access", lambda it: it.pop("head")),
        "answered what no gateway of this release does; ask its operator, or name another gateway.",
    ),
    "other bytes": (of_bytes(lambda it: b"?" + it[1:]), "sent something else than item"),
    "fewer bytes": (of_bytes(lambda it: it[:-7]), "is signed for and not delivered"),
    "no bytes": (of_bytes(lambda _: b""), "is signed for and not delivered"),
    "that all is withdrawn": (withdrawn(""), "(It is withdrawn)"),
    "that something else is withdrawn": (
        withdrawn(f"0x{'ab' * 32}"),
        "refuses an item that was not asked for; nothing more is signed. Ask its operator",
    ),
    "files that are exchanged": (of_bytes(lambda it: it[len(it) // 2 :] + it[: len(it) // 2]), "sent something else"),
    "more bytes": (of_bytes(lambda it: b"more" + it), "sent something else than item"),
    "grants that have ended": (ended(), "has ended and is not renewed"),
    "a refusal that names a price": (
        of("/v1/access", lambda it: it.update(code="head_wrong", detail="It is 2 MUSD."), status=409),
        "is signed for and not delivered",
    ),
    "a fee of nearly all": (of("/v1/gateway", lambda it: it.update(fee_ppm="999999")), "It would come to 0.0024"),
}


@pytest.fixture
def sold(own_venue: Venue) -> Venue:
    """The venue, where the album is used by the second."""
    own_venue.sell(priced(own_venue, unit_price=USE, rights=Right.Inference))
    own_venue.read()
    return own_venue


@pytest.fixture
def pulled(
    sold: Venue,
    asking: Asking,
    words: Words,
    tmp_path: Path,
    isolate: Callable[[], AbstractContextManager[None]],
) -> Callable[..., tuple[str, int, int]]:
    """Pulls from a gateway that lies; what it said, its exit code, and what the gateway took and did not deliver."""

    def pulled(*lies: Tamper) -> tuple[str, int, int]:
        said, code = "", 0
        sent: list[AccessRequest] = []
        for lie in lies:
            vouchers = Vouchers(create_app(sold.settings(tmp_path / "liar.db", explorer=False)), sent)
            with serving(Liar(vouchers, lie)) as server:
                told = words(server.url, "--max-exposure", "0.001 MUSD", right="inference", spend="0.0024 MUSD")
                done = run(*told)
            said, code = done.output, done.exit_code
        with isolate():
            took = settle(sold, sent)
        assert "Traceback" not in said
        return said, code, took - USE * len(asking.files())

    return pulled


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize("lie", [it for it, (tamper, _) in LIES.items() if "of_bytes" in tamper.__qualname__])
def test_a_lie_about_files_that_come_together_takes_no_more_either(
    pulled: Callable[..., tuple[str, int, int]], lie: str
) -> None:
    test_a_lie_takes_no_more_than_the_exposure_and_is_said(pulled, lie)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_takes_no_more_than_the_exposure_and_is_said(
    pulled: Callable[..., tuple[str, int, int]], lie: str
) -> None:
    tamper, told = LIES[lie]

    said, code, lost = pulled(tamper)

    assert code == 1
    assert told in said
    assert 0 <= lost <= EXPOSURE


def honest(_scope: Scope, _status: int, _body: bytes) -> None:
    return None


@pytest.mark.parametrize("available", ["0", str(2**100)], ids=["nothing", "too much"])
def test_what_it_says_lies_in_the_channel_costs_nothing_and_moves_nothing(
    pulled: Callable[..., tuple[str, int, int]], asking: Asking, available: str
) -> None:
    said, code, lost = pulled(of("/v1/channels/", lambda it: it.update(available=available)))

    assert (code, lost, len(asking.files())) == (0, 0, 3)
    assert "1000 MUSD is free there" in said
    assert "Deposited" not in said


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.update(batches=[]),
        lambda it: [each.update(state="closed") for each in it["batches"]],
        lambda it: [each["head"]["voucher"].update(calls="1") for each in it["batches"]],
        lambda it: [each["head"]["voucher"].update(calls="1000") for each in it["batches"]],
    ],
    ids=["that there is none", "that it is closed", "that it has fewer uses", "that it has more"],
)
def test_what_it_says_of_the_open_batch_costs_no_more_than_the_exposure(
    pulled: Callable[..., tuple[str, int, int]], asking: Asking, change: Change
) -> None:
    def half(scope: Scope, _status: int, _body: bytes) -> tuple[int, bytes] | None:
        return (404, b"{}") if "/items/" in scope["path"] and not asking.files() else None

    _, _, lost = pulled(half, of("/v1/channels/", change))

    assert 0 <= lost <= EXPOSURE
