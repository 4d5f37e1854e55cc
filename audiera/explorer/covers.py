"""Pictures of datasets, from the stores that the explorer is told of: verified, and nothing that is no picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from audiera.explorer.asked import Reading
from audiera.explorer.fetched import fetching
from audiera.explorer.refusals import not_found
from audiera.explorer.source import Source
from audiera.indexer.tables import ENTRIES
from audiera.manifest import Cover

__all__ = ["COVERS", "cover_path", "covers"]

COVERS: Final = "/covers/"

_DIGEST: Final = re.compile("[0-9a-f]{64}")
_TYPES: Final = ("image/jpeg", "image/png", "image/webp")  # no music begins like these, and no text by chance
_MOST: Final = 1 << 20  # bytes: more is no picture for a page
_KEPT: Final = 64  # pictures
_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def cover_path(reading: Reading, dataset: int) -> str | None:
    """Return where a dataset's picture is; None if it has none that is shown, or there is no store to take it from."""
    of = ENTRIES.c
    fit = (of.dataset == dataset, of.cover_type.in_(_TYPES), of.cover_bytes <= _MOST)
    digest = reading.connection.execute(select(of.cover).where(*fit)).scalar() if reading.has_stores else None
    return None if digest is None else f"{COVERS}{digest[2:]}"


def covers(source: Source, urls: Sequence[str]) -> Callable[[Request], Response]:
    """Return the endpoint of pictures.

    Whoever registers a dataset says which digest is its picture. So that he has nothing else handed out of a store that
    may hold the items of others, the bytes have to begin as a picture of the stated type does. Where several say so,
    one who says it rightly is enough.
    """
    fetched = fetching(urls, "picture", _KEPT)

    def cover(request: Request) -> Response:
        name = str(request.path_params["name"])
        if not _DIGEST.fullmatch(name):
            raise not_found("There is no such picture.")
        with source.reading() as (connection, _):
            types = select(ENTRIES.c.cover_type).where(ENTRIES.c.cover == f"0x{name}", ENTRIES.c.cover_type.in_(_TYPES))
            stated = connection.execute(types.distinct()).scalars().all()
        picture = Cover.of(fetched(bytes.fromhex(name), _MOST)) if stated else None
        if picture is None or picture.media_type not in stated:
            raise not_found("There is no such picture.")
        headers = {**_HEADERS, "ETag": f'"{name}"'}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(picture.data, headers=headers, media_type=picture.media_type)

    return cover
