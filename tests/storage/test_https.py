"""A store that is read over https from a server that is believed in nothing."""

import gzip
import hashlib
import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from urllib3 import Retry

from audiera.errors import StorageError
from audiera.storage import ObjectError, Store, upload
from audiera.storage.backend import telling
from audiera.storage.objects import object_name
from audiera.storage.sealing import CHUNK, seal
from tests.support.storage import noise, stored
from tests.support.websites import Answer, Website, certificate, website

__all__ = ["certificate", "website"]

THING = stored(noise(3 << 20))
NAME = object_name(THING.sha256)
PATH = f"/music/{NAME}"
DATA = noise(3 << 20)


def answering(status: int, body: bytes = b"", **headers: str) -> Answer:
    """Gives the same answer whatever is asked; its length is that of the object unless told."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in ({"Content_Length": str(THING.size)} | headers).items():
            if value:
                request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(body)
        request.close_connection = True

    return answer


def refusal(site: Website) -> str:
    with pytest.raises(StorageError) as caught:
        Store.open(site.url).check(THING.sha256, THING.size)
    return str(caught.value)


def test_objects_are_read_and_verified(website: Website, tmp_path: Path, key: bytes) -> None:
    sealed = stored(noise(2 * CHUNK + 5, 1))
    website.files[PATH] = DATA
    name = object_name(sealed.sha256, sealed=True)
    website.files[f"/music/{name}"] = b"".join(seal([noise(2 * CHUNK + 5, 1)], key, sealed.sha256))
    store = Store.open(website.url, key)

    store.fetch(THING.sha256, THING.size, tmp_path / "song.wav")

    assert (tmp_path / "song.wav").read_bytes() == DATA
    assert store.get(sealed.sha256, sealed.size) == noise(2 * CHUNK + 5, 1)
    assert (store.has(THING.sha256), store.has(bytes(32))) == (True, False)


def test_an_altered_object_is_never_served(website: Website) -> None:
    website.files[PATH] = DATA[:-1] + b"!"

    with pytest.raises(ObjectError, match="is damaged"):
        Store.open(website.url).get(THING.sha256, THING.size)


def test_nothing_is_written(website: Website) -> None:
    with pytest.raises(StorageError) as caught:
        upload(Store.open(website.url), [THING])

    assert str(caught.value) == f"{website.url} can only be read; store to a folder or to s3://BUCKET/PREFIX."


def test_an_answer_that_is_longer_than_was_asked_is_read_no_further(website: Website) -> None:
    """AUD-S4"""
    sent: list[int] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        length = THING.size if request.command == "HEAD" else 1 << 40
        request.send_response(200)
        request.send_header("Content-Length", str(length))
        request.end_headers()
        while request.command == "GET":
            request.wfile.write(bytes(1 << 20))
            sent.append(1 << 20)

    website.instead[PATH] = answer

    told = refusal(website)

    assert "is damaged" in told
    assert sum(sent) < 64 << 20  # what systems and TLS hold on the way


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_packed_answer_is_not_unpacked(website: Website, method: str) -> None:
    """AUD-S6"""
    packed = answering(200, gzip.compress(bytes(1 << 20)), Content_Encoding="gzip")
    plain = answering(200)
    website.instead[PATH] = lambda request: (packed if request.command == method else plain)(request)

    told = refusal(website)

    assert told == f"{website.url}/{NAME} comes packed, and is not unpacked; have it served as it is."


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(website: Website, status: int) -> None:
    """AUD-S7"""
    website.files["/elsewhere"] = DATA
    website.instead[PATH] = answering(status, Location="/elsewhere", Content_Length="0")

    told = refusal(website)

    assert told == (
        f"{website.url}/{NAME} leads elsewhere (HTTP {status}), which is not followed; name the place itself."
    )
    assert website.asked == [f"HEAD {PATH}"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (answering(403), "refuses (HTTP 403); ask whoever runs it for access, or mend its permissions."),
        (answering(500), "failed (HTTP 500); run this again: what is stored stays."),
        (
            answering(200, Content_Length=""),
            "failed (it does not say how long its answer is); run this again: what is stored stays.",
        ),
        (
            answering(200, Content_Length="", Transfer_Encoding="chunked"),
            "failed (it does not say how long its answer is); run this again: what is stored stays.",
        ),
        (
            answering(503, Retry_After="31536000"),
            "failed (HTTP 503); run this again: what is stored stays.",
        ),
    ],
    ids=["forbidden", "broken", "without a length", "chunked", "come back in a year"],
)
@pytest.mark.timeout(30)
def test_what_is_no_object_has_its_sentence(website: Website, answer: Answer, told: str) -> None:
    """AUD-S3"""
    website.instead[PATH] = answer

    assert refusal(website) == f"{website.url} {told}"


def test_a_server_that_gives_no_parts_is_named(website: Website) -> None:
    website.instead[PATH] = answering(200, DATA)
    found = Store.open(website.url).find(THING.sha256, THING.size)

    whole = hashlib.sha256(b"".join(found.blocks())).digest()
    with pytest.raises(StorageError) as caught:
        list(found.blocks(CHUNK))

    assert whole == THING.sha256
    assert str(caught.value) == f"{website.url} does not give parts of files; use another store."


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hangs up soon, and asks once."""
    for module in ("https", "pacing"):
        monkeypatch.setattr(f"audiera.storage.{module}.PATIENCE", 0.3)
    monkeypatch.setattr("audiera.storage.https._TRIES", Retry(0, redirect=False))


def dripping_head(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        request.wfile.write(b"X: y\r\n")
        time.sleep(0.05)


def going_on(request: BaseHTTPRequestHandler) -> None:
    while True:
        request.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def dripping_body(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(THING.size))
    request.end_headers()
    while request.command == "GET":
        request.wfile.write(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize("answer", [dripping_head, going_on, dripping_body])
@pytest.mark.usefixtures("impatient")
@pytest.mark.timeout(60)
def test_a_server_that_takes_for_ever_is_hung_up_on(website: Website, answer: Answer) -> None:
    """AUD-S3"""
    website.instead[PATH] = answer

    told = refusal(website)

    assert told.startswith(f"{website.url} ")
    assert told.endswith("run this again: what is stored stays.")


@pytest.mark.usefixtures("impatient")
@pytest.mark.timeout(60)
def test_a_server_that_never_ends_its_greeting_is_hung_up_on() -> None:
    """AUD-S3"""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}"

        with pytest.raises(StorageError, match="run this again"):
            Store.open(url).has(THING.sha256)


def test_a_server_whose_certificate_nobody_vouches_for_is_refused(
    website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    assert "CERTIFICATE_VERIFY_FAILED" in refusal(website)
    assert website.asked == []


def test_a_server_that_is_down_is_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # bound, not listening
        url = f"https://localhost:{probe.getsockname()[1]}/music"

        with pytest.raises(StorageError) as caught:
            Store.open(url).has(THING.sha256)

    assert str(caught.value) == (
        f"{url} cannot be reached; check the address and the network, and run this again: what is stored stays."
    )


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1", "2130706433", "0.0.0.0", "10.0.0.1", "192.168.1.1", "100.64.0.1"),
        *("169.254.169.254", "224.0.0.1", "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]"),
        *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[64:ff9b:1::808:808]", "[fec0::808:808]", "[5f00::1]"),
        *("[::808:808]", "[::ffff:0:808:808]", "[::ffff:808:808:0]", "[2001::808:808]", "[3fff::1]"),
    ],
)
def test_a_stranger_has_no_private_address_asked(host: str) -> None:
    """AUD-S8"""
    store = Store.open_foreign(f"https://{host}:1/music")

    with pytest.raises(StorageError) as caught:
        store.has(THING.sha256)

    assert str(caught.value) == (
        f"{host.strip('[]')} is not at a public address, and nobody here has named it; it is not asked."
    )


def test_a_name_of_which_one_address_is_private_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-S8"""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (it, 443)) for it in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr("audiera.storage.https.socket.getaddrinfo", lambda *_, **__: found)

    with pytest.raises(StorageError, match=r"music\.example is not at a public address"):
        Store.open_foreign("https://music.example/music").has(THING.sha256)


def test_a_name_that_leads_to_a_private_address_a_second_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-S8"""
    answers = iter(["93.184.215.14", "127.0.0.1"])
    looked_up: list[str] = []

    def look_up(_: str, port: int, **__: object) -> list[tuple[object, ...]]:
        looked_up.append(next(answers))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (looked_up[-1], port))]

    def connect(address: tuple[str, int], **__: object) -> socket.socket:
        assert address[0] == looked_up[-1]  # what was looked at is what is connected to
        raise ConnectionResetError

    monkeypatch.setattr("audiera.storage.https.socket.getaddrinfo", look_up)
    monkeypatch.setattr("audiera.storage.https.socket.create_connection", connect)

    with pytest.raises(StorageError, match=r"music\.example is not at a public address"):
        Store.open_foreign("https://music.example/music").has(THING.sha256)

    assert looked_up == ["93.184.215.14", "127.0.0.1"]


@pytest.mark.parametrize(("port", "suffix"), [(443, ""), (8443, ":8443")])
def test_a_host_that_is_named_by_its_ipv6_address_is_the_one_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, port: int, suffix: str
) -> None:
    """AUD-S8"""
    asked: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], **__: object) -> socket.socket:
        asked.append(address)
        raise ConnectionResetError

    monkeypatch.setattr("audiera.storage.https._TRIES", Retry(0, redirect=False))
    monkeypatch.setattr("audiera.storage.https.socket.create_connection", connect)

    with pytest.raises(StorageError, match="cannot be reached"):
        Store.open_foreign(f"https://[2606:4700::1111]{suffix}").has(THING.sha256)

    assert asked == [("2606:4700::1111", port)]


@pytest.mark.timeout(30)
def test_one_long_word_of_a_server_holds_nobody_up(website: Website) -> None:
    """AUD-S3"""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"A" * 60_000 + b"\r\n\r\n")
        request.close_connection = True

    website.instead[PATH] = answer
    began = time.monotonic()

    told = refusal(website)

    assert time.monotonic() - began < 10
    assert told.startswith(f"{website.url} cannot be reached; check the address")


def test_what_is_cut_of_a_message_was_freed_of_passwords_before() -> None:
    """AUD-S10"""
    with pytest.raises(StorageError) as caught, telling("https://here"):
        raise OSError("no " + "x" * 481 + " https://me:password@there/x?key=1 " + "y" * 100)

    assert str(caught.value) == (
        f"https://here failed (no {'x' * 481} https://there/x...); run this again: what is stored stays."
    )
