"""Events of the royalty splitter. Fields are the Solidity arguments, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.client.contracts.events.base import Event
from audiera.protocol import Share

__all__ = [
    "AccountAssigned",
    "Claimed",
    "Credited",
    "Forwarded",
    "RecipientSet",
    "SplitCreated",
]


@dataclass(frozen=True, slots=True)
class AccountAssigned(Event):
    """What `account` (of `controller` and `key`) receives from now on belongs to `split_id`."""

    account: bytes
    split_id: bytes
    controller: ChecksumAddress
    key: bytes


@dataclass(frozen=True, slots=True)
class Claimed(Event):
    """`amount` of `token` left the splitter for `payee`, paid to `recipient` (see `RecipientSet`)."""

    payee: bytes
    split_id: bytes
    token: ChecksumAddress
    recipient: ChecksumAddress
    amount: int


@dataclass(frozen=True, slots=True)
class Credited(Event):
    """`amount` of `token` arrived from `payer` for `account` and was credited to the split behind it.

    The payer of a `sweep` is the payment address.
    """

    account: bytes
    split_id: bytes
    token: ChecksumAddress
    payer: ChecksumAddress
    amount: int


@dataclass(frozen=True, slots=True)
class Forwarded(Event):
    """`amount` of `token` owed to the account `payee` was credited to `to_split`; no token moved."""

    split_id: bytes
    payee: bytes
    to_split: bytes
    token: ChecksumAddress
    amount: int


@dataclass(frozen=True, slots=True)
class RecipientSet(Event):
    """Claims of `payee` are paid to `recipient` from now on."""

    payee: ChecksumAddress
    recipient: ChecksumAddress


@dataclass(frozen=True, slots=True)
class SplitCreated(Event):
    """A split exists. The list is all that is needed to rebuild any proof.

    Emitted whenever somebody creates the split again, so that it can be had back where old logs are gone.
    """

    split_id: bytes
    shares: tuple[Share, ...]
