"""`/v1/accesses/{access}`: the answer again, a renewal, and the bytes of what was granted."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from audiera.gateway.delivery import BundleDelivery, Delivery, disposition_of
from audiera.gateway.routes.shared import OurCounter, counter_of
from audiera.interface import Access, Bundle, Hash, ItemKey, Presigned, Presigning

__all__ = ["bundle", "grants", "item", "key", "presigned", "renew", "seen"]

grants = APIRouter(prefix="/v1/accesses/{access}", tags=["grants"])

_BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@grants.get("", summary="The answer to an access, again")
def seen(access: Hash, counter: OurCounter) -> Access:
    """Answer what was answered, with the time until which its grants are good now."""
    return counter.grants.answer(access)


@grants.post("/renew", summary="Make the grants of an access good for longer, free")
def renew(access: Hash, counter: OurCounter) -> Access:
    """Extend the grants of an access that is not too long ago."""
    return counter.grants.renew(access)


@grants.head("/items/{leaf}", include_in_schema=False)
@grants.get(
    "/items/{leaf}",
    summary="The bytes of a granted item",
    response_class=Response,
    responses={200: {"description": "All of it.", **_BYTES}, 206: {"description": "One range of it.", **_BYTES}},
)
async def item(access: Hash, leaf: Hash, request: Request) -> Response:
    """Send an item: whole, or by one range. Its ETag is its sha-256."""
    counter = counter_of(request)
    grant = counter.grants.remembered(access, leaf)
    if grant is None:
        grant = await run_in_threadpool(counter.grants.item, access, leaf)
    headers = {
        "Cache-Control": "private, max-age=86400, immutable",
        "Content-Disposition": disposition_of(grant.path, grant.sha256),
        "Content-Type": grant.media_type,
        "ETag": f'"{grant.sha256.hex()}"',
    }
    return Delivery(counter.objects, counter.settings, grant.sha256, grant.size, headers)


@grants.post(
    "/items",
    summary="The bytes of several granted items, one after another",
    response_class=Response,
    responses={200: {"description": "All of them, in the order asked for, and nothing between them.", **_BYTES}},
)
def bundle(access: Hash, body: Bundle, counter: OurCounter) -> Response:
    """Send small items in one answer: all of them whole, or a problem that names one. Lengths are as granted."""
    return BundleDelivery(counter.objects, counter.settings, counter.bundle(access, body.items))


@grants.post(
    "/presigned",
    summary="URLs at which granted items are sent by another than the gateway",
    response_class=Response,
    responses={200: {"description": "In the order asked for.", "model": Presigned}},
)
async def presigned(access: Hash, body: Presigning, counter: OurCounter) -> Response:
    """Answer where nginx or the store's bucket sends items, for a short while, to whoever asks."""
    at, until, urls = await counter.presigned(access, body.items)
    told = json.dumps({"at": str(at), "until": str(until), "urls": urls})
    return Response(told, headers={"Cache-Control": "no-store"}, media_type="application/json")


@grants.get("/items/{leaf}/key", summary="The key of a granted item that lies sealed in public")
async def key(access: Hash, leaf: Hash, counter: OurCounter) -> ItemKey:
    """Release the key of one object, which everybody may fetch and nobody else can open."""
    return await counter.key(access, leaf)
