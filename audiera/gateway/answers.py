"""The answer that a problem is, and how long a client may take over one."""

from __future__ import annotations

import json

import anyio
from starlette.responses import Response
from starlette.types import Message, Send

from audiera.gateway.problems import Problem

__all__ = ["patient", "problem_response"]


def problem_response(problem: Problem) -> Response:
    """Return the answer that a problem is."""
    body = json.dumps(problem.document(), ensure_ascii=False).encode("utf-8", "backslashreplace")
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.status == 451:
        headers["Link"] = '</v1/blocked>; rel="blocked-by"'  # RFC 7725
    return Response(body, problem.status, headers, "application/problem+json")


def patient(send: Send, seconds: float) -> Send:
    """Return what sends as `send` does, and raises TimeoutError where a client does not take a block in time."""

    async def sent(message: Message) -> None:
        with anyio.fail_after(seconds):
            await send(message)

    return sent
