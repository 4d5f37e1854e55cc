"""HTTP to a node whose answers are bounded: in bytes as they come, in time as a whole, in depth, and never unpacked.

A node is whoever its URL leads to. So it is asked for plain answers, is followed nowhere else, and what is read of an
answer, its head included, is counted where it leaves the connection.
"""

from __future__ import annotations

from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from socket import socket
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from audiera.text import nested

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["MOST", "BoundError", "bounded_session"]

MOST: Final = 1 << 25
"""Bytes of an answer. The logs of a range of blocks are asked for again in smaller ranges."""

_BUFFER: Final = 1 << 16


class BoundError(Exception):
    """An answer that is not read, or no further; says in a clause why."""


def bounded_session() -> Session:
    """Return a session of which every answer ends within the timeout that it is asked with."""
    session = _Session()
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    return session


class _Session(Session):
    def send(self, request: PreparedRequest, **more: Any) -> Response:  # noqa: ANN401  # the library's business
        answer = super().send(request, **more)
        if nested(answer.content):
            raise BoundError("what is nested too deep")
        return answer


class _Counted(RawIOBase):
    """What a connection gives for one answer."""

    def __init__(self, raw: Any, line: socket) -> None:  # noqa: ANN401  # a private type of the socket module
        self._raw, self._line, self._left = raw, line, MOST
        self._patience = line.gettimeout()
        self._ends = monotonic() + (self._patience or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self._patience is not None:
            left = self._ends - monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._line.settimeout(left)
        read = int(self._raw.readinto(buffer))
        self._left -= read
        if self._left < 0:
            raise BoundError(f"more than {MOST:,} bytes")
        return read

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **more: Any) -> None:  # noqa: ANN401  # the library's business
        super().__init__(sock, *args, **more)
        self.fp = BufferedReader(_Counted(self.fp.detach(), sock), _BUFFER)


class _Plain(HTTPConnection):
    response_class = _Answer


class _Secure(HTTPSConnection):
    response_class = _Answer


class _Adapter(HTTPAdapter):
    def get_connection_with_tls_context(self, *args: Any, **more: Any) -> HTTPConnectionPool:  # noqa: ANN401  # as above
        pool: Any = super().get_connection_with_tls_context(*args, **more)
        pool.ConnectionCls = _Secure if pool.scheme == "https" else _Plain
        return cast("HTTPConnectionPool", pool)

    def send(self, request: PreparedRequest, *args: Any, **more: Any) -> Response:  # noqa: ANN401  # as above
        answer = super().send(request, *args, **more)
        packed = answer.headers.get("Content-Encoding", "identity").lower() != "identity"
        if packed or answer.is_redirect:
            answer.close()
            elsewhere = f"a way elsewhere (HTTP {answer.status_code}), which is not followed"
            raise BoundError("a packed answer, which is not unpacked" if packed else elsewhere)
        return answer
