"""Excerpts to hear, from the stores that the explorer is told of: verified, and nothing that is no excerpt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Exists, exists, select
from starlette.requests import Request
from starlette.responses import Response

from audiera.explorer.fetched import fetching
from audiera.explorer.refusals import not_found
from audiera.explorer.source import Source
from audiera.indexer.tables import ITEMS
from audiera.manifest import PREVIEW_BYTES, PREVIEW_TYPE, marked_item
from audiera.text import hex_of

__all__ = ["SOUNDS", "sounds"]

SOUNDS: Final = "/sounds/"
"""What the path of every excerpt begins with: they are never compressed, so that parts of them can be asked for."""

_DIGEST: Final = re.compile("[0-9a-f]{64}")
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_KEPT: Final = 256  # excerpts, a megabyte each at most
_FOREVER: Final = "public, max-age=31536000, immutable"


def sounds(source: Source, urls: Sequence[str]) -> Callable[[Request], Response]:
    """Return the endpoint of excerpts.

    Whoever registers a dataset says which digests are excerpts. So that he has none but his excerpts handed out of a
    store that may hold the items of others, each has to begin with the mark of its item. What others say of the same
    digest, of what item it is and how large, keeps nobody's excerpt back.
    """
    fetched = fetching(urls, "excerpt", _KEPT)

    def sound(request: Request) -> Response:
        name = str(request.path_params["name"])
        if not _DIGEST.fullmatch(name):
            raise not_found("There is no such excerpt.")
        stated = exists().where(ITEMS.c.preview == f"0x{name}")
        data = fetched(bytes.fromhex(name), PREVIEW_BYTES) if holds(stated) else b""
        item = marked_item(data)
        if item is None or not holds(stated.where(ITEMS.c.sha256 == hex_of(item))):
            raise not_found("There is no such excerpt.")
        return _answer(request, data, f'"{name}"')

    def holds(said: Exists) -> bool:
        with source.reading() as (connection, _):
            return bool(connection.execute(select(said)).scalar())

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
