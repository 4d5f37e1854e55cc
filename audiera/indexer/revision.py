"""What tells readers that something changed without a new block."""

from sqlalchemy import Connection, update

from audiera.indexer.tables import CHAIN

__all__ = ["revise"]


def revise(connection: Connection) -> None:
    """Note that something is otherwise than by a block more: whoever kept what was read has to read it again."""
    connection.execute(update(CHAIN).values(revision=CHAIN.c.revision + 1))
