"""The structs of use and payment: Use, Statement, Voucher, Receipt, and the relayed Call.

Item, Share and Terms live with their own ideas (`items`, `splits`, `terms`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eth_typing import ChecksumAddress

from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.ids import batch_id, channel_id, commitment, to_address
from audiera.protocol.typed import Struct

__all__ = ["Call", "Receipt", "Statement", "Use", "Voucher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use(Struct):
    """One metered access, as the gateway journals it and the payer agrees to it."""

    TYPE: ClassVar[str] = (
        "Use(uint64 license,uint32 dataset,uint16 version,bytes32 item,"
        "uint8 right,uint64 units,uint64 at,bytes32 nonce)"
    )

    license: int
    dataset: int
    version: int
    item: bytes = ZERO_WORD
    """The item's leaf; zero for the whole dataset."""
    right: int
    """The one right exercised, as its bit index."""
    units: int
    at: int
    """Unix seconds."""
    nonce: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Struct):
    """The uses of one licence and one dataset in a batch, summed: what `collect` takes.

    The amount is not a member: it is the amount half of the statement's sum in the batch tree.
    """

    TYPE: ClassVar[str] = "Statement(uint64 license,uint32 dataset,uint64 units,uint64 calls,bytes32 uses)"

    license: int
    dataset: int
    units: int
    calls: int
    uses: bytes
    """Root hash of the sum tree over the uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher(Struct):
    """The payer's promise for everything in one open batch: the last one signed is settled."""

    TYPE: ClassVar[str] = (
        "Voucher(address payer,address gateway,address token,uint64 batch,uint128 amount,"
        "uint128 fee,uint64 calls,uint32 statements,bytes32 root)"
    )

    payer: ChecksumAddress
    gateway: ChecksumAddress
    token: ChecksumAddress
    batch: int
    amount: int
    """For the datasets, in the token's smallest unit."""
    fee: int
    """For the gateway, on top."""
    calls: int
    statements: int
    root: bytes

    def __post_init__(self) -> None:
        for name in ("payer", "gateway", "token"):
            object.__setattr__(self, name, to_address(getattr(self, name)))

    def channel_id(self) -> bytes:
        """Return the id of the channel that pays."""
        return channel_id(self.payer, self.gateway, self.token)

    def batch_id(self) -> bytes:
        """Return the id that `settle` gives this batch."""
        return batch_id(self.channel_id(), self.batch)

    def commitment(self, settled_at: int) -> bytes:
        """Return what the ledger stores when it settles this voucher at a Unix second."""
        return commitment(self.struct_hash(), settled_at)


@dataclass(frozen=True, slots=True)
class Receipt(Struct):
    """The gateway's countersignature of a voucher: evidence for the payer, never money."""

    TYPE: ClassVar[str] = "Receipt(bytes32 voucher)"

    voucher: bytes
    """The voucher's struct hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Struct):
    """A call that `account` signed and anyone may carry out (`callFor`)."""

    TYPE: ClassVar[str] = "Call(address account,bytes data,uint256 nonce,uint256 deadline)"

    account: ChecksumAddress
    data: bytes
    """Calldata for the contract itself, selector first."""
    nonce: int
    """Any number the account has not used with this contract."""
    deadline: int
    """Unix second after which the call is void."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "account", to_address(self.account))
