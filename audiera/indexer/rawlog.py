"""What nodes answered, checked: the boundary between reading a chain and deriving tables from it."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

__all__ = ["Block", "RawLog"]


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header, as far as the index needs it."""

    number: int
    hash: bytes
    parent: bytes
    time: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class RawLog:
    """A log as a node gave it, its event not decoded."""

    block: int
    block_hash: bytes
    index: int
    """Its place among all logs of the block."""
    transaction: bytes
    address: ChecksumAddress
    topics: tuple[bytes, ...]
    data: bytes
