"""How an index stands, as its database tells it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from audiera.errors import InputError
from audiera.indexer.documents import failures
from audiera.indexer.tables import BLOCKS, CHAIN, DOCUMENTS, FOLLOWING, LOGS

__all__ = ["Status", "read_status"]


@dataclass(frozen=True, slots=True)
class Status:
    """How an index stands."""

    chain_id: int
    block: int
    """The newest that was read."""
    time: int | None
    """Its Unix second, if it is known."""
    head: int
    """The newest that the node had."""
    looked_at: int
    """When the node was asked for that, in Unix seconds."""
    logs: int
    orphaned_blocks: int
    orphaned_logs: int
    events: int
    """Read by the newest run."""
    milliseconds: int
    """That it spent on them."""
    retries: int
    """Of the newest run."""
    reorganisations: int
    late: int
    """Logs that came only when they were asked for again."""
    documents: int
    """That the chain names, and that are here."""
    missing: int
    """Documents that it names, and that could not be had."""

    @property
    def behind(self) -> int:
        """Blocks that are not read yet."""
        return max(self.head - self.block, 0)

    def seconds_behind(self, now: int) -> int:
        """Return the age of the newest block that was read, if there are newer ones; else how long nobody looked."""
        since = self.time if self.behind and self.time is not None else self.looked_at
        return max(now - since, 0)

    @property
    def events_a_second(self) -> int:
        """While there was something to read."""
        return self.events * 1_000 // self.milliseconds if self.milliseconds else 0


def read_status(connection: Connection) -> Status:
    """Return how the index of a database stands.

    Raises:
        InputError: if it has none yet.
    """
    chain = connection.execute(select(CHAIN)).one_or_none()
    following = connection.execute(select(FOLLOWING)).one_or_none()
    if chain is None or following is None:
        raise InputError("The database holds no index yet; begin one with `audiera index --node URL`.")
    block = chain.next_block - 1
    time = connection.scalar(select(BLOCKS.c.time).where(BLOCKS.c.number == block, ~BLOCKS.c.orphaned))
    return Status(
        chain_id=chain.chain_id,
        block=block,
        time=time,
        head=following.head,
        looked_at=following.looked_at,
        logs=connection.scalar(select(func.count()).select_from(LOGS).where(~LOGS.c.orphaned)) or 0,
        orphaned_blocks=connection.scalar(select(func.count()).select_from(BLOCKS).where(BLOCKS.c.orphaned)) or 0,
        orphaned_logs=connection.scalar(select(func.count()).select_from(LOGS).where(LOGS.c.orphaned)) or 0,
        events=following.events,
        milliseconds=following.milliseconds,
        retries=following.retries,
        reorganisations=following.reorganisations,
        late=following.late,
        documents=connection.scalar(select(func.count()).select_from(DOCUMENTS).where(DOCUMENTS.c.wrong == "")) or 0,
        missing=len(failures(connection)),
    )
