"""The same access in the envelope of x402, for agents that pay over HTTP by it.

A 402 answer carries `PAYMENT-REQUIRED`; the same request comes again with `PAYMENT-SIGNATURE`; what is granted carries
`PAYMENT-RESPONSE`. All three are JSON in base64. The scheme is ours, since what is paid is the head of a batch: a
voucher that says what was used, and not a sum alone.

Whoever pays by it gets a receipt that others can check: the extension offer-receipt.

Source: x402, version 2: specs/x402-specification-v2.md, specs/transports-v2/http.md and
specs/extensions/extension-offer-and-receipt.md of https://github.com/x402-foundation/x402.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audiera.client import Signer
from audiera.errors import InputError
from audiera.gateway.problems import Code, Problem
from audiera.gateway.taken import Answer
from audiera.interface import AccessRequest, Bytes, Hash, Head, Number, Quote
from audiera.protocol import Domain, TypedMessage
from audiera.text import Json, canonical, hex_of, read_json

__all__ = ["REQUIRED", "RESPONSE", "SCHEME", "SIGNATURE", "paid", "payment_required", "receipt_for", "responded"]

SCHEME: Final = "audiera-voucher"
"""The scheme: pay by the voucher for the head of an open batch."""

REQUIRED: Final = "PAYMENT-REQUIRED"
SIGNATURE: Final = "PAYMENT-SIGNATURE"
RESPONSE: Final = "PAYMENT-RESPONSE"

_RECEIPT: Final = {
    "EIP712Domain": (("name", "string"), ("version", "string"), ("chainId", "uint256")),
    "Receipt": (
        *(("version", "uint256"), ("network", "string"), ("resourceUrl", "string")),
        *(("payer", "string"), ("issuedAt", "uint256"), ("transaction", "string")),
    ),
}
"""What is signed of a receipt. Its domain is chain 1 whatever the chain is, which the receipt itself names."""
_SIGNED: Final[dict[str, Json]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "receipt": {
            "type": "object",
            "properties": {
                "format": {"type": "string", "const": "eip712"},
                "payload": {
                    "type": "object",
                    "properties": {
                        name: {"type": "integer" if kind == "uint256" else "string"}
                        for name, kind in _RECEIPT["Receipt"]
                    },
                    "required": [name for name, _ in _RECEIPT["Receipt"][:5]],
                },
                "signature": {"type": "string"},
            },
            "required": ["format", "payload", "signature"],
        }
    },
    "required": ["receipt"],
}
"""The form of a signed receipt, as the extension wants it told."""

R = TypeVar("R", bound=AccessRequest)

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
                "network": _network(domain),
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


def paid(request: R, header: str) -> R:
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


def responded(answer: Answer, domain: Domain, receipt: dict[str, Json] | None = None) -> dict[str, str]:
    """Return the header that says what was paid: by a voucher, which is settled on the chain with its batch.

    Args:
        answer: what an access is answered.
        domain: of the ledger that it is paid through.
        receipt: for others to check; none: nobody wants one.
    """
    said: dict[str, Json] = {
        "success": True,
        "payer": answer.payer,
        "transaction": "",
        "network": _network(domain),
        "amount": str(answer.amount),
    }
    if receipt is not None:
        said["extensions"] = {"offer-receipt": {"info": {"receipt": receipt}, "schema": _SIGNED}}
    return {RESPONSE: _written(said)}


def receipt_for(answer: Answer, domain: Domain, signer: Signer, url: str) -> dict[str, Json]:
    """Return the gateway's word that somebody paid for what is at a URL, and had it; the same for a repeat."""
    payload: dict[str, Json] = {
        "version": 1,
        "network": _network(domain),
        "resourceUrl": url,
        "payer": answer.payer,
        "issuedAt": answer.at,
        "transaction": "",
    }
    message: TypedMessage = {
        "types": {name: [{"name": it, "type": kind} for it, kind in members] for name, members in _RECEIPT.items()},
        "primaryType": "Receipt",
        "domain": {"name": "x402 receipt", "version": "1", "chainId": 1},
        "message": payload,
    }
    return {"format": "eip712", "payload": payload, "signature": hex_of(signer.sign_message(message))}


def _network(domain: Domain) -> str:
    return f"eip155:{domain.chain_id}"


def _written(document: dict[str, Json]) -> str:
    return base64.b64encode(canonical(document)).decode()
