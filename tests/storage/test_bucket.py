"""A server that speaks like S3 and means no good."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from audiera.errors import StorageError
from audiera.storage import Store
from audiera.storage.bucket import Bucket
from audiera.storage.objects import object_name, shard_of
from tests.support.storage import stored

THING = stored(b"sound")
NAME = object_name(THING.sha256)


class Endless:
    """A server whose lists have always one more page."""

    def __init__(self) -> None:
        self.asked = 0

    def call_s3(self, _: str, **__: object) -> dict[str, Any]:
        self.asked += 1
        listed = [{"Key": f"label/{shard_of(THING.sha256)}/{number}", "Size": 1} for number in range(1_000)]
        return {
            "Contents": listed,
            "IsTruncated": True,
            "NextContinuationToken": "more",
            "NextPartNumberMarker": 1,
            "Parts": [{"PartNumber": 1, "ETag": "one"}],
        }


def test_a_list_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-S11"""
    monkeypatch.setattr("audiera.storage.bucket._MOST_PAGES", 5)
    files = Endless()
    store = Store(Bucket("s3://music/label", files, "music/label"))

    with pytest.raises(StorageError) as caught:
        store.backend.sizes(shard_of(THING.sha256), [NAME])

    assert str(caught.value) == (
        f"s3://music/label/{shard_of(THING.sha256)} lists more than 5,000 objects; use another store."
    )
    assert files.asked == 5


def test_a_list_of_parts_that_does_not_get_on_is_ended() -> None:
    """AUD-S11"""
    files = Endless()

    found = Bucket("s3://music/label", files, "music/label")._parts(NAME, "upload")

    assert (found, files.asked) == ({1: "one"}, 2)


class Liar(ThreadingHTTPServer):
    """Gives more than is asked for, in whatever coding, or leads elsewhere."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Told)
        self.sent = 0
        self.asked: list[str] = []
        self.leads = self.drips = self.fails = self.breaks = False

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that hang up are what is tested."""


class Told(BaseHTTPRequestHandler):
    server: Liar

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.leads:
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.server.drips:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            time.sleep(30 if self.command == "GET" else 0)
            return
        if self.server.breaks and self.command == "GET":
            self.server.breaks = False  # the next one is whole
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"so")
            self.close_connection = True
            return
        length = 5 if self.command == "HEAD" else 1 << 40
        self.send_response(500 if self.server.fails and self.command == "GET" else 200)
        self.send_header("Content-Length", str(length))
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        while self.command == "GET":
            self.wfile.write(b"sound" if self.server.sent == 0 else bytes(1 << 20))
            self.server.sent += 1 << 20

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def liar(s3: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    assert s3  # its credentials are in the environment
    server = Liar()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.timeout(60)
def test_an_answer_that_is_longer_than_was_asked_is_read_no_further_and_not_unpacked(liar: Liar) -> None:
    """AUD-S4, AUD-S6"""
    data = Store.open("s3://music/label").get(THING.sha256, THING.size)

    assert data == b"sound"
    assert liar.sent < 64 << 20  # what the system holds on the way


@pytest.mark.timeout(60)
def test_an_answer_that_breaks_off_is_asked_for_again(liar: Liar) -> None:
    liar.breaks = True

    assert Store.open("s3://music/label").get(THING.sha256, THING.size) == b"sound"
    assert not liar.breaks


@pytest.mark.timeout(60)
def test_a_redirect_is_not_followed(liar: Liar) -> None:
    """AUD-S7"""
    liar.leads = True

    with pytest.raises(StorageError, match=r"it leads elsewhere \(HTTP 307\), which is not followed"):
        Store.open("s3://music/label").get(THING.sha256, THING.size)

    assert set(liar.asked) == {f"/music/label/{NAME}"}  # again and again, but nowhere else


@pytest.mark.timeout(60)
def test_a_page_without_end_is_read_no_further(liar: Liar) -> None:
    """AUD-S11"""
    store = Store.open("s3://music/label")

    with pytest.raises(StorageError, match="it answers with more than 16,777,216 bytes"):
        store.backend.sizes(shard_of(THING.sha256), [NAME])

    assert liar.sent < 5 * (64 << 20)  # each of s3fs's attempts


@pytest.mark.timeout(60)
def test_a_refusal_without_end_is_read_no_further(liar: Liar) -> None:
    """AUD-S11"""
    liar.fails = True

    with pytest.raises(StorageError, match="it answers with more than 16,777,216 bytes"):
        Store.open("s3://music/label").get(THING.sha256, THING.size)

    assert liar.sent < 15 * (64 << 20)  # each of ours, and of s3fs's


@pytest.mark.timeout(60)
def test_a_server_that_takes_for_ever_over_an_object_is_hung_up_on(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-S3"""
    monkeypatch.setattr("audiera.storage.bucket._PATIENCE", 0.5)
    liar.drips = True

    with pytest.raises(StorageError) as caught:
        Store.open("s3://music/label").get(THING.sha256, THING.size)

    assert str(caught.value) == (
        "s3://music/label cannot be reached; check the address and the network, and run this again: "
        "what is stored stays."
    )
