"""An explorer that serves in a thread, and what is asked of it."""

from __future__ import annotations

import asyncio
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


class _Server(uvicorn.Server):
    """Ends as uvicorn's does, and at once: that looks ten times a second whether it should, and waits once more."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002  # as uvicorn has it
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.001)
        await self.lifespan.shutdown()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)


@contextmanager
def serving(app: ASGIApp) -> Iterator[Explorer]:
    """Serve an application on a free port."""
    with socket.socket(
        proto=socket.IPPROTO_TCP
    ) as listener:  # asyncio asks for that before it turns off waiting for more
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="critical", server_header=False)
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        http = urllib3.PoolManager()
        try:
            yield Explorer(f"http://127.0.0.1:{listener.getsockname()[1]}", http)
        finally:
            http.clear()
            server.end()
            thread.join()
