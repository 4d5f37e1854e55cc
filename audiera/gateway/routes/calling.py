"""`/v1/models/{model}/invoke`: calling a model that stands behind the gateway."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from starlette.responses import Response

from audiera.gateway.models import ACCESS
from audiera.gateway.routes.shared import KEY, PAYMENT, Known, OurDesk, OurModels, OurScale, url_of
from audiera.gateway.taken import Answer
from audiera.gateway.x402 import REQUIRED, RESPONSE, paid, payment_required, receipt_for, responded
from audiera.interface import Invocation

__all__ = ["calling", "invoke"]

calling = APIRouter(prefix="/v1/models", tags=["models"])

_TEXT = {"schema": {"type": "string"}}


@calling.post(
    "/{model}/invoke",
    summary="Call a model under a licence, with the voucher for it",
    response_class=Response,
    openapi_extra={
        "x-payment-info": {"protocols": ["x402"], "pricingMode": "quote"},
        "parameters": [KEY.parameter(), PAYMENT.parameter()],
    },
    responses={
        200: {
            "description": "The model's own answer, as it comes.",
            "headers": {
                ACCESS: {**_TEXT, "description": "The answer to the access: JSON in base64."},
                RESPONSE: {**_TEXT, "description": "What was paid (x402)."},
            },
        },
        402: {"headers": {REQUIRED: {**_TEXT, "description": "What is to be paid (x402)."}}},
    },
)
def invoke(  # noqa: PLR0917  # FastAPI calls it by name
    model: Annotated[int, Path(ge=1, lt=1 << 63, description="Its dataset.")],
    body: Invocation,
    desk: OurDesk,
    models: OurModels,
    scale: OurScale,
    signed_in: Known,
    request: Request,
    accept: Annotated[str, Header(max_length=200)] = "*/*",
) -> Response:
    """Forward a call, charged once the model has begun to answer. Without a voucher, 402 has the head to sign."""
    models.check(model, body)
    key, payment = KEY.of(request), PAYMENT.of(request)
    asked = paid(body, payment) if payment is not None and body.voucher is None else body
    url = url_of(desk, request)
    if asked.voucher is None or asked.signature is None:
        raise payment_required(desk.quote(asked, scale.take, signed_in), desk.domain, url)

    def said(answer: Answer) -> dict[str, str]:
        receipt = None if payment is None else receipt_for(answer, desk.domain, desk.settings.signer, url)
        return responded(answer, desk.domain, receipt)

    return models.call(asked, key, scale, accept, said)
