"""Events of the dataset registry. Fields are the Solidity arguments, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.client.contracts.events.base import Event
from audiera.client.contracts.model import Content
from audiera.protocol import Parent

__all__ = [
    "DatasetRegistered",
    "EpochStarted",
    "GatewaysSet",
    "ItemsWithdrawn",
    "LineageDeclared",
    "ShareMoved",
    "VersionPublished",
]


@dataclass(frozen=True, slots=True)
class DatasetRegistered(Event):
    """A dataset exists from now on, as version 1. The splitter's `AccountAssigned` in the same transaction names its
    split.
    """

    id: int
    creator: ChecksumAddress
    content: Content


@dataclass(frozen=True, slots=True)
class EpochStarted(Event):
    """Every offer of the dataset made in an earlier epoch has lapsed."""

    id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class GatewaysSet(Event):
    """The owner names the gateways that serve the dataset's bytes. Replaces the earlier list."""

    id: int
    gateways: tuple[ChecksumAddress, ...]


@dataclass(frozen=True, slots=True)
class ItemsWithdrawn(Event):
    """The owner withdraws consent to these items, by their leaf hashes: for licences acquired from now on, and for
    revocable ones after their notice. A later version with the item renews it.
    """

    id: int
    items: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LineageDeclared(Event):
    """The dataset was made from these. Emitted with the registration, where there are parents."""

    id: int
    parents: tuple[Parent, ...]


@dataclass(frozen=True, slots=True)
class ShareMoved(Event):
    """`payee` gave its share of the dataset's income to `to`; the dataset's account is assigned to `split_id` now."""

    id: int
    payee: bytes
    to: bytes
    ppm: int
    split_id: bytes


@dataclass(frozen=True, slots=True)
class VersionPublished(Event):
    """A new version of the dataset; earlier ones stay provable. `flags` are as in `Content`."""

    id: int
    version: int
    item_count: int
    content_root: bytes
    manifest: bytes
    flags: int
