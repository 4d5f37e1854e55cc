"""The store behind a gateway: stores that fail in the middle, clients that are slow or gone, over real sockets."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from audiera.errors import StorageError
from audiera.gateway import Limits, Settings
from audiera.gateway.answers import problem_response
from audiera.gateway.delivery import Delivery, disposition_of
from audiera.gateway.objects import Objects, Verified
from audiera.gateway.problems import Problem
from audiera.storage import LocalFolder, Store, StoredObject
from tests.support.explorer import Explorer, serving
from tests.support.stores import bucket, s3, s3_server

__all__ = ["bucket", "s3", "s3_server"]

SIZE = 6 << 20


@dataclass
class Served:
    """One object behind a server."""

    server: Explorer
    objects: Objects
    data: bytes
    sha256: bytes

    def place(self) -> Path:
        backend = self.objects.store.backend
        assert isinstance(backend, LocalFolder)
        return backend.root / self.objects.store.find(self.sha256, SIZE).name

    def get(self, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.server.get("/", **headers)


@contextmanager
def served(store: Store, **told: object) -> Iterator[Served]:
    """Serve an object of a store that has it."""
    data = os.urandom(SIZE)
    sha256 = hashlib.sha256(data).digest()
    store.put(StoredObject(sha256, SIZE, data, private=True))
    named = {"accel": None, "presign": 0, "limits": Limits(stall=1)}
    settings = cast("Settings", SimpleNamespace(**{**named, **told}))
    objects = Objects(store, 20)
    headers = {"ETag": '"tag"', "Content-Type": "audio/flac", "Content-Disposition": 'attachment; filename="a.flac"'}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Delivery(objects, settings, sha256, SIZE, headers)(scope, receive, send)

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return problem_response(error)

    with serving(ExceptionMiddleware(app, {Problem: refused, HTTPException: refused})) as server:
        yield Served(server, objects, data, sha256)
    objects.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Served]:
    with served(Store.open(str(tmp_path / "store"))) as it:
        yield it


def asking(it: Served, *lines: str, holds: int = 1 << 20) -> socket.socket:
    """A connection on which a request was sent."""
    host, port = it.server.url.removeprefix("http://").split(":")
    line = socket.create_connection((host, int(port)), timeout=10)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, holds)
    line.sendall("\r\n".join(("GET / HTTP/1.1", "Host: localhost", *lines, "", "")).encode())
    return line


def all_of(line: socket.socket) -> bytes:
    """What comes until the other side ends."""
    found = bytearray()
    while block := line.recv(1 << 20):
        found += block
    return bytes(found)


def same(found: bytes, data: bytes) -> bool:
    """Compare what nobody wants to see printed."""
    return found == data


def open_files(of: bytes) -> int:
    """How many times this process has an object's file open."""
    found = 0
    for it in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found += it.readlink().name == of.hex()
    return found


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_file_that_is_cut_off_while_it_is_sent_ends_the_answer_early(folder: Served) -> None:
    assert folder.get().status == 200
    with asking(folder, "Connection: close", holds=1 << 16) as line:
        head = line.recv(1 << 10)
        os.truncate(folder.place(), 1 << 19)

        rest = all_of(line)

    assert f"content-length: {SIZE}".encode() in head.lower()
    assert len(head + rest) < SIZE


class Failing:
    """A store like another that fails after some bytes, once it is told to."""

    def __init__(self, inner: LocalFolder) -> None:
        self.inner, self.fails, self.url = inner, False, "failing"

    def size(self, name: str) -> int | None:
        return self.inner.size(name)

    def write(self, *told: object, **more: object) -> None:
        self.inner.write(*told, **more)  # type: ignore[arg-type]

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        for number, block in enumerate(self.inner.read(name, start, stop)):
            if self.fails and number > 2:
                raise StorageError("The connection broke.")
            yield block


def test_a_store_that_fails_in_the_middle_ends_the_answer_early(tmp_path: Path) -> None:
    backend = Failing(LocalFolder(tmp_path))
    with served(Store(backend)) as it:  # type: ignore[arg-type]
        assert same(it.get().data, it.data)
        backend.fails = True

        with pytest.raises(urllib3.exceptions.ProtocolError):
            it.get()


def test_the_end_of_what_no_longer_verifies_is_not_sent(tmp_path: Path) -> None:
    with served(Store(Failing(LocalFolder(tmp_path)))) as it:  # type: ignore[arg-type]
        assert same(it.get().data, it.data)
        place = tmp_path / it.objects.store.find(it.sha256, SIZE).name
        place.write_bytes(it.data[:100] + bytes(SIZE - 100))

        with pytest.raises(urllib3.exceptions.ProtocolError):
            it.get()


def test_a_client_that_takes_nothing_is_left_and_its_file_closed(folder: Served) -> None:
    folder.get()
    lines = [asking(folder, holds=4096) for _ in range(5)]

    assert within(5, lambda: open_files(folder.sha256) == 5)
    assert within(5, lambda: open_files(folder.sha256) == 0)
    assert same(folder.get().data, folder.data)
    for it in lines:
        it.close()


def test_clients_that_hang_up_leave_nothing_open(folder: Served) -> None:
    folder.get()

    for _ in range(20):
        line = asking(folder)
        line.recv(100)
        line.close()

    assert within(5, lambda: open_files(folder.sha256) == 0)
    assert same(folder.get().data, folder.data)


@pytest.mark.parametrize("sent", [b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nRange: byt"])
def test_half_a_request_holds_nobody_else_up(folder: Served, sent: bytes) -> None:
    host, port = folder.server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(sent)

        assert folder.get(Range="bytes=0-9").data == folder.data[:10]


def test_a_huge_header_is_refused(folder: Served) -> None:
    with asking(folder, f"X-Much: {'a' * 200_000}", "Connection: close") as line:
        try:
            answer = all_of(line)
        except ConnectionResetError:
            answer = b""

    assert answer == b"" or b" 400 " in answer.splitlines()[0] or b" 431 " in answer.splitlines()[0]
    assert folder.get(Range="bytes=0-9").data == folder.data[:10]


def test_ten_thousand_ranges_on_one_line_are_one_whole_answer(folder: Served) -> None:
    ranges = ",".join(f"{it}-{it}" for it in range(10_000))

    with asking(folder, f"Range: bytes={ranges}"[:60_000], "Connection: close") as line:
        head, _, body = all_of(line).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 ")
    assert same(body, folder.data)


def slowly(objects: Objects, monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[Verified]:
    """Have every verification take so long, and return what is verified, as it goes."""
    seen: list[Verified] = []

    def slow(it: Verified) -> None:
        seen.append(it)
        time.sleep(seconds)
        objects._verify(it)

    monkeypatch.setattr(objects._turns, "_work", slow)
    return seen


def test_many_ask_for_an_object_and_it_is_verified_once(folder: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    verified = slowly(folder.objects, monkeypatch, 0.3)
    with ThreadPoolExecutor(10) as pool:
        bodies = set(pool.map(lambda _: folder.get(Range="bytes=5-9").data, range(10)))

    assert (bodies, len(verified)) == ({folder.data[5:10]}, 1)


def test_what_was_seen_before_another_was_verified_is_not_served(
    folder: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for a verification that another began may have looked at the file as it was before."""
    slowly(folder.objects, monkeypatch, 0.5)
    look = Objects._look_at_all

    def late(self: Objects, wanted: Sequence[tuple[bytes, int]]) -> tuple[Sequence[Verified], Sequence[Verified]]:
        ((seen,), _) = look(self, wanted)
        before = [Verified(seen.found, (0,))]
        return before, before

    async def both() -> list[object]:
        first = asyncio.create_task(folder.objects.get(folder.sha256, SIZE))
        await asyncio.sleep(0.2)
        monkeypatch.setattr(Objects, "_look_at_all", late)
        return list(await asyncio.gather(first, folder.objects.get(folder.sha256, SIZE), return_exceptions=True))

    first, second = asyncio.run(both())

    assert isinstance(first, Verified)
    assert isinstance(second, Problem)
    assert second.code == "object_unavailable"


def test_whoever_waits_too_long_for_a_verification_is_told_to_come_again(
    folder: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder.objects, "_patience", 0.05)
    slowly(folder.objects, monkeypatch, 0.3)

    early = folder.get()

    assert (early.status, early.headers["Retry-After"]) == (503, "5")
    assert within(5, lambda: folder.get().status == 200)


def test_a_bucket_sends_its_bytes_itself_where_that_is_allowed(bucket: str) -> None:
    with served(Store.open(f"s3://{bucket}/label"), presign=60) as it:
        answer = it.get()
        sent = urllib3.request("GET", answer.headers["Location"])
        part = urllib3.request("GET", answer.headers["Location"], headers={"Range": "bytes=5-9"})

    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (answer.status, answer.headers["Cache-Control"]) == (302, "no-store")
    assert "60" in (asked.get("X-Amz-Expires") or ["60"])
    assert same(sent.data, it.data)
    assert part.data == it.data[5:10]
    assert sent.headers["Content-Type"] == "audio/flac"
    assert sent.headers["Content-Disposition"] == 'attachment; filename="a.flac"'


def test_a_bucket_is_read_through_the_gateway_where_it_is_not(bucket: str) -> None:
    with served(Store.open(f"s3://{bucket}/label")) as it:
        assert same(it.get().data, it.data)
        assert it.get(Range="bytes=5-9").data == it.data[5:10]


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("a/Night Ferry.flac", 'attachment; filename="Night Ferry.flac"'),
        ("Ängste.mp3", "attachment; filename=\"_ngste.mp3\"; filename*=UTF-8''%C3%84ngste.mp3"),
        ('a"b;c.mp3', "attachment; filename=\"a_b_c.mp3\"; filename*=UTF-8''a%22b%3Bc.mp3"),
        *((path, f'attachment; filename="{"00" * 32}"') for path in (".htaccess", "con.mp3", "a\u202efdp.exe", "a.")),
    ],
)
def test_a_file_gets_a_name_that_does_no_harm(path: str, header: str) -> None:
    assert disposition_of(path, bytes(32)) == header


@pytest.mark.heavy
def test_memory_does_not_grow_with_the_object(tmp_path: Path) -> None:
    size = 200 << 20
    place = tmp_path / "sparse"
    with place.open("wb") as file:
        file.truncate(size)
    digest = hashlib.sha256()
    for _ in range(200):
        digest.update(bytes(1 << 20))
    store = Store.open(str(tmp_path / "store"))
    store.put(StoredObject(digest.digest(), size, place))
    objects = Objects(store, 60)
    settings = cast("Settings", SimpleNamespace(accel=None, presign=0, limits=Limits()))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Delivery(objects, settings, digest.digest(), size, {"ETag": '"t"'})(scope, receive, send)

    with serving(app) as server:
        before = resident()
        highest, taken = before, 0
        answer = server.http.request("GET", server.url, preload_content=False)
        while block := answer.read(1 << 20):
            taken += len(block)
            highest = max(highest, resident())
    objects.close()

    assert taken == size
    assert highest - before < 32 << 20


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
