"""A payer's channel at a gateway, as the gateway has it."""

from __future__ import annotations

from typing import Literal

from audiera.interface.access import SignedHead
from audiera.interface.fields import Account, Number
from audiera.interface.model import Model

__all__ = ["Channel", "OpenBatch"]


class OpenBatch(Model):
    """A batch that the chain has not settled."""

    state: Literal["open", "closed"]
    """Closed: its head is final."""
    opened_at: Number
    head_at: Number
    head: SignedHead


class Channel(Model):
    """What is in a channel, and what of it is spoken for."""

    payer: Account
    gateway: Account
    token: Account
    balance: Number
    """In the token's smallest unit: what is not being withdrawn, as far as it is sure."""
    held: Number
    """Of that, what heads speak for that the chain has not settled."""
    available: Number
    batches: list[OpenBatch]
    """Those not settled, the newest first."""
