"""Excerpts to hear, from the stores that the explorer is told of: verified, and nothing that is no excerpt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from audiera.explorer.fetched import fetching
from audiera.explorer.refusals import not_found
from audiera.explorer.source import Source
from audiera.indexer.tables import ITEMS
from audiera.manifest import PREVIEW_TYPE, preview_mark

__all__ = ["SOUNDS", "sounds"]

SOUNDS: Final = "/sounds/"
"""What the path of every excerpt begins with: they are never compressed, so that parts of them can be asked for."""

_DIGEST: Final = re.compile("[0-9a-f]{64}")
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_ITEMS: Final = 8  # that a digest may be said to be an excerpt of
_KEPT: Final = 256  # excerpts, a megabyte each at most
_FOREVER: Final = "public, max-age=31536000, immutable"


def sounds(source: Source, urls: Sequence[str]) -> Callable[[Request], Response]:
    """Return the endpoint of excerpts.

    Whoever registers a dataset says which digests are excerpts. So that he has none but his excerpts handed out of a
    store that may hold the items of others, each has to begin with the mark of its item.
    """
    fetched = fetching(urls, "excerpt", _KEPT)

    def sound(request: Request) -> Response:
        name = str(request.path_params["name"])
        if not _DIGEST.fullmatch(name):
            raise not_found("There is no such excerpt.")
        with source.reading() as (connection, _):
            query = select(ITEMS.c.sha256, ITEMS.c.preview_bytes).where(ITEMS.c.preview == f"0x{name}").limit(_ITEMS)
            stated = connection.execute(query).all()
        for item in stated:
            data = fetched(bytes.fromhex(name), item.preview_bytes)
            if data.startswith(preview_mark(bytes.fromhex(item.sha256[2:]))):
                return _answer(request, data, f'"{name}"')
        raise not_found("There is no such excerpt.")

    return sound


def _answer(request: Request, data: bytes, tag: str) -> Response:
    headers = {"ETag": tag, "Cache-Control": _FOREVER, "Accept-Ranges": "bytes"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or asked[0] == "bytes=-" or request.headers.get("if-range", tag) != tag:
        return Response(data, headers=headers, media_type=PREVIEW_TYPE)
    first, last = asked.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if not start <= end:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    return Response(data[start : end + 1], 206, headers, PREVIEW_TYPE)
