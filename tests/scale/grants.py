"""Bytes behind the gateway's answers, beside the same file as Starlette sends it, on the same server and machine."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from sqlalchemy import update
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from audiera.gateway import create_app
from audiera.gateway.access import Desk
from audiera.gateway.settings import Settings
from audiera.gateway.whose import ledger_of
from audiera.indexer import batch, open_index
from audiera.indexer.tables import ITEMS
from audiera.interface import PRESIGNED_ITEMS, AccessRequest
from audiera.storage import Store, StoredObject
from tests.scale.gateway import bodies_of, listening, settings_of, write_index
from tests.scale.measure import Measured, alternate
from tests.support.explorer import serving

__all__ = ["CASES"]

_MIB: Final = 1 << 20
_LARGE: Final = 256 * _MIB
_SMALL: Final = 1 << 14
_REQUESTS: Final = 100
_BUNDLE: Final = 256
_MANY: Final = 4_096
_SECRET: Final = "0123456789abcdef0123456789abcdef"
_PASSED: Final = "proxy_http_version 1.1; proxy_set_header Connection '';"
_PROMISE: Final = 1.3
_PROMISE_ASKED: Final = 1.75
_PROMISE_TOGETHER: Final = 2.5
_BY_NGINX: Final = " by nginx, granted by the gateway"


def large_grants() -> Measured:
    """One large object, whole."""
    return _measured(_LARGE, _both, "", "FileResponse of Starlette, unverified")


def small_grants() -> Measured:
    """Many answers of a small object, on one connection."""
    return _measured(_SMALL, _both, "", "FileResponse of Starlette, unverified")


def large_grants_by_nginx() -> Measured:
    """One large object, whole: granted by the gateway and sent by nginx, beside nginx alone."""
    return _measured(_LARGE, _nginx, _BY_NGINX, "nginx alone")


def small_grants_asked_for() -> Measured:
    """Many answers of a small object by nginx, on one connection, each asked for, beside an endpoint that looks at
    nothing.
    """
    return _measured(
        _SMALL,
        _asking,
        f"{_BY_NGINX}, who asks",
        "nginx that asks an endpoint of FastAPI, which looks at nothing",
        _PROMISE_ASKED,
    )


def small_grants_together() -> Measured:
    """Many small objects in one answer of the gateway itself, beside the same files read and sent by Starlette."""
    with _bundle() as (ours, request, plain):
        least, took = alternate(
            5,
            lambda: _fetch(plain, _BUNDLE * _SMALL, 1),
            lambda: _fetch(ours, _BUNDLE * _SMALL, 1, request),
        )
    return Measured(
        f"send {_BUNDLE} objects of {_SMALL >> 10} KiB together",
        f"{_BUNDLE / took:,.0f}/s, {_BUNDLE * _SMALL / _MIB / took:,.0f} MiB/s",
        f"{_BUNDLE / least:,.0f}/s: Starlette reading and sending the same files, unverified",
        took / least,
        _PROMISE_TOGETHER,
    )


def small_grants_presigned() -> Measured:
    """Many small objects from nginx by presigned URLs, asking for those included, beside as many from nginx alone."""
    with _presigned() as (url, path, leaves, names):
        plain = [f"/plain/{it}" for it in names]
        least, took = alternate(
            5, lambda: _fetch_all(url, [plain]), lambda: _fetch_all(url, _ahead(_urls(url, path, leaves)))
        )
    return Measured(
        f"send {_MANY:,} objects of {_SMALL >> 10} KiB by presigned URLs",
        f"{_MANY / took:,.0f}/s",
        f"{_MANY / least:,.0f}/s: nginx alone, the same objects",
        took / least,
        _PROMISE,
    )


def _measured(
    size: int,
    pair: Callable[[int], AbstractContextManager[tuple[str, str]]],
    how: str,
    floor: str,
    promise: float = _PROMISE,
) -> Measured:
    times = _REQUESTS if size == _SMALL else 1
    with pair(size) as (ours, plain):
        least, took = alternate(5, lambda: _fetch(plain, size, times), lambda: _fetch(ours, size, times))
    many = times > 1
    what = f"{size >> 10} KiB {times} times" if many else f"{size / _MIB:,.0f} MiB"
    rates = [f"{times / it:,.0f}/s" if many else f"{size / _MIB / it:,.0f} MiB/s" for it in (took, least)]
    return Measured(f"send an object of {what}{how}", rates[0], f"{rates[1]}: {floor}", took / least, promise)


@contextmanager
def _nginx(size: int) -> Iterator[tuple[str, str]]:
    """Serve one file by nginx, granted by the gateway and as it lies there, and yield both URLs."""
    with _behind_nginx(size) as (granted, alone, _):
        yield granted, alone


@contextmanager
def _presigned() -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Serve many small objects by nginx before a gateway of its own process; yield nginx's URL, the path of an access
    to them, their leaves, and their names.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = replace(settings_of(folder), accel="/objects", presign=60, presign_secret=_SECRET)
        write_index(settings.index, items=_MANY)
        names = _fill(settings, _MANY)
        path, granted = _granted(settings, _MANY)

        def serve(port: int) -> None:
            uvicorn.run(create_app(settings), port=port, log_level="critical")

        with listening(serve) as port:
            checked = (
                r"location ~ ^/presigned/(?<until>[0-9]+)/(?<mac>[A-Za-z0-9_-]+)/(?<object>sha256/[0-9a-f]+/[0-9a-f]+)$"
                f' {{ secure_link $mac,$until; secure_link_md5 "$until/$object {_SECRET}";'
                ' if ($secure_link = "") { return 403; } if ($secure_link = "0") { return 410; }'
                f" types {{ }} default_type application/octet-stream; alias {folder}/$object; }}"
                f"location /plain/ {{ alias {folder}/; }}"
                f"location / {{ proxy_pass http://127.0.0.1:{port}; {_PASSED} }}"
            )
            with _running_nginx(folder, checked) as url:
                yield url, path.partition("/items")[0], [it["item"] for it in granted], names


def _fill(settings: Settings, items: int) -> list[str]:
    """Store a small object for each of so many items of the index, and return their names."""
    store, engine, names = Store.open(settings.store), open_index(settings.index), []
    with batch(engine) as connection:
        for place in range(items):
            data = os.urandom(_SMALL)
            sha256 = hashlib.sha256(data).digest()
            store.put(StoredObject(sha256, _SMALL, data))
            names.append(store.find(sha256, _SMALL).name)
            values = {"sha256": f"0x{sha256.hex()}", "bytes": _SMALL}
            connection.execute(update(ITEMS).where(ITEMS.c.position == place).values(values))
    engine.dispose()
    return names


def _urls(url: str, path: str, leaves: Sequence[str]) -> Iterator[list[str]]:
    """Ask for presigned URLs of items on one connection, and give those of each request."""
    place = urlsplit(url)
    with closing(HTTPConnection(str(place.hostname), place.port)) as line:
        for at in range(0, len(leaves), PRESIGNED_ITEMS):
            body = json.dumps({"items": leaves[at : at + PRESIGNED_ITEMS]})
            line.request("POST", f"{path}/presigned", body, {"Content-Type": "application/json"})
            yield json.loads(line.getresponse().read())["urls"]


def _ahead(batches: Iterator[list[str]]) -> Iterator[list[str]]:
    """Have the next batch asked for while one is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


@contextmanager
def _bundle() -> Iterator[tuple[str, bytes, str]]:
    """Serve as many small objects as one answer holds; yield the URL and what to send there, and where the same files
    come without a look.
    """
    with tempfile.TemporaryDirectory() as name:
        settings = settings_of(Path(name))
        write_index(settings.index)
        places = [Path(name, it) for it in _fill(settings, _BUNDLE)]
        path, granted = _granted(settings, _BUNDLE)
        body = json.dumps({"items": [it["item"] for it in granted]}).encode()
        path = path.rpartition("/")[0]
        head = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"

        async def joined() -> AsyncIterator[bytes]:
            for it in places:
                yield it.read_bytes()

        async def plain(scope: Scope, receive: Receive, send: Send) -> None:
            length = {"Content-Length": str(_BUNDLE * _SMALL)}
            await StreamingResponse(joined(), headers=length)(scope, receive, send)

        with serving(create_app(settings)) as gateway, serving(plain) as beside:
            yield f"{gateway.url}{path}", f"{head}\r\n".encode() + body, beside.url


def _granted(settings: Settings, items: int) -> tuple[str, list[dict[str, str]]]:
    """Take an access, and return the path of the first thing that it grants, and all of it."""
    domain = ledger_of(settings.index)
    desk = Desk(settings, domain)
    request = AccessRequest.model_validate_json(bodies_of(0, items, domain, 1)[0])
    answer = desk.access(request, None, lambda _: None, lambda _: None)
    desk.close()
    granted = json.loads(answer.body)["granted"]
    return granted[0]["url"], granted


@contextmanager
def _asking(size: int) -> Iterator[tuple[str, str]]:
    """Serve one file by nginx, granted by the gateway and by an endpoint that looks at nothing, and yield both URLs."""
    with _behind_nginx(size) as (granted, _, unseen):
        yield granted, unseen


@contextmanager
def _behind_nginx(size: int) -> Iterator[tuple[str, str, str]]:
    with (
        _stored(size, accel="/objects") as (place, ours, path),
        serving(ours) as behind,
        serving(_unseen(place)) as unseen,
    ):
        folder = place.parents[2]
        places = (
            f"location /objects/ {{ internal; alias {folder}/; }} location /plain/ {{ alias {folder}/; }}"
            f"location /unseen {{ proxy_pass {unseen.url}; {_PASSED} }}"
            f"location / {{ proxy_pass {behind.url}; {_PASSED} }}"
        )
        with _running_nginx(folder, places) as url:
            yield f"{url}{path}", f"{url}/plain/{place.relative_to(folder)}", f"{url}/unseen"


@contextmanager
def _running_nginx(folder: Path, places: str) -> Iterator[str]:
    """Run nginx with its locations, and yield its URL."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise SystemExit("There is no nginx; install it (Debian: apt-get install nginx-light).")
    with _free() as port:
        temporary = " ".join(f"{it}_temp_path {folder}/{it};" for it in ("client_body", "proxy", "fastcgi", "uwsgi"))
        configuration = folder / "nginx.conf"
        configuration.write_text(
            f"{'user root;' if os.geteuid() == 0 else ''} daemon off; pid {folder}/pid; error_log {folder}/error.log;"
            f"events {{}} http {{ access_log off; sendfile on; scgi_temp_path {folder}/scgi; {temporary}"
            f"client_max_body_size 2m; keepalive_requests 1000000; server {{ listen 127.0.0.1:{port}; {places} }} }}"
        )
        process = subprocess.Popen([program, "-c", str(configuration), "-p", str(folder)], stderr=subprocess.DEVNULL)
        try:
            for _ in range(500):
                with closing(socket.socket()) as line:
                    if line.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _unseen(place: Path) -> ASGIApp:
    app, name = FastAPI(), f"/objects/{place.relative_to(place.parents[2])}"

    @app.get("/unseen")
    async def unseen() -> Response:
        return Response(headers={"X-Accel-Redirect": name})

    return app


@contextmanager
def _free() -> Iterator[int]:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    yield port


@contextmanager
def _both(size: int) -> Iterator[tuple[str, str]]:
    """Serve one file twice, and yield both URLs."""
    with _stored(size) as (place, ours, path):

        async def plain(scope: Scope, receive: Receive, send: Send) -> None:
            await FileResponse(place, media_type="audio/flac")(scope, receive, send)

        with serving(ours) as first, serving(plain) as second:
            yield f"{first.url}{path}", second.url


@contextmanager
def _stored(size: int, accel: str | None = None) -> Iterator[tuple[Path, ASGIApp, str]]:
    """Store a file, and take an access to it; yield its place, the gateway, and the path of what it granted."""
    with tempfile.TemporaryDirectory() as name:
        folder, data = Path(name), os.urandom(size)
        sha256 = hashlib.sha256(data).digest()
        store = Store.open(name)
        store.put(StoredObject(sha256, size, data))
        settings = replace(settings_of(folder), accel=accel)
        write_index(settings.index)
        engine = open_index(settings.index)
        with batch(engine) as connection:
            connection.execute(
                update(ITEMS).where(ITEMS.c.position == 0).values(sha256=f"0x{sha256.hex()}", bytes=size)
            )
        engine.dispose()
        path, _ = _granted(settings, 1)
        yield folder / store.find(sha256, size).name, create_app(settings), path


def _fetch(url: str, size: int, times: int, sent: bytes = b"") -> None:
    """Ask for a URL on one connection, one time after another, and read what is sent with as little ado as can be."""
    parts = urlsplit(url)
    request = f"{'POST' if sent else 'GET'} {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n".encode()
    request += sent or b"\r\n"
    into = memoryview(bytearray(_MIB))
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as line:
        for _ in range(times):
            _exchange(line, request, size, into)


def _fetch_all(url: str, batches: Iterable[Sequence[str]]) -> None:
    """Ask for small objects on one connection, one after another, likewise."""
    place, into = urlsplit(url), memoryview(bytearray(_SMALL))
    with socket.create_connection((str(place.hostname), int(place.port or 80))) as line:
        for path in chain.from_iterable(batches):
            _exchange(line, f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode(), _SMALL, into)


def _exchange(line: socket.socket, request: bytes, size: int, into: memoryview) -> None:
    line.sendall(request)
    head = b""
    while b"\r\n\r\n" not in head:
        head += line.recv(1 << 12)
    assert head.startswith(b"HTTP/1.1 200 "), head
    left = size - len(head.partition(b"\r\n\r\n")[2])
    while left:
        left -= line.recv_into(into[: min(left, len(into))])


CASES: dict[str, Callable[[], Measured]] = {
    case.__name__: case
    for case in (
        large_grants,
        small_grants,
        large_grants_by_nginx,
        small_grants_asked_for,
        small_grants_together,
        small_grants_presigned,
    )
}
