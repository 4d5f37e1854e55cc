"""What nodes answered: blocks and logs as they came. Everything else about the chain can be made from these again."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, text

from audiera.indexer.tables.base import METADATA, address, digest, number

__all__ = ["BLOCKS", "CHAIN", "FOLLOWING", "LOGS", "UNDO"]


def _orphans(table: str) -> Index:
    """Return the index of the few that are not on the chain."""
    orphaned = {"sqlite": text("orphaned = 1"), "postgresql": text("orphaned")}
    name = f"ix_{table}_orphaned"
    return Index(name, "orphaned", sqlite_where=orphaned["sqlite"], postgresql_where=orphaned["postgresql"])


CHAIN: Final = Table(
    "chain",
    METADATA,
    number("chain_id", primary=True),
    digest("genesis"),
    Column("suite", Text, nullable=False),  # JSON: contract name to address
    number("start"),  # the block that the first contract was deployed in, or one before it
    number("next_block"),  # everything below it is read
    number("revision"),  # goes up with what changes apart from the blocks: documents, what is searched
    number("rules"),  # which edition of the rules the tables were derived by
)
"""One row: which chain and which contracts this index is of, and how far it has come."""

FOLLOWING: Final = Table(
    "following",
    METADATA,
    number("chain_id", primary=True),
    number("head"),  # the newest block that the node had
    number("looked_at"),  # when it was asked for that, in Unix seconds
    number("events"),  # logs read by the newest run
    number("milliseconds"),  # that it spent on reading and writing them
    number("retries"),  # requests of it that had to be made again
    number("reorganisations"),  # of all runs
    number("late"),  # logs of all runs that the node gave only when it was asked again
    number("logs"),  # that are kept, those of orphaned blocks among them
)
"""One row: how following goes, for `audiera index status`."""

BLOCKS: Final = Table(
    "blocks",
    METADATA,
    Column("hash", String(66), primary_key=True),
    number("number", indexed=True),
    digest("parent"),
    number("time"),  # Unix seconds
    Column("orphaned", Boolean, nullable=False),
    _orphans("blocks"),
)
"""Every block of the trailing window, and of those below it each that has logs."""

LOGS: Final = Table(
    "logs",
    METADATA,
    Column("block_hash", String(66), primary_key=True),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    number("block"),
    digest("transaction"),
    address("address"),
    Column("topics", LargeBinary, nullable=False),  # 32 bytes each, in a row
    Column("data", LargeBinary, nullable=False),
    Column("orphaned", Boolean, nullable=False),
    Index("ix_logs_block_log_index", "block", "log_index"),
    _orphans("logs"),
)
"""Every log of the contracts, never deleted. `orphaned`: its block is not on the chain (any more)."""

UNDO: Final = Table(
    "undo",
    METADATA,
    Column("id", Integer().with_variant(BigInteger, "postgresql"), primary_key=True),
    number("block", indexed=True),
    Column("table", String(64), nullable=False),
    Column("row", Text, nullable=False),  # JSON: the row's primary key
    Column("before", Text),  # JSON: the row before that block; none: there was no row
)
"""How derived rows were before each block of the trailing window changed them."""
