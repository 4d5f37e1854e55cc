"""A node that loses answers, as public ones do: a real chain behind a server that misbehaves in one way."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Lossy", "Mode", "lossy_node"]

_SEND = "eth_sendRawTransaction"
_RECEIPT = "eth_getTransactionReceipt"
_HANGS = 60.0  # seconds, longer than anybody waits for one answer


class Mode(StrEnum):
    """How it misbehaves."""

    WELL = "well"
    ALREADY = "already"
    """It takes a transaction and says that it had it."""
    RESET = "reset"
    """It takes a transaction and closes the connection."""
    GATEWAY = "gateway"
    """It takes a transaction and answers 502."""
    HANG = "hang"
    """It takes a transaction and says nothing."""
    NEVER = "never"
    """It has no receipt of what it mined."""
    INDEXING = "indexing"
    """Its index is behind for some questions."""
    STALE = "stale"
    """Every other time it knows one transaction of the account less."""
    LOSES = "loses"
    """It says that it took a transaction, and did not."""
    LOSES_FIRST = "loses first"
    """So it does with the first one it is sent."""


@dataclass(slots=True)
class Lossy:
    """The node."""

    url: str
    mode: Mode
    asked: Counter[str] = field(default_factory=Counter)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, node: Lossy, target: str) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = json.loads(body)
        method, mode = request["method"], node.mode
        node.asked[method] += 1
        first = node.asked[method] == 1
        if method == _SEND and (mode is Mode.LOSES or (mode is Mode.LOSES_FIRST and first)):
            self._result(request, f"0x{'00' * 32}")
        elif method == _SEND and mode in (Mode.ALREADY, Mode.RESET, Mode.GATEWAY, Mode.HANG):
            _forward(target, body)
            self._lose(request, mode)
        elif method == _RECEIPT and node.asked[_SEND] and mode is Mode.NEVER:
            self._result(request, None)
        elif method == _RECEIPT and node.asked[_SEND] and mode is Mode.INDEXING and node.asked[method] <= 6:
            self._error(request, "transaction indexing is in progress")
        else:
            answer = json.loads(_forward(target, body))
            if method == "eth_getTransactionCount" and mode is Mode.STALE and node.asked[method] % 2:
                answer["result"] = hex(max(int(answer["result"], 16) - 1, 0))
            self._answer(json.dumps(answer).encode())

    def _lose(self, request: dict[str, object], mode: Mode) -> None:
        if mode is Mode.ALREADY:
            self._error(request, "already known")
        elif mode is Mode.GATEWAY:
            self._answer(b"<html>502 Bad Gateway</html>", 502)
        else:
            if mode is Mode.HANG:
                time.sleep(_HANGS)
            self.close_connection = True
            self.connection.close()

    def _result(self, request: dict[str, object], result: object) -> None:
        self._answer(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode())

    def _error(self, request: dict[str, object], message: str) -> None:
        error = {"code": -32000, "message": message}
        self._answer(json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode())

    def _answer(self, body: bytes, code: int = 200) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _forward(target: str, body: bytes) -> bytes:
    request = urllib.request.Request(target, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        answer: bytes = reply.read()
    return answer


@contextmanager
def lossy_node(target: str, mode: Mode) -> Iterator[Lossy]:
    """A node that has the chain of the one at `target`."""

    class Handler(_Handler):
        def do_POST(self) -> None:
            self.answer(node, target)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        node = Lossy(f"http://127.0.0.1:{server.server_port}", mode)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield node
        finally:
            server.shutdown()
            thread.join()
