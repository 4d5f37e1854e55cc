"""Calling a model that stands behind a gateway."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, JsonValue

from audiera.interface.access import AccessRequest
from audiera.interface.fields import Number, RightName
from audiera.protocol import Right, right_bit

__all__ = ["INFERENCE", "Invocation"]

INFERENCE: Final = right_bit(Right.Inference)


class Invocation(AccessRequest):
    """One call of a model: one use of its dataset as a whole, with the voucher for it, and what the model is told."""

    right: RightName = INFERENCE
    items: Literal["all"] = "all"
    deliver: Literal[False] = False
    seconds: Number | None = Field(
        default=None, ge=1, le=86_400, description="How many are wanted, if the licence is by the second."
    )
    input: JsonValue = Field(default=None, description="What the model gets as its body, as it is.")
