"""The index as the explorer reads it: never written to, and not for longer than a page may take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError

from audiera.explorer.refusals import RefusalError
from audiera.indexer import open_reader
from audiera.indexer.tables import BLOCKS, CHAIN

__all__ = ["Index", "Source"]


@dataclass(frozen=True, slots=True)
class Index:
    """How far the index has read, which chain."""

    chain_id: int
    block: int
    """The last block that was read."""
    block_hash: str
    """Empty while the index does not keep that block."""
    revision: int
    """Goes up with whatever else changes in it: documents, what is searched."""
    at: int
    """When that block was made, in Unix seconds: every "now" of a page is this."""
    suite: Mapping[str, str]
    """Addresses of the contracts, by name."""


class Source:
    """Gives connections to the index that can only read."""

    def __init__(self, url: str, seconds: float) -> None:
        self._engine = open_reader(url, seconds)

    @contextmanager
    def reading(self) -> Iterator[tuple[Connection, Index]]:
        """Yield a connection, in one transaction, with how far the index is in it.

        Raises:
            RefusalError: the index cannot be read now, is empty, or a query took too long.
        """
        try:
            with self._engine.connect() as connection:
                yield connection, _index(connection)
        except DBAPIError as error:
            if _is_timeout(error):
                raise RefusalError(503, "That takes too long to look up; ask for less.") from error
            raise RefusalError(503, "The index cannot be read now; try again in a minute.") from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _is_timeout(error: DBAPIError) -> bool:
    return "interrupted" in str(error.orig) or getattr(error.orig, "sqlstate", None) == "57014"


def _index(connection: Connection) -> Index:
    try:
        chain = connection.execute(select(CHAIN)).first()
    except DBAPIError:
        connection.rollback()
        if inspect(connection).has_table(CHAIN.name):
            raise
        chain = None  # what follows the chain may be about to begin it
    if chain is None or chain.next_block == 0:
        raise RefusalError(503, "The index is empty; fill it with `audiera index`.")
    last = connection.execute(
        select(BLOCKS.c.number, BLOCKS.c.hash, BLOCKS.c.time)
        .where(BLOCKS.c.number < chain.next_block, BLOCKS.c.orphaned.is_(False))
        .order_by(BLOCKS.c.number.desc())
        .limit(1)
    ).first()
    block = chain.next_block - 1
    kept = last is not None and last.number == block
    return Index(
        chain_id=chain.chain_id,
        block=block,
        block_hash=last.hash if last is not None and kept else "",
        revision=chain.revision,
        at=last.time if last is not None else 0,
        suite=json.loads(chain.suite),
    )
