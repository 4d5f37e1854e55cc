"""What happened, event by event, from the logs that are kept: for what tables only have as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection, func, select

from audiera.client.contracts import Suite
from audiera.client.contracts.events import Event
from audiera.indexer.derive.decode import Decoder
from audiera.indexer.follow.rawrows import log_of
from audiera.indexer.tables import BLOCKS, LOGS

__all__ = ["Happened", "happened"]

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Happened(Generic[E]):
    """An event, and when it was."""

    event: E
    place: tuple[int, int]
    """The block, and the place among its logs."""
    at: int
    """Unix seconds."""
    transaction: str


def happened(connection: Connection, suite: Suite, contract: str, *kinds: type[E]) -> Iterator[Happened[E]]:
    """Yield the events of some kinds of a contract, in their order.

    Raises:
        ChainError: if a log does not read as one.
    """
    decoder, of = Decoder(suite), suite[contract]
    names = {it.__name__ for it in kinds}
    topics = [topic for topic, entry in of.artifact.events.items() if entry.name in names]
    query = (
        select(LOGS, BLOCKS.c.time)
        .join(BLOCKS, BLOCKS.c.hash == LOGS.c.block_hash)
        .where(~LOGS.c.orphaned, LOGS.c.address == of.address, func.substr(LOGS.c.topics, 1, 32).in_(topics))
        .order_by(LOGS.c.block, LOGS.c.log_index)
    )
    for row in connection.execute(query):
        found = decoder.decode(log_of(row))
        if found is not None and isinstance(found[1], kinds):
            yield Happened(found[1], (row.block, row.log_index), row.time, row.transaction)
