"""Taking back what a reorganisation orphaned, however deep it went."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import Connection, select, update

from audiera.client.contracts import Suite
from audiera.indexer.follow.answers import Ours
from audiera.indexer.follow.keeper import orphan
from audiera.indexer.follow.refusals import RetryError, StoppedError
from audiera.indexer.follow.source import Source
from audiera.indexer.follow.wire import Wire
from audiera.indexer.tables import BLOCKS, CHAIN
from audiera.text import hex_of

__all__ = ["suite_of", "take_back"]

_AT_ONCE: Final = 64  # blocks
_NONE: Final = 0  # an edition of the rules that there is not: nothing is added to the tables until they are made anew


def suite_of(connection: Connection) -> Suite:
    """Return the contracts that a database is the index of.

    Raises:
        StoppedError: if it holds no index yet.
    """
    row = connection.execute(select(CHAIN)).one_or_none()
    if row is None:
        raise StoppedError("The database holds no index yet; begin one with `audiera index --node URL`.")
    return Suite.at(row.chain_id, json.loads(row.suite))


def take_back(connection: Connection, url: str) -> int:
    """Flag all blocks and logs that are not on a node's chain; return how many blocks.

    The derived tables have to be made anew after that.

    Args:
        connection: of the one who writes, in a transaction.
        url: the node's.

    Raises:
        ChainError: if the node does not answer, or is on another chain.
    """
    suite = suite_of(connection)
    source, row = Source(Wire(url), Ours(suite)), connection.execute(select(CHAIN)).one()
    head = source.head()
    if (head.chain_id, hex_of(head.genesis)) != (row.chain_id, row.genesis):
        raise StoppedError(
            f"{source.name} is on chain {head.chain_id} that begins with {hex_of(head.genesis)[:10]}…, and the index "
            f"is of chain {row.chain_id} that begins with {row.genesis[:10]}…; ask another node."
        )
    if head.block.number < row.next_block - 1:
        raise RetryError(
            f"{source.name} has come to block {head.block.number:,} only, and block {row.next_block - 1:,} was read "
            "already; wait until it has caught up."
        )
    count = orphan(connection, _newest_on_chain(connection, source, row.start - 1))
    if count:
        connection.execute(update(CHAIN).values(rules=_NONE))
    return count


def _newest_on_chain(connection: Connection, source: Source, lowest: int) -> int:
    """Return the newest block that was read and is on the node's chain; `lowest` if none is."""
    below = None
    while True:
        wanted = select(BLOCKS.c.number, BLOCKS.c.hash).where(~BLOCKS.c.orphaned).order_by(BLOCKS.c.number.desc())
        if below is not None:
            wanted = wanted.where(BLOCKS.c.number < below)
        known = {it.number: it.hash for it in connection.execute(wanted.limit(_AT_ONCE))}
        if not known:
            return lowest
        headers = source.headers(list(known))
        common = [it for it in headers if hex_of(headers[it].block.hash) == known[it]]
        if common:
            return max(common)
        below = min(known)
