"""Events of the usage ledger. Fields are the Solidity arguments, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.client.contracts.events.base import Event
from audiera.protocol import Voucher

__all__ = [
    "BatchSettled",
    "Deposited",
    "FeeReleased",
    "GatewayAnnounced",
    "Refunded",
    "StatementCollected",
    "UseRecorded",
    "WithdrawalStarted",
    "Withdrawn",
]


@dataclass(frozen=True, slots=True)
class BatchSettled(Event):
    """A batch is settled: its amount and fee have left the channel and wait to be collected and released."""

    batch_id: bytes
    payer: ChecksumAddress
    gateway: ChecksumAddress
    token: ChecksumAddress
    batch: int
    amount: int
    fee: int
    calls: int
    statements: int
    root: bytes
    settled_at: int

    def voucher(self) -> Voucher:
        """Return what was settled, but for its signature."""
        return Voucher(
            payer=self.payer,
            gateway=self.gateway,
            token=self.token,
            batch=self.batch,
            amount=self.amount,
            fee=self.fee,
            calls=self.calls,
            statements=self.statements,
            root=self.root,
        )


@dataclass(frozen=True, slots=True)
class Deposited(Event):
    """`from_` added `amount` to the payer's channel with the gateway."""

    payer: ChecksumAddress
    gateway: ChecksumAddress
    token: ChecksumAddress
    from_: ChecksumAddress
    amount: int


@dataclass(frozen=True, slots=True)
class FeeReleased(Event):
    """Every statement of the batch is collected, and the gateway's recipient has its fee."""

    batch_id: bytes
    gateway: ChecksumAddress
    token: ChecksumAddress
    recipient: ChecksumAddress
    fee: int


@dataclass(frozen=True, slots=True)
class GatewayAnnounced(Event):
    """Where a gateway answers."""

    gateway: ChecksumAddress
    url: str


@dataclass(frozen=True, slots=True)
class Refunded(Event):
    """The gateway gave `amount` back at once, to the payer's recipient."""

    payer: ChecksumAddress
    gateway: ChecksumAddress
    token: ChecksumAddress
    recipient: ChecksumAddress
    amount: int


@dataclass(frozen=True, slots=True)
class StatementCollected(Event):
    """A statement's money was credited to its dataset. It is `counted` for dataset and licence if the licence's holder
    paid what the terms ask.
    """

    batch_id: bytes
    license: int
    dataset: int
    index: int
    amount: int
    units: int
    calls: int
    uses: bytes
    counted: bool


@dataclass(frozen=True, slots=True)
class UseRecorded(Event):
    """A use recorded on chain, without a gateway, and paid."""

    license: int
    dataset: int
    account: ChecksumAddress
    right: int
    units: int
    amount: int
    ref: bytes


@dataclass(frozen=True, slots=True)
class WithdrawalStarted(Event):
    """The payer may withdraw up to `amount` from `thaws_at`. Replaces an earlier withdrawal."""

    payer: ChecksumAddress
    gateway: ChecksumAddress
    token: ChecksumAddress
    amount: int
    thaws_at: int


@dataclass(frozen=True, slots=True)
class Withdrawn(Event):
    """The payer took `amount` back, to its recipient."""

    payer: ChecksumAddress
    gateway: ChecksumAddress
    token: ChecksumAddress
    recipient: ChecksumAddress
    amount: int
