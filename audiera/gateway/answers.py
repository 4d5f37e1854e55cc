"""The answer that a problem is."""

from __future__ import annotations

import json

from starlette.responses import Response

from audiera.gateway.problems import Problem

__all__ = ["problem_response"]


def problem_response(problem: Problem) -> Response:
    """Return the answer that a problem is."""
    body = json.dumps(problem.document(), ensure_ascii=False).encode("utf-8", "backslashreplace")
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.status == 451:
        headers["Link"] = '</v1/blocked>; rel="blocked-by"'  # RFC 7725
    return Response(body, problem.status, headers, "application/problem+json")
