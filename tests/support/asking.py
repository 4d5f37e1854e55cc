"""Asking for licences at a gateway over HTTP, and answering, by roles of a venue."""

from __future__ import annotations

import secrets
import time
from typing import Any

from audiera.protocol import ZERO_WORD, LicenseAnswer, LicenseRequest, Right
from tests.support.gateway import Payer, Venue

__all__ = ["TEXTS", "answered", "asked", "made", "signed"]

TEXTS = {
    "purpose": "A model of choirs.\n<script>alert(1)</script>",
    "extent": "all items, for two years",
    "who": "Choir Lab",
    "contact": "lab@example.org",
}


def made(venue: Venue, role: str = "payer", **changed: Any) -> LicenseRequest:  # noqa: ANN401  # its members
    """A request for the album."""
    told = {
        "gateway": venue.as_("gateway").account,
        "asker": venue.as_(role).account,
        "dataset": venue.dataset,
        "rights": Right.Training | Right.Inference,
        "at": int(time.time()),
        "nonce": secrets.token_bytes(32),
        **TEXTS,
    }
    return LicenseRequest(**{**told, **changed})


def signed(venue: Venue, request: LicenseRequest, role: str = "payer", **changed: object) -> dict[str, object]:
    """A request as it is posted; members changed after it was signed."""
    rights = [str(it.name) for it in Right if request.rights & it]
    signature = venue.as_(role).sign("LicenseRegistry", request)
    return {"request": {**_members(request), "rights": rights, **changed}, "signature": f"0x{signature.hex()}"}


def answered(
    venue: Venue,
    request: LicenseRequest,
    role: str = "creator",
    *,
    by: str = "",
    **changed: Any,  # noqa: ANN401  # its members
) -> dict[str, object]:
    """An answer as it is posted: no, unless told; signed by a role's key, for that of `by`."""
    told = {"terms": ZERO_WORD, "price": 0, "count": 0, "reason": "Not for cloning.", "at": int(time.time())}
    named = {"request": request.struct_hash(), "owner": venue.as_(by or role).account}
    answer = LicenseAnswer(**{**named, **told, **changed})
    signature = venue.as_(role).sign("LicenseRegistry", answer)
    return {"answer": _members(answer), "signature": f"0x{signature.hex()}"}


def asked(payer: Payer, **changed: Any) -> tuple[int, LicenseRequest]:  # noqa: ANN401  # its members
    """The number of a request that was taken, and the request."""
    request = made(payer.venue, **changed)
    status, taken = payer.post("/v1/requests", signed(payer.venue, request))
    assert status == 202, taken
    assert taken["id"] == f"0x{request.struct_hash().hex()}"
    return int(taken["number"]), request


def _members(struct: LicenseRequest | LicenseAnswer) -> dict[str, object]:
    return {name: f"0x{it.hex()}" if isinstance(it, bytes) else it for name, it in struct.abi().items()}
