"""Makes every derived table anew from the logs that are kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, delete, select, update

from audiera.indexer.derive import EDITION, Deriver
from audiera.indexer.follow.keeper import WINDOW, log_of
from audiera.indexer.rawlog import RawLog
from audiera.indexer.tables import BLOCKS, CHAIN, DERIVED, LOGS, UNDO

__all__ = ["rebuild"]

_AT_ONCE: Final = 5_000  # logs in one batch, but for those of its last block


def rebuild(connection: Connection, deriver: Deriver) -> int:
    """Empty the derived tables and derive from every log that is not orphaned; return how many those were.

    It is one transaction: whoever reads meanwhile sees how all was before.

    Raises:
        GapError: if the logs cannot be all; then nothing is changed.
    """
    count = 0
    with connection.begin():
        for table in (*DERIVED, UNDO):
            connection.execute(delete(table))
        keep_undo_from = connection.execute(select(CHAIN.c.next_block)).scalar_one() - 1 - WINDOW
        for logs, times in _batches(connection):
            deriver.apply(connection, logs, times, keep_undo_from)
            count += len(logs)
        connection.execute(update(CHAIN).values(rules=EDITION))
    return count


def _batches(connection: Connection) -> Iterator[tuple[list[RawLog], dict[int, int]]]:
    """Yield whole blocks' logs, with the times of the blocks."""
    kept = (
        select(LOGS, BLOCKS.c.time)
        .join(BLOCKS, BLOCKS.c.hash == LOGS.c.block_hash)
        .where(~LOGS.c.orphaned)
        .order_by(LOGS.c.block, LOGS.c.log_index)
    )
    logs: list[RawLog] = []
    times: dict[int, int] = {}
    found = connection.execute(kept.execution_options(yield_per=_AT_ONCE))
    for block, rows in groupby(found, key=lambda it: int(it.block)):
        for row in rows:
            logs.append(log_of(row))
            times[block] = row.time
        if len(logs) >= _AT_ONCE:
            yield logs, times
            logs, times = [], {}
    if logs:
        yield logs, times
