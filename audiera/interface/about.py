"""What a gateway says of itself, to anybody."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from audiera.interface.fields import Account, Number
from audiera.interface.model import Model

__all__ = ["About"]


class About(Model):
    """Whose a gateway is, for which ledger it takes vouchers, and what it asks on top of what uses cost."""

    model_config = ConfigDict(extra="ignore")

    account: Account = Field(description="Whose channels the vouchers are for.")
    chain_id: Number
    ledger: Account
    fee_ppm: Number = Field(
        description="Of what a batch comes to, in millionths, rounded up (`audiera.metering.fee_of`)."
    )
    items: Number = Field(description="The most items of one access.")
    body: Number = Field(
        default=1 << 20, ge=1, description="The most bytes of one request, and so of a part of what is brought."
    )
    presigned: Number = Field(default=0, description="Seconds for which presigned URLs are good; 0: there are none.")
    confirmations: Number = Field(default=0, description="Blocks after which a deposit counts.")
