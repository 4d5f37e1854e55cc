"""`/v1/quote` and `/v1/access`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from audiera.gateway.routes.shared import KEY, PAYMENT, Known, OurDesk, OurScale, desk_of, known_to, scale_of, url_of
from audiera.gateway.x402 import REQUIRED, RESPONSE, paid, payment_required, receipt_for, responded
from audiera.interface import Access, AccessRequest, Quote, QuoteRequest

__all__ = ["access", "accesses", "quote"]

accesses = APIRouter(prefix="/v1", tags=["access"])

_PRICED = {"x-payment-info": {"protocols": ["x402"], "pricingMode": "quote", "quote": "/v1/quote"}}


@accesses.post("/quote", summary="What an access would cost, and the head to sign for it")
def quote(body: QuoteRequest, desk: OurDesk, scale: OurScale, signed_in: Known) -> Quote:
    """Answer what an access would cost. Nothing is written. Only to the payer, signed in, its open batch is told."""
    return desk.quote(body, scale.take, signed_in)


@accesses.post(
    "/access",
    response_model=Access,
    summary="Take an access under a licence, with the voucher for it",
    openapi_extra={**_PRICED, "security": [{"HTTPBearer": []}], "parameters": [KEY.parameter(), PAYMENT.parameter()]},
    responses={
        200: {"headers": {RESPONSE: {"schema": {"type": "string"}, "description": "What was paid (x402)."}}},
        402: {"headers": {REQUIRED: {"schema": {"type": "string"}, "description": "What is to be paid (x402)."}}},
    },
)
def access(body: AccessRequest, request: Request) -> Response:
    """Grant one or many items, or a whole dataset. Without a voucher, 402 has the head to sign."""
    desk, scale, key, payment = desk_of(request), scale_of(request), KEY.of(request), PAYMENT.of(request)
    asked = paid(body, payment) if payment is not None and body.voucher is None else body
    if asked.voucher is None or asked.signature is None:
        quoted = desk.quote(asked, scale.take, known_to(request))
        raise payment_required(quoted, desk.domain, url_of(desk, request))
    with scale.unless_granted() as weigh:
        answer = desk.access(asked, key, weigh, scale.give)
    desk.figures.granted(answer.calls)
    # Who pays otherwise has the countersignature, and waits for no second one.
    receipt = None if payment is None else receipt_for(answer, desk.domain, desk.settings.signer, url_of(desk, request))
    return Response(answer.body, headers=responded(answer, desk.domain, receipt), media_type="application/json")
