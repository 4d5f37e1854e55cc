"""Objects behind an https:// URL, to be read by whoever does not keep them.

The server is believed in nothing. An answer is read as far as was asked, as it is sent: no packed one is unpacked, no
redirect is followed, and who takes too long is hung up on. What a stranger names, a manifest say, may lie at a public
address only: the addresses of its host are looked up once for each connection, and that very address is connected to.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import MaxRetryError

from audiera.errors import StorageError
from audiera.storage.alarms import Alarms
from audiera.storage.backend import Content, only_read, telling
from audiera.storage.many import WORKERS
from audiera.storage.pacing import PATIENCE, paced

__all__ = ["Https", "pool_at"]

_TRIES: Final = Retry(2, redirect=False, backoff_factor=0.3, respect_retry_after_header=False)  # it may say: in a year
_ADDRESSES: Final = 4  # of a host, tried one after another
_UNICAST: Final = IPv6Network("2000::/3")  # of IPv6, all that everybody reaches
_EXAMPLES: Final = IPv6Network("3fff::/20")  # addresses in documents (RFC 9637), which Python does not know yet
_ALARMS: Final = Alarms()
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")  # IPv4 addresses as networks without IPv4 write them


@dataclass(frozen=True, slots=True)
class Https:
    """A store's objects below a URL."""

    url: str
    pool: HTTPConnectionPool

    @classmethod
    def at(cls, url: str, *, public: bool) -> Https:
        """Return the place at a URL; nothing is asked of it yet.

        Args:
            url: without credentials and without a query.
            public: refuse addresses of this machine and of networks that not everybody reaches.

        Raises:
            ValueError: it is no URL.
        """
        return cls(url, pool_at(url, public=public))

    def sizes(self, shard: str, names: Collection[str]) -> dict[str, int]:  # noqa: ARG002  # each is asked for
        """Return the sizes of those of some objects of a shard that are there, by name."""
        return {name: size for name in names if (size := self.size(name)) is not None}

    def size(self, name: str) -> int | None:
        """Return the size of one object, or None if there is none."""
        with telling(self.url), suppress(FileNotFoundError), self._answer("HEAD", name) as answer:
            return _length(answer)
        return None

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of an object from `start` up to `stop`, in blocks."""
        if start >= stop:
            return
        wanted = {"Range": f"bytes={start}-{stop - 1}"}
        with telling(self.url), self._answer("GET", name, wanted) as answer:
            is_part = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if not is_part and (answer.status != 200 or start > 0):
                raise StorageError(f"{self.url} does not give parts of files; use another store.")
            yield from paced(answer, min(_length(answer), stop - start))

    def write(self, name: str, size: int, content: Content, *, steady: bool) -> None:  # noqa: ARG002  # nothing is
        """Refuse.

        Raises:
            StorageError: always.
        """
        raise only_read(self.url)

    def room(self) -> int | None:
        """Return None: a server does not tell."""
        return None

    def sweep(self) -> None:
        """Leave everything: nothing is ever written."""

    @contextmanager
    def _answer(self, method: str, name: str, more: Mapping[str, str] | None = None) -> Iterator[BaseHTTPResponse]:
        """Give an answer whose body has not been read, and end the connection unless all of it was.

        Raises:
            FileNotFoundError: there is no such object.
            OSError: the server refuses or fails.
            StorageError: it answers with what is not taken.
        """
        headers = {"Accept-Encoding": "identity", "User-Agent": "audiera", **(more or {})}
        path = f"{urlsplit(self.url).path}/{name}"
        try:
            answer = self.pool.urlopen(
                method, path, headers=headers, retries=_TRIES, redirect=False, preload_content=False
            )
        except MaxRetryError as error:
            raise error.reason or error from error
        try:
            _check(f"{self.url}/{name}", answer)
            yield answer
        finally:
            if method != "HEAD" and answer.length_remaining != 0:
                answer.close()
            answer.release_conn()


def pool_at(url: str, *, public: bool) -> HTTPConnectionPool:
    """Return what connects to the host of a URL; nothing is asked of it yet.

    Args:
        url: https or http, without credentials.
        public: refuse addresses of this machine and of networks that not everybody reaches.

    Raises:
        ValueError: it is no URL.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("it names no host")
    timeout = Timeout(connect=10, read=PATIENCE)
    if parts.scheme == "http":
        return _Pool(parts.hostname, parts.port or 80, maxsize=WORKERS, timeout=timeout, public=public)
    return _SecurePool(
        parts.hostname,
        443 if parts.port is None else parts.port,  # or the end of an IPv6 address would be taken for it
        maxsize=WORKERS,
        timeout=timeout,
        ssl_context=ssl.create_default_context(),
        public=public,
    )


class _Patient(HTTPConnection):
    """A connection to an address that may be connected to, and not for longer than is bearable."""

    def __init__(self, *args: object, public: bool, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # the pool's business
        self._public = public
        self._line: socket.socket | None = None
        self._is_over = False

    def connect(self) -> None:
        """Connect, as a whole within the time that is borne."""
        with _ALARMS.within(PATIENCE, self._hang_up):
            super().connect()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as the library overrides it
        """Await the head of an answer, as a whole within the time that is borne."""
        with _ALARMS.within(PATIENCE, self._hang_up):
            found = super().getresponse()
        if self._is_over:  # a head that is cut off may pass for a whole one
            found.close()
            raise TimeoutError
        return found

    def close(self) -> None:
        """End the connection."""
        super().close()
        if self._line is not None:
            self._line.close()

    def _new_conn(self) -> socket.socket:
        line, self._is_over = _connected(self.host, self.port, public=self._public), False
        self._line = line.dup()  # the connection's own goes over to TLS
        return line

    def _hang_up(self) -> None:
        self._is_over = True
        with suppress(OSError):
            if self._line is not None:
                self._line.shutdown(socket.SHUT_RDWR)


class _SecurePatient(_Patient, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Patient


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecurePatient


def _connected(host: str, port: int, *, public: bool) -> socket.socket:
    """Connect to one of the addresses of a host.

    Raises:
        OSError: none answers.
        StorageError: one is not public, and it must be.
    """
    addresses = [found[4][:2] for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)][:_ADDRESSES]
    if public and not all(_is_public(str(address)) for address, _ in addresses):
        raise StorageError(f"{host} is not at a public address, and nobody here has named it; it is not asked.")
    failed: OSError = ConnectionError(f"{host} has no address")
    for address, _ in addresses:
        try:
            line = socket.create_connection((str(address), port), timeout=10)
        except OSError as error:
            failed = error
        else:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return line
    raise failed


def _is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        translated = IPv4Address(int(found) & 0xFFFFFFFF) if found in _TRANSLATED else None
        inner = found.ipv4_mapped or found.sixtofour or translated
        if inner is None and (found not in _UNICAST or found in _EXAMPLES):
            return False
        found = inner or found
    return found.is_global and not found.is_multicast


def _check(place: str, answer: BaseHTTPResponse) -> None:
    status = answer.status
    if status in (404, 410):
        raise FileNotFoundError(errno.ENOENT, f"HTTP {status}")
    if status in (401, 403):
        raise PermissionError(errno.EACCES, f"HTTP {status}")
    if 300 <= status < 400:
        raise StorageError(f"{place} leads elsewhere (HTTP {status}), which is not followed; name the place itself.")
    if status not in (200, 206):
        raise OSError(errno.EIO, f"HTTP {status}")
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise StorageError(f"{place} comes packed, and is not unpacked; have it served as it is.")


def _length(answer: BaseHTTPResponse) -> int:
    said = answer.headers.get("Content-Length", "")
    if "Transfer-Encoding" in answer.headers or not (said.isascii() and said.isdigit()):
        raise OSError(errno.EIO, "it does not say how long its answer is")
    return int(said)
