"""A gateway that lies: it gets no more than the exposure, nothing wrong stays on the disk, and what it did is said.

AUD-B1, AUD-B2, AUD-B4
"""

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.types import Scope

from audiera.errors import StorageError
from audiera.interface import SignedHead
from audiera.protocol import Right
from audiera.remote import Remote
from tests.support.consumer import Asking, lying, priced, run
from tests.support.gateway import PRICE, Venue

Words = Callable[..., list[str]]

EXPOSURE = 1_000


def changed(body: bytes, change: Callable[[dict[str, object]], object]) -> bytes:
    document = json.loads(body)
    change(document)
    return json.dumps(document).encode()


def of_access(change: Callable[[dict[str, object]], object]) -> Callable[[Scope, int, bytes], tuple[int, bytes] | None]:
    """Changes the answer to an access."""

    def tamper(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        return (200, changed(body, change)) if scope["path"] == "/v1/access" and status == 200 else None

    return tamper


def of_item(change: Callable[[bytes], bytes]) -> Callable[[Scope, int, bytes], tuple[int, bytes] | None]:
    """Changes the bytes of an item."""

    def tamper(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        return (status, change(body)) if "/items" in scope["path"] else None

    return tamper


def _dearer(answer: dict[str, object]) -> None:
    answer["head"]["voucher"]["amount"] = "2000"  # type: ignore[index]


def _forged(answer: dict[str, object]) -> None:
    head = SignedHead.model_validate(answer["head"])
    answer["head"]["receipt"] = f"0x{head.signature.hex()}"  # type: ignore[index]  # the payer's, which it has


def _same_id(answer: dict[str, object]) -> None:
    answer["id"] = f"0x{'ab' * 32}"


def _no_signature(answer: dict[str, object]) -> None:
    answer["head"]["receipt"] = f"0x{'00' * 65}"  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "told"),
    [(_dearer, "another head than was signed"), (_forged, "who may not sign for it"), (_no_signature, "that is none")],
)
def test_a_head_that_was_not_signed_or_is_not_countersigned_ends_it(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path, change: Callable[..., None], told: str
) -> None:
    with lying(own_venue, tmp_path / "liar.db", of_access(change)) as payer:
        done = run(*words(payer.server.url, "--max-exposure", "0.001 MUSD"))

    assert done.exit_code == 1
    assert told in done.output
    assert "it holds vouchers for 0.001 MUSD at most" in done.output
    assert asking.signed() == PRICE
    assert (asking.files(), asking.heads()) == ([], [])


@pytest.mark.parametrize(
    "change",
    [lambda it: b"?" + it[1:], lambda it: it[:-7], lambda it: it + b"more", lambda _: b""],
    ids=["another", "shorter", "longer", "nothing"],
)
def test_bytes_that_are_not_the_item_never_get_its_name(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    whole = change(b"abcdefghijkl") == b"abcdefghijklmore"

    with lying(own_venue, tmp_path / "liar.db", of_item(change)) as payer:
        done = run(*words(payer.server.url))

    assert (done.exit_code == 0) is whole  # what comes after the end is not read
    assert asking.files() == (asking.all if whole else [])
    assert asking.signed() == PRICE


def test_no_more_is_signed_for_than_the_exposure_where_nothing_is_delivered(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    own_venue.sell(priced(own_venue, unit_price=400, rights=Right.Inference))
    own_venue.read()

    with lying(own_venue, tmp_path / "liar.db", of_item(lambda it: b"?" + it[1:])) as payer:
        done = run(*words(payer.server.url, "--max-exposure", "0.001 MUSD", right="inference"))

    assert done.exit_code == 1
    assert asking.files() == []
    assert asking.signed() <= EXPOSURE


@pytest.mark.parametrize("code", ["right_not_granted", "batch_closed", "time_off", "invented"])
def test_a_gateway_that_refuses_for_no_reason_gets_no_more_than_the_exposure(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path, code: str
) -> None:
    """It keeps each voucher that it was sent, and settles what it can."""
    taken: dict[str, int] = {}

    def refusing(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        if scope["path"] != "/v1/access" or status != 200:
            return None
        voucher = json.loads(body)["head"]["voucher"]
        taken[voucher["batch"]] = max(int(voucher["amount"]), taken.get(voucher["batch"], 0))
        return 403, json.dumps({"code": code, "detail": "No."}).encode()

    with lying(own_venue, tmp_path / "liar.db", refusing) as payer:
        done = run(*words(payer.server.url, "--max-exposure", "0.001 MUSD"))

    assert done.exit_code == 1
    assert sum(taken.values()) <= EXPOSURE
    assert asking.signed() == sum(taken.values())


def test_papers_that_are_not_what_the_chain_names_are_refused_before_anything_is_signed(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    def tamper(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        return (status, body.replace(b"a.flac", b"z.flac")) if scope["path"].startswith("/sha256/") else None

    with lying(own_venue, tmp_path / "liar.db", tamper) as payer:
        done = run(*words(payer.server.url))

    assert done.exit_code == 1
    assert "it answered with something else; ask its operator, or name another gateway." in done.output
    assert asking.signed() == 0


def test_a_gateway_of_another_ledger_is_refused(own_venue: Venue, words: Words, tmp_path: Path) -> None:
    def tamper(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        if scope["path"] != "/v1/gateway":
            return None
        return status, changed(body, lambda it: it.update(ledger=own_venue.usdc))

    with lying(own_venue, tmp_path / "liar.db", tamper) as payer:
        done = run(*words(payer.server.url))

    assert done.exit_code == 1
    assert f"the ledger {own_venue.usdc}" in done.output


def test_after_a_lie_nothing_more_is_signed(own_venue: Venue, asking: Asking, words: Words, tmp_path: Path) -> None:
    own_venue.sell(priced(own_venue, unit_price=100, rights=Right.Inference))
    own_venue.read()

    with lying(own_venue, tmp_path / "liar.db", of_access(_dearer)) as payer:
        done = run(*words(payer.server.url, "--max-exposure", "0.0002 MUSD", right="inference"))

    assert done.exit_code == 1
    assert "it holds vouchers for 0.0001 MUSD at most" in done.output
    assert asking.signed() == 100


def test_accesses_of_one_name_are_not_taken_for_each_other(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    own_venue.sell(priced(own_venue, unit_price=100, rights=Right.Inference))
    own_venue.read()

    with lying(own_venue, tmp_path / "liar.db", of_access(_same_id)) as payer:
        done = run(*words(payer.server.url, "--max-exposure", "0.0002 MUSD", right="inference"))

    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert asking.signed() <= 200


def test_a_gateway_that_leads_to_no_place_is_refused_in_a_sentence(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    with lying(own_venue, tmp_path / "liar.db", of_item(lambda it: it), leads_to="https://[") as payer:
        done = run(*words(payer.server.url))

    assert done.exit_code == 1
    assert "leads to https://[, which is not followed" in done.output
    assert asking.files() == []


@pytest.mark.timeout(60)
def test_a_gateway_whose_answer_has_no_end_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.storage.https.PATIENCE", 0.3)
    monkeypatch.setattr("audiera.remote.remote._TRIES", 1)

    def drip(server: socket.socket) -> None:
        line, _ = server.accept()
        with line, suppress(OSError):
            line.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                line.sendall(b"X: y\r\n")
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        remote = Remote(f"http://127.0.0.1:{server.getsockname()[1]}")

        with pytest.raises(StorageError, match=r"cannot be reached \(\w+\); run it again later"):
            remote.ask_openly("GET", "/v1/gateway")
