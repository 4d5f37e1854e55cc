"""`/v1/quote` and `/v1/access`."""

from __future__ import annotations

from fastapi import APIRouter

from audiera.gateway.routes.shared import IdempotencyKey, OurDesk
from audiera.interface import Access, AccessRequest, Quote, QuoteRequest

__all__ = ["access", "accesses", "quote"]

accesses = APIRouter(prefix="/v1", tags=["access"])


@accesses.post("/quote", summary="What an access would cost, and the head to sign for it")
def quote(body: QuoteRequest, desk: OurDesk) -> Quote:
    """Answer what an access would cost. Nothing is written."""
    return desk.quote(body)


@accesses.post("/access", summary="Take an access under a licence, with the voucher for it")
def access(body: AccessRequest, desk: OurDesk, key: IdempotencyKey = None) -> Access:
    """Grant one or many items, or a whole dataset. Without a voucher, 402 has the head to sign."""
    return desk.access(body, key)
