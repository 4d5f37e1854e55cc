"""How an index stands, as its database tells it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, func, literal_column, select

from audiera.errors import InputError
from audiera.indexer.tables import BLOCKS, CHAIN, DOCUMENTS, FOLLOWING, LOGS, WANTED

__all__ = ["Status", "read_status", "seconds_behind"]


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
        return _seconds_behind(self.behind, self.time, self.looked_at, now)

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
        raise _no_index()
    block = chain.next_block - 1
    time = _time_of(connection, block)
    orphaned_logs = _count(connection, LOGS, LOGS.c.orphaned)
    wrong = _count(connection, DOCUMENTS, DOCUMENTS.c.wrong != literal_column("''"))
    return Status(
        chain_id=chain.chain_id,
        block=block,
        time=time,
        head=following.head,
        looked_at=following.looked_at,
        logs=following.logs - orphaned_logs,
        orphaned_blocks=_count(connection, BLOCKS, BLOCKS.c.orphaned),
        orphaned_logs=orphaned_logs,
        events=following.events,
        milliseconds=following.milliseconds,
        retries=following.retries,
        reorganisations=following.reorganisations,
        late=following.late,
        documents=_count(connection, DOCUMENTS) - wrong,
        missing=_count(connection, WANTED, WANTED.c.attempts > 0) + wrong,
    )


def seconds_behind(connection: Connection, now: int) -> int:
    """Return the age of what an index says, as `Status` does; nothing is counted for it.

    Raises:
        InputError: if the database holds none yet.
    """
    next_block = connection.scalar(select(CHAIN.c.next_block))
    following = connection.execute(select(FOLLOWING.c.head, FOLLOWING.c.looked_at)).one_or_none()
    if next_block is None or following is None:
        raise _no_index()
    block = next_block - 1
    return _seconds_behind(max(following.head - block, 0), _time_of(connection, block), following.looked_at, now)


def _count(connection: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()


def _seconds_behind(behind: int, time: int | None, looked_at: int, now: int) -> int:
    return max(now - (time if behind and time is not None else looked_at), 0)


def _time_of(connection: Connection, block: int) -> int | None:
    return connection.scalar(select(BLOCKS.c.time).where(BLOCKS.c.number == block, ~BLOCKS.c.orphaned))


def _no_index() -> InputError:
    return InputError("The database holds no index yet; begin one with `audiera index --node URL`.")
