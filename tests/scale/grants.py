"""Bytes behind the gateway's answers, beside the same file as Starlette sends it, on the same server and machine."""

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast
from urllib.parse import urlsplit

from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from audiera.gateway.delivery import Delivery
from audiera.gateway.objects import Objects
from audiera.gateway.settings import Limits, Settings
from audiera.storage import Store, StoredObject
from tests.scale.measure import Measured, alternate
from tests.support.explorer import serving

__all__ = ["CASES"]

_MIB: Final = 1 << 20
_LARGE: Final = 256 * _MIB
_SMALL: Final = 1 << 14
_REQUESTS: Final = 100
_PROMISE: Final = 1.3


def large_grants() -> Measured:
    """One large object, whole."""
    with _both(_LARGE) as (ours, plain):
        floor, took = alternate(5, lambda: _fetch(plain, _LARGE, 1), lambda: _fetch(ours, _LARGE, 1))
    size = _LARGE / _MIB
    return Measured(
        f"send an object of {size:,.0f} MiB",
        f"{size / took:,.0f} MiB/s",
        f"{size / floor:,.0f} MiB/s: FileResponse of Starlette, unverified",
        took / floor,
        _PROMISE,
    )


def small_grants() -> Measured:
    """Many answers of a small object, on one connection."""
    with _both(_SMALL) as (ours, plain):
        floor, took = alternate(5, lambda: _fetch(plain, _SMALL, _REQUESTS), lambda: _fetch(ours, _SMALL, _REQUESTS))
    return Measured(
        f"send an object of {_SMALL >> 10} KiB {_REQUESTS} times",
        f"{_REQUESTS / took:,.0f}/s",
        f"{_REQUESTS / floor:,.0f}/s: FileResponse of Starlette, unverified",
        took / floor,
        _PROMISE,
    )


def large_grants_by_nginx() -> Measured:
    """One large object, whole: granted by the gateway and sent by nginx, beside nginx alone."""
    with _nginx(_LARGE) as (granted, alone):
        floor, took = alternate(5, lambda: _fetch(alone, _LARGE, 1), lambda: _fetch(granted, _LARGE, 1))
    size = _LARGE / _MIB
    return Measured(
        f"send an object of {size:,.0f} MiB by nginx, granted by the gateway",
        f"{size / took:,.0f} MiB/s",
        f"{size / floor:,.0f} MiB/s: nginx alone",
        took / floor,
        _PROMISE,
    )


def small_grants_by_nginx() -> Measured:
    """Many answers of a small object, on one connection, likewise."""
    with _nginx(_SMALL) as (granted, alone):
        floor, took = alternate(5, lambda: _fetch(alone, _SMALL, _REQUESTS), lambda: _fetch(granted, _SMALL, _REQUESTS))
    return Measured(
        f"send an object of {_SMALL >> 10} KiB {_REQUESTS} times by nginx, granted by the gateway",
        f"{_REQUESTS / took:,.0f}/s",
        f"{_REQUESTS / floor:,.0f}/s: nginx alone",
        took / floor,
        _PROMISE,
    )


@contextmanager
def _nginx(size: int) -> Iterator[tuple[str, str]]:
    """Serve one file by nginx, granted by the gateway's delivery and as it lies there, and yield both URLs."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise SystemExit("There is no nginx; install it (Debian: apt-get install nginx-light).")
    with _stored(size, accel="/objects") as (place, ours), serving(ours) as behind, _free() as port:
        folder = place.parents[2]
        temporary = " ".join(f"{it}_temp_path {folder}/{it};" for it in ("client_body", "proxy", "fastcgi", "uwsgi"))
        configuration = folder / "nginx.conf"
        configuration.write_text(
            f"{'user root;' if os.geteuid() == 0 else ''} daemon off; pid {folder}/pid; error_log {folder}/error.log;"
            f"events {{}} http {{ access_log off; sendfile on; scgi_temp_path {folder}/scgi; {temporary}"
            f"server {{ listen 127.0.0.1:{port};"
            f"location /objects/ {{ internal; alias {folder}/; }} location /plain/ {{ alias {folder}/; }}"
            f"location / {{ proxy_pass {behind.url}; proxy_http_version 1.1; proxy_set_header Connection ''; }} }} }}"
        )
        process = subprocess.Popen([program, "-c", str(configuration), "-p", str(folder)], stderr=subprocess.DEVNULL)
        try:
            for _ in range(500):
                with closing(socket.socket()) as line:
                    if line.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port}/plain/{place.relative_to(folder)}"
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def _free() -> Iterator[int]:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    yield port


@contextmanager
def _both(size: int) -> Iterator[tuple[str, str]]:
    """Serve one file twice, and yield both URLs."""
    with _stored(size) as (place, ours):

        async def plain(scope: Scope, receive: Receive, send: Send) -> None:
            await FileResponse(place, media_type="audio/flac")(scope, receive, send)

        applications: tuple[ASGIApp, ASGIApp] = (ours, plain)
        with serving(applications[0]) as first, serving(applications[1]) as second:
            yield first.url, second.url


@contextmanager
def _stored(size: int, accel: str | None = None) -> Iterator[tuple[Path, ASGIApp]]:
    """Store a file; yield its place, and what delivers it."""
    with tempfile.TemporaryDirectory() as folder:
        data = os.urandom(size)
        sha256 = hashlib.sha256(data).digest()
        store = Store.open(folder)
        store.put(StoredObject(sha256, size, data))
        place = Path(folder) / store.find(sha256, size).name
        objects = Objects(store, 60)
        settings = cast("Settings", SimpleNamespace(accel=accel, presign=0, limits=Limits()))
        headers = {"ETag": '"tag"', "Content-Type": "audio/flac"}

        async def ours(scope: Scope, receive: Receive, send: Send) -> None:
            await Delivery(objects, settings, sha256, size, headers)(scope, receive, send)

        yield place, ours
        objects.close()


def _fetch(url: str, size: int, times: int) -> None:
    """Ask for a URL on one connection, one time after another, and read what is sent with as little ado as can be."""
    parts = urlsplit(url)
    request = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    into = memoryview(bytearray(_MIB))
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as line:
        for _ in range(times):
            line.sendall(request)
            head = b""
            while b"\r\n\r\n" not in head:
                head += line.recv(1 << 12)
            left = size - len(head.partition(b"\r\n\r\n")[2])
            while left:
                left -= line.recv_into(into[: min(left, _MIB)])


CASES: dict[str, Callable[[], Measured]] = {
    case.__name__: case for case in (large_grants, small_grants, large_grants_by_nginx, small_grants_by_nginx)
}
