"""An agent that talks to `audiera mcp` over its standard input and output, with the SDK's own client."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from audiera.work import audiera_command

if TYPE_CHECKING:
    from mcp import Client  # of an extra, which `make heavy` installs

__all__ = ["Agent", "agent"]


class Agent:
    """Calls tools."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.heard: list[tuple[float, float | None, str | None]] = []
        """How far tools said that they were."""

    async def call(self, tool: str, **told: object) -> tuple[bool, Any]:
        """Whether it was done, and what was answered: a document, or a text that says why not."""

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            self.heard.append((progress, total, message))

        answer = await self.client.call_tool(tool, told, progress_callback=hear)
        if answer.is_error:
            return False, "\n".join(getattr(it, "text", "") for it in answer.content)
        return True, answer.structured_content


@asynccontextmanager
async def agent(words: Sequence[str]) -> AsyncIterator[Agent]:
    """An agent at a server of its own."""
    from mcp import Client, StdioServerParameters  # noqa: PLC0415

    command, *rest = audiera_command("mcp", *words)
    server = StdioServerParameters(command=command, args=rest, env=dict(os.environ))
    async with Client(server, read_timeout_seconds=120) as client:
        yield Agent(client)
