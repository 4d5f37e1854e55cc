"""A node that is wrong: a real chain behind a server that changes, keeps back or refuses what it is asked for."""

from __future__ import annotations

import copy
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

__all__ = ["Change", "Raw", "Refusal", "Told", "WrongNode", "drip", "send", "wrong_node"]

Told: TypeAlias = Any
"""The result of a call: any JSON."""

Change: TypeAlias = Callable[[str, list[Any], Told], Told]
"""Takes method, parameters and the true result, and returns what is answered, or raises `Refusal`."""

Raw: TypeAlias = Callable[[BaseHTTPRequestHandler, bytes], None]
"""Writes a whole answer, of which it is given the true bytes, as it likes."""


class Refusal(Exception):  # noqa: N818  # it is what a node answers
    def __init__(self, code: int, message: str) -> None:
        self.error = {"code": code, "message": message}


class WrongNode:
    """What goes wrong: set `change` or `raw`; both are asked for each request anew."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.change: Change | None = None
        self.raw: Raw | None = None
        self.asked: list[tuple[str, list[Any]]] = []

    def count(self, method: str) -> int:
        return sum(it == method for it, _ in self.asked)

    def answer(self, request: dict[str, Any], true: dict[str, Any]) -> dict[str, Any]:
        method, params = request["method"], request.get("params", [])
        self.asked.append((method, params))
        if self.change is None or "error" in true:
            return true
        try:
            return {**true, "result": self.change(method, params, copy.deepcopy(true["result"]))}
        except Refusal as refusal:
            return {"jsonrpc": "2.0", "id": request["id"], "error": refusal.error}


@contextmanager
def wrong_node(url: str) -> Iterator[WrongNode]:
    """A node in front of the one at `url`, right until told otherwise."""
    node = WrongNode("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else the kernel holds what follows a header back for 40 ms

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(asked) as reply:
                true = json.loads(reply.read())
            requests = json.loads(body)
            if isinstance(requests, list):
                by_id = {it["id"]: it for it in true}
                answer = json.dumps([node.answer(it, by_id[it["id"]]) for it in requests]).encode()
            else:
                answer = json.dumps(node.answer(requests, true)).encode()
            with suppress(OSError):
                if node.raw is not None:
                    node.raw(self, answer)
                else:
                    send(self, answer)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        node.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield node
        finally:
            server.shutdown()
            thread.join()


def send(handler: BaseHTTPRequestHandler, answer: bytes, status: int = 200, **headers: str) -> None:
    """Answer with these bytes."""
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(answer)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(answer)


def drip(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
    """Answer a byte now and then."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(answer)))
    handler.end_headers()
    for at in range(len(answer)):
        handler.wfile.write(answer[at : at + 1])
        handler.wfile.flush()
        time.sleep(0.05)
