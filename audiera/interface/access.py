"""Asking for an access, and what is answered: the same models on both sides, so that neither reads the other wrong."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from audiera.interface.fields import Account, Bytes, Hash, Number, RightName
from audiera.interface.model import Model
from audiera.protocol import Voucher

__all__ = ["MOST_ITEMS", "Access", "AccessRequest", "Granted", "Head", "Priced", "Quote", "QuoteRequest", "SignedHead"]

MOST_ITEMS: Final = 65_536
"""Of one access, whatever a gateway allows."""


class Head(Model):
    """The head of a batch: a voucher as the ledger defines it (docs/formats.md, section 6)."""

    payer: Account
    gateway: Account
    token: Account
    batch: Number
    amount: Number
    fee: Number
    calls: Number
    statements: Number
    root: Hash

    @classmethod
    def of(cls, voucher: Voucher) -> Head:
        """Return a voucher as it travels."""
        return cls.model_validate(voucher.abi())

    def voucher(self) -> Voucher:
        """Return it as the ledger's struct.

        Raises:
            InputError: if a number does not fit.
        """
        made = Voucher(**self.model_dump(mode="python"))
        made.struct_hash()  # refuses numbers that do not fit
        return made


class SignedHead(Model):
    """A head with the signatures that there are of it."""

    voucher: Head
    signature: Bytes
    """The payer's, or its signer's."""
    receipt: Bytes
    """The gateway's countersignature of the same head."""


class QuoteRequest(Model):
    """What somebody wants to use."""

    payer: Account = Field(description="Who pays, and holds the licence.")
    license: Number = Field(description="The licence that the use is under.")
    dataset: Number
    version: Number = Field(description="Of the dataset; its newest.")
    right: RightName
    items: list[Hash] | Literal["all"] = Field(
        description="Leaves of the items, one use each; or the dataset as a whole, which is one use.",
        min_length=1,
        max_length=MOST_ITEMS,
    )
    at: Number | None = Field(default=None, description="Unix seconds of the uses; unless told, the gateway's clock.")
    nonce: Hash | None = Field(
        default=None, description="Random. The nonce of use i is keccak256(nonce, uint256 i); unless told, drawn here."
    )
    batch: Number | None = Field(
        default=None, description="The batch to extend; unless told, the newest open one, or one to begin."
    )


class AccessRequest(QuoteRequest):
    """What somebody wants to use, and the voucher for the head that it makes."""

    voucher: Head | None = None
    signature: Bytes | None = Field(default=None, description="Of the voucher, by the payer or its signer.")
    deliver: bool = Field(default=True, description="false: the bytes are held already, the use is reported.")


class Granted(Model):
    """One item that may be fetched now."""

    item: Hash
    sha256: Hash
    size: Number
    media_type: str
    path: str
    url: str
    """Below the gateway; bytes by GET, in parts by Range."""


class Priced(Model):
    """One use, and what it costs."""

    item: Hash
    """Zero: the whole dataset."""
    units: Number
    price: Number
    """In the token's smallest unit."""


class Quote(Model):
    """What an access would cost, and the head that its payer has to sign."""

    at: Number
    nonce: Hash
    units: Number
    price: Number
    """For all of it, in the token's smallest unit."""
    fee: Number
    """Of the gateway, likewise."""
    token: Account
    calls: Number
    uses: list[Priced]
    """In the order in which the batch takes them."""
    before: Head | None
    """The head that it follows; none: it begins a batch, or its payer is not signed in."""
    voucher: Head
    """To whoever is not signed in as the payer, as if it began its batch."""
    available: Number | None
    """What the channel holds that no head and no withdrawal speaks for; none: its payer is not signed in."""
    typed_data: dict[str, Any]
    """The voucher as a wallet signs it (EIP-712)."""


class Access(Model):
    """An access that is on the record."""

    id: Hash
    """Of the access; whoever has it can fetch what was granted."""
    head: SignedHead
    at: Number
    nonce: Hash
    position: Number
    """Of the first use in its batch."""
    calls: Number
    units: Number
    price: Number
    fee: Number
    granted: list[Granted]
    until: Number
    """Unix seconds until which the grants are good; they are renewed free for longer."""
