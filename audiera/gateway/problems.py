"""What a gateway answers instead of what it was asked for: problems of RFC 9457, each with a code for machines.

A status of 4xx says that the same request will be refused again; of 5xx, that nothing was charged and nothing granted
unless `repeat` is true and a repeat of the very same request says otherwise. What fails here is never a 402: whoever
reads that pays.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from audiera.text import Json

__all__ = ["Code", "Problem"]


class Code(StrEnum):
    """Why something was refused."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    LICENSE_UNKNOWN = "license_unknown"
    NOT_HOLDER = "not_holder"
    LICENSE_ENDED = "license_ended"
    NOT_COVERED = "not_covered"
    RIGHT_NOT_GRANTED = "right_not_granted"
    QUOTA_EXHAUSTED = "quota_exhausted"
    ITEM_UNKNOWN = "item_unknown"
    ITEM_WITHDRAWN = "item_withdrawn"
    ITEM_BLOCKED = "item_blocked"
    NOT_SERVED = "not_served"
    TIME_OFF = "time_off"
    BATCH_CLOSED = "batch_closed"
    BATCH_FULL = "batch_full"
    TOO_MANY_BATCHES = "too_many_batches"
    PAYMENT_REQUIRED = "payment_required"
    DEPOSIT_TOO_SMALL = "deposit_too_small"
    CREDIT_EXHAUSTED = "credit_exhausted"
    FEE_TOO_SMALL = "fee_too_small"
    SIGNATURE_WRONG = "signature_wrong"
    SIGNER_NOT_ALLOWED = "signer_not_allowed"
    HEAD_MOVED = "head_moved"
    HEAD_WRONG = "head_wrong"
    KEY_REUSED = "key_reused"
    GRANT_EXPIRED = "grant_expired"
    RANGE_BEYOND_END = "range_beyond_end"
    CHECKSUM_WRONG = "checksum_wrong"
    PROTOCOL_UNKNOWN = "protocol_unknown"
    NOT_RELAYED = "not_relayed"
    CALL_REVERTS = "call_reverts"
    RATE_LIMITED = "rate_limited"
    CONFLICT = "conflict"
    MODEL_REFUSED = "model_refused"
    MODEL_FAILED = "model_failed"
    OBJECT_UNAVAILABLE = "object_unavailable"
    INDEX_BEHIND = "index_behind"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


_STATUS: Final = {
    Code.MALFORMED: 400,
    Code.TOO_LARGE: 413,
    Code.UNAUTHENTICATED: 401,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.ITEM_UNKNOWN: 404,
    Code.ITEM_WITHDRAWN: 451,
    Code.ITEM_BLOCKED: 451,
    Code.TIME_OFF: 400,
    Code.BATCH_CLOSED: 409,
    Code.BATCH_FULL: 409,
    Code.TOO_MANY_BATCHES: 429,
    Code.PAYMENT_REQUIRED: 402,
    Code.DEPOSIT_TOO_SMALL: 402,
    Code.CREDIT_EXHAUSTED: 429,
    Code.FEE_TOO_SMALL: 402,
    Code.HEAD_MOVED: 409,
    Code.HEAD_WRONG: 409,
    Code.KEY_REUSED: 422,
    Code.GRANT_EXPIRED: 410,
    Code.RANGE_BEYOND_END: 416,
    Code.CHECKSUM_WRONG: 460,  # of tus
    Code.PROTOCOL_UNKNOWN: 412,
    Code.CALL_REVERTS: 409,
    Code.RATE_LIMITED: 429,
    Code.CONFLICT: 409,
    Code.MODEL_REFUSED: 422,
    Code.MODEL_FAILED: 502,
    Code.OBJECT_UNAVAILABLE: 503,
    Code.INDEX_BEHIND: 503,
    Code.UNAVAILABLE: 503,
    Code.INTERNAL: 500,
}
"""The status of HTTP of each code; of every other it is 403."""


class Problem(Exception):  # noqa: N818  # the name of RFC 9457
    """A refusal: a code, one sentence, and what else a program wants to know."""

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        more: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.more = dict(more or {})
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return _STATUS.get(self.code, 403)

    @property
    def repeat(self) -> bool:
        """Whether the very same request may do later: it failed on the gateway's side."""
        return self.status >= 500

    def document(self) -> dict[str, Json]:
        """Return what is answered (application/problem+json)."""
        title = self.code.value.replace("_", " ").capitalize()
        return {
            "type": f"urn:audiera:problem:{self.code.value}",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code.value,
            "repeat": self.repeat,
            **self.more,
        }
