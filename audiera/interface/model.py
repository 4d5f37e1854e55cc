"""What everything that a gateway and its clients say to each other is: read strictly, and changed by nobody.

Fields are spelled `like_this`. What was signed, or is proven to a contract, comes as its file or its struct has it
(`chainId` of a signed call and of a licence request, `settledAt` of a proof): who keeps it sends it as it is.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Model"]


class Model(BaseModel):
    """A JSON object with these fields and no others, unless a subclass says that later releases may add some."""

    model_config = ConfigDict(extra="forbid", frozen=True)
