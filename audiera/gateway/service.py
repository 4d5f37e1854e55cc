"""A service over HTTP that the operator named, asked once: what it sends is read as it comes, and as far as is wanted.

The services are the operator's own, so their addresses may be private. They are followed nowhere else, and are sent
nothing of the client's but the body and what it accepts.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import anyio
import h11
from anyio.abc import ByteStream

from audiera.errors import InputError

__all__ = ["FAILURES", "Heard", "Service"]

_BLOCK: Final = 1 << 16
_HEAD: Final = 1 << 15  # bytes of an answer's head

FAILURES: Final = (OSError, TimeoutError, h11.RemoteProtocolError, anyio.BrokenResourceError, anyio.EndOfStream)
"""How a service fails: it is not there, takes too long, breaks off, or speaks no HTTP."""


class Heard:
    """An answer whose head has come."""

    def __init__(self, stream: ByteStream, connection: h11.Connection) -> None:
        self._stream, self._connection = stream, connection
        self.status = 0
        self.headers: dict[str, str] = {}

    async def begin(self) -> None:
        """Read its head."""
        while not isinstance(event := await self._next(), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise h11.RemoteProtocolError("no answer")
        self.status = event.status_code
        self.headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}

    async def block(self) -> bytes:
        """Return what comes next of its body; empty: that was all.

        Raises:
            OSError: or another of `FAILURES`.
        """
        while True:
            event = await self._next()
            if isinstance(event, h11.Data) and event.data:
                return bytes(event.data)
            if isinstance(event, h11.EndOfMessage):
                return b""

    async def _next(self) -> h11.Event:
        while True:
            event = self._connection.next_event()
            if event is not h11.NEED_DATA:
                break
            try:
                self._connection.receive_data(await self._stream.receive(_BLOCK))
            except anyio.EndOfStream:
                self._connection.receive_data(b"")
        if not isinstance(event, h11.Event) or isinstance(event, h11.ConnectionClosed):
            raise h11.RemoteProtocolError("closed before it answered")
        return event


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is."""

    host: str
    port: int
    target: str
    secure: bool

    @classmethod
    def at(cls, url: str) -> Service:
        """Return the service at a URL.

        Raises:
            InputError: it is none of http or https, or has a name or a password in it.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or port == 0:
            raise InputError(f"{url!r} is no URL of a service; write it like http://127.0.0.1:9000/generate.")
        secure = parts.scheme == "https"
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        return cls(parts.hostname, port or (443 if secure else 80), target, secure)

    @asynccontextmanager
    async def asked(self, headers: Mapping[str, str], body: bytes) -> AsyncIterator[Heard]:
        """Yield the answer to a POST, once its head has come.

        Raises:
            OSError: or another of `FAILURES`.
        """
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        told = {"Host": f"{self.host}:{self.port}", "Content-Length": str(len(body)), "Connection": "close", **headers}
        lines = [(name.encode("ascii"), value.encode("latin-1")) for name, value in told.items()]
        request = h11.Request(method="POST", target=self.target, headers=lines)
        parts = (request, h11.Data(body), h11.EndOfMessage())
        async with await self._connected() as stream:
            await stream.send(b"".join(connection.send(it) or b"" for it in parts))
            heard = Heard(stream, connection)
            await heard.begin()
            yield heard

    async def _connected(self) -> ByteStream:
        if not self.secure:
            return await anyio.connect_tcp(self.host, self.port)
        context = ssl.create_default_context()
        return await anyio.connect_tcp(self.host, self.port, ssl_context=context, tls_standard_compatible=False)
