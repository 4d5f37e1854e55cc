"""A node that behaves as public ones do: a real chain behind a server that refuses or loses some requests."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Rule", "behind"]

Rule = Callable[[str, list[Any]], object]
"""Takes method and parameters, and returns None, or the answer: an error, its message, or a list of one result."""


@contextmanager
def behind(url: str, rule: Rule) -> Iterator[str]:
    """The URL of a node that asks `rule` first and the one at `url` otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = json.loads(body)
            verdict = rule(request["method"], request.get("params", []))
            if verdict is None:
                asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
                with urllib.request.urlopen(asked) as reply:
                    answer = reply.read()
            else:
                outcome = {"result": verdict[0]} if isinstance(verdict, list) else {"error": _error(verdict)}
                answer = json.dumps({"jsonrpc": "2.0", "id": request["id"], **outcome}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _error(message: object) -> dict[str, object]:
    return message if isinstance(message, dict) else {"code": -32000, "message": message}
