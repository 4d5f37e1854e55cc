"""Calls that an account signed and a gateway carries out, paying the gas."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from audiera.interface.fields import Account, Bytes, Hash, Number
from audiera.interface.model import Model

__all__ = ["CallToRelay", "Happened", "RelayOffer", "Relayed"]


class CallToRelay(Model):
    """A signed call, as commands print it with --relay (`callFor` of the suite's contracts)."""

    chainId: Number  # noqa: N815  # as commands write it
    contract: str = Field(max_length=40, description="Its name.")
    address: Account = Field(description="Where it is.")
    account: Account = Field(description="Who signed.")
    data: Bytes = Field(description="The call: selector and arguments; a multicall is one, too.")
    nonce: Number
    deadline: Number = Field(description="Unix seconds until which it is good.")
    signature: Bytes


class Happened(Model):
    """An event of the suite's contracts."""

    contract: str
    name: str
    fields: dict[str, object]
    """By their Solidity names in this package's spelling; numbers are text, bytes are hex."""


class Relayed(Model):
    """What became of a call."""

    transaction: Hash
    """The hash of it: of the one that was mined, if it was replaced by one with a higher fee."""
    state: Literal["sent", "mined", "failed"]
    """Failed: it was mined and did nothing, or never can be; another call may be signed."""
    block: Number | None = None
    gas_used: Number | None = None
    events: list[Happened] | None = Field(default=[])
    """None: they are not kept, being more than 256 KiB or more than a month old; the transaction's receipt has them."""


class RelayOffer(Model):
    """What is carried out here."""

    account: Account
    """Who pays the gas."""
    functions: list[str]
    """By contract and name; of a multicall, each part."""
    gas: Number
    """The most of one call."""
