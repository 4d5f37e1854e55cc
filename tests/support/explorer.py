"""An explorer that serves in a thread, and what is asked of it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3
import uvicorn
from starlette.types import ASGIApp

__all__ = ["Explorer", "serving"]


@dataclass(frozen=True, slots=True)
class Explorer:
    """A running explorer."""

    url: str
    http: urllib3.PoolManager

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        """Ask for a path."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request("GET", f"{self.url}{path}", headers=named, redirect=False, retries=False)

    def page(self, path: str) -> str:
        """The HTML of a page that is there."""
        answer = self.get(path)
        assert answer.status == 200, answer.data
        return answer.data.decode()

    def json(self, path: str) -> Any:  # noqa: ANN401  # whatever the page says
        """The JSON of a page that is there."""
        return json.loads(self.page(path))


@contextmanager
def serving(app: ASGIApp) -> Iterator[Explorer]:
    """Serve an application on a free port."""
    with socket.socket(
        proto=socket.IPPROTO_TCP
    ) as listener:  # asyncio asks for that before it turns off waiting for more
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="critical", server_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        http = urllib3.PoolManager()
        try:
            yield Explorer(f"http://127.0.0.1:{listener.getsockname()[1]}", http)
        finally:
            http.clear()
            server.should_exit = True
            thread.join()
