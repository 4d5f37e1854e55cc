"""Events that several contracts emit. Fields are the Solidity arguments, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.client.contracts.events.base import Event

__all__ = [
    "Approval",
    "ApprovalForAll",
    "CallRelayed",
    "MetadataUpdate",
    "NonceCancelled",
    "Transfer",
]


@dataclass(frozen=True, slots=True)
class CallRelayed(Event):
    """A call that `account` signed was carried out by `relayer`."""

    account: ChecksumAddress
    nonce: int
    relayer: ChecksumAddress


@dataclass(frozen=True, slots=True)
class MetadataUpdate(Event):
    """ERC-4906: the token's metadata changed."""

    id: int


@dataclass(frozen=True, slots=True)
class NonceCancelled(Event):
    """`account` voided whatever it signed, or will sign, under `nonce`."""

    account: ChecksumAddress
    nonce: int


@dataclass(frozen=True, slots=True)
class Approval(Event):
    """`account` may transfer the token."""

    owner: ChecksumAddress
    account: ChecksumAddress
    id: int


@dataclass(frozen=True, slots=True)
class ApprovalForAll(Event):
    """`operator` may (or may no longer) transfer every token of `owner`."""

    owner: ChecksumAddress
    operator: ChecksumAddress
    is_approved: bool


@dataclass(frozen=True, slots=True)
class Transfer(Event):
    """The token went from one holder to another; from zero it was made."""

    from_: ChecksumAddress
    to: ChecksumAddress
    id: int
