"""`/ipfs/{cid}` and `/sha256/..`: documents, as a trustless gateway of IPFS gives them, and as a store does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from audiera.errors import InputError
from audiera.gateway.delivery import Delivery
from audiera.gateway.documents import document_of
from audiera.gateway.problems import Code, Problem
from audiera.gateway.ranges import is_held, part_of
from audiera.gateway.routes.shared import OurCounter, OurDesk
from audiera.protocol import cid_of, digest_of

__all__ = ["block", "documents", "stored"]

documents = APIRouter(tags=["documents"])

_RAW = "application/vnd.ipld.raw"
_FOREVER = {"Cache-Control": "public, max-age=29030400, immutable"}


@documents.head("/ipfs/{cid}", include_in_schema=False)
@documents.get("/ipfs/{cid}", summary="A document by its CID, as a raw block", response_class=Response)
def block(
    request: Request,
    cid: Annotated[str, Path(max_length=100)],
    desk: OurDesk,
    counter: OurCounter,
    form: Annotated[str | None, Query(alias="format")] = None,
) -> Response:
    """Send a manifest, an item table, a list of people or a legal text; whoever gets it checks the hash."""
    if form != "raw" and (form is not None or _RAW not in request.headers.get("accept", "")):
        raise Problem(Code.MALFORMED, "Only raw blocks are served here; ask with ?format=raw.")
    try:
        digest = digest_of(cid)
    except InputError as error:
        raise Problem(Code.MALFORMED, str(error)) from error
    headers = {
        **_FOREVER,
        "Content-Disposition": f'attachment; filename="{cid_of(digest)}.bin"',
        "Content-Type": _RAW,
        "ETag": f'"{cid_of(digest)}.raw"',
        "Vary": "Accept",
        "X-Ipfs-Path": f"/ipfs/{cid_of(digest)}",
        "X-Ipfs-Roots": cid_of(digest),
    }
    return _sent(request, desk, counter, digest, headers)


@documents.head("/sha256/{shard}/{name}", include_in_schema=False)
@documents.get("/sha256/{shard}/{name}", summary="A document, where a store has it", response_class=Response)
def stored(
    request: Request,
    shard: Annotated[str, Path(pattern="^[0-9a-f]{2}$")],
    name: Annotated[str, Path(max_length=80)],
    desk: OurDesk,
    counter: OurCounter,
) -> Response:
    """Send a document to whoever reads this gateway as a store; items are not among them."""
    try:
        digest = bytes.fromhex(name)
    except ValueError:
        digest = b""
    if len(digest) != 32 or name != digest.hex() or not name.startswith(shard):
        raise Problem(Code.NOT_FOUND, "No document of this name is here.")
    headers = {
        **_FOREVER,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Type": "application/octet-stream",
        "ETag": f'"{name}"',
    }
    return _sent(request, desk, counter, digest, headers)


def _sent(request: Request, desk: OurDesk, counter: OurCounter, digest: bytes, headers: dict[str, str]) -> Response:
    with desk.index() as index:
        found = document_of(index, digest)
    if found.body is None:
        return Delivery(counter.objects, counter.settings, digest, found.size, headers)
    headers |= {"Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
    if is_held(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if (part := part_of(request.headers, found.size, headers["ETag"])) is None:
        return Response(found.body, headers=headers)
    start, stop = part
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{found.size}"
    return Response(found.body[start:stop], 206, headers)
