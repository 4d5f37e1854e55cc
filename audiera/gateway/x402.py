"""The same access in the envelope of x402, for agents that pay over HTTP by it.

A 402 answer carries `PAYMENT-REQUIRED`; the same request comes again with `PAYMENT-SIGNATURE`; what is granted carries
`PAYMENT-RESPONSE`. All three are JSON in base64. The scheme is ours, since what is paid is the head of a batch: a
voucher that says what was used, and not a sum alone.

Source: x402, version 2: specs/x402-specification-v2.md and specs/transports-v2/http.md of
https://github.com/coinbase/x402.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audiera.errors import InputError
from audiera.gateway.problems import Code, Problem
from audiera.interface import Access, AccessRequest, Bytes, Hash, Head, Number, Quote
from audiera.protocol import Domain
from audiera.text import Json, canonical, read_json

__all__ = ["REQUIRED", "RESPONSE", "SCHEME", "SIGNATURE", "paid", "payment_required", "responded"]

SCHEME: Final = "audiera-voucher"
"""The scheme: pay by the voucher for the head of an open batch."""

REQUIRED: Final = "PAYMENT-REQUIRED"
SIGNATURE: Final = "PAYMENT-SIGNATURE"
RESPONSE: Final = "PAYMENT-RESPONSE"

_PATIENCE: Final = 300  # seconds for which a quote is worth signing


class _Paid(BaseModel):
    """The scheme's own part of a payment."""

    model_config = ConfigDict(extra="ignore")

    voucher: Head
    signature: Bytes
    at: Number
    nonce: Hash


class _Payment(BaseModel):
    model_config = ConfigDict(extra="ignore")

    version: int = Field(alias="x402Version")
    accepted: dict[str, object]
    payload: _Paid


def payment_required(quote: Quote, domain: Domain, url: str) -> Problem:
    """Return the answer that asks for a payment, in the envelope and in words.

    Args:
        quote: what it costs.
        domain: of the ledger that it is paid through.
        url: what is asked for.
    """
    detail = (
        f"This access costs {quote.price} of {quote.token}, and a fee of {quote.fee}; sign its voucher, and send it."
    )
    said = quote.model_dump(mode="json")
    envelope: dict[str, Json] = {
        "x402Version": 2,
        "error": detail,
        "resource": {"url": url, "description": "Licensed music data.", "mimeType": "application/json"},
        "accepts": [
            {
                "scheme": SCHEME,
                "network": f"eip155:{domain.chain_id}",
                "amount": str(quote.price + quote.fee),
                "asset": quote.token,
                "payTo": quote.voucher.gateway,
                "maxTimeoutSeconds": _PATIENCE,
                "extra": {name: said[name] for name in ("at", "nonce", "before", "voucher", "typed_data")},
            }
        ],
    }
    more: dict[str, Json] = {"quote": said, "x402Version": 2, "accepts": envelope["accepts"]}
    return Problem(Code.PAYMENT_REQUIRED, detail, more=more, headers={REQUIRED: _written(envelope)})


def paid(request: AccessRequest, header: str) -> AccessRequest:
    """Return a request with the voucher that came in its header.

    Raises:
        Problem: `MALFORMED`: the header is no payment of our scheme.
    """
    try:
        document = read_json(base64.b64decode(header, validate=True))
        payment = _Payment.model_validate(document)
    except (InputError, ValueError, ValidationError, binascii.Error) as error:
        detail = f"{SIGNATURE} is no payment of x402 version 2 under the scheme {SCHEME}; build it from {REQUIRED}."
        raise Problem(Code.MALFORMED, detail) from error
    if payment.version != 2 or payment.accepted.get("scheme") != SCHEME:
        raise Problem(Code.MALFORMED, f"{SIGNATURE} is not of x402 version 2 under the scheme {SCHEME}.")
    told = payment.payload
    members = {"voucher": told.voucher, "signature": told.signature, "at": told.at, "nonce": told.nonce}
    return request.model_copy(update=members)


def responded(access: Access, domain: Domain) -> dict[str, str]:
    """Return the header that says what was paid: by a voucher, which is settled on the chain with its batch."""
    return {
        RESPONSE: _written(
            {
                "success": True,
                "payer": access.head.voucher.payer,
                "transaction": "",
                "network": f"eip155:{domain.chain_id}",
                "amount": str(access.price + access.fee),
            }
        )
    }


def _written(document: dict[str, Json]) -> str:
    return base64.b64encode(canonical(document)).decode()
