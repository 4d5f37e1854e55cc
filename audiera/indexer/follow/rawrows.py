"""What nodes answered, as rows of the database and back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from audiera.indexer.rawlog import Block, RawLog
from audiera.protocol import to_address
from audiera.text import from_hex, hex_of

__all__ = ["block_of", "log_of", "row_of_block", "row_of_log"]


def row_of_block(block: Block) -> dict[str, object]:
    """Return a block as its row."""
    return {
        "hash": hex_of(block.hash),
        "number": block.number,
        "parent": hex_of(block.parent),
        "time": block.time,
        "orphaned": False,
    }


def row_of_log(log: RawLog) -> dict[str, object]:
    """Return a log as its row."""
    return {
        "block_hash": hex_of(log.block_hash),
        "log_index": log.index,
        "block": log.block,
        "transaction": hex_of(log.transaction),
        "address": log.address,
        "topics": b"".join(log.topics),
        "data": log.data,
        "orphaned": False,
    }


def block_of(row: Row[Any]) -> Block:
    """Return a block as it was read, from its row."""
    return Block(row.number, from_hex(row.hash), from_hex(row.parent), row.time)


def log_of(row: Row[Any]) -> RawLog:
    """Return a log as it was read, from its row."""
    topics = tuple(row.topics[at : at + 32] for at in range(0, len(row.topics), 32))
    return RawLog(
        row.block,
        from_hex(row.block_hash),
        row.log_index,
        from_hex(row.transaction),
        to_address(row.address),
        topics,
        bytes(row.data),
    )
