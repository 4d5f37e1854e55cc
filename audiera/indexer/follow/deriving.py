"""Deriving from logs that are in the database, a batch or all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, Protocol

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import DataError, IntegrityError

from audiera.errors import ChainError
from audiera.indexer.derive import EDITION
from audiera.indexer.follow.rawrows import log_of
from audiera.indexer.follow.refusals import OddError
from audiera.indexer.rawlog import RawLog
from audiera.indexer.rows import GapError
from audiera.indexer.tables import BLOCKS, CHAIN, DERIVED, LOGS, UNDO

__all__ = ["WINDOW", "Derives", "derive", "derive_anew"]

WINDOW: Final = 128
"""How many blocks below the newest can still be exchanged for others."""

_AT_ONCE: Final = 5_000  # logs derived from together, but for those of the last block


class Derives(Protocol):
    """Makes the tables of what the logs say, on a connection whose transaction is the caller's."""

    def apply(
        self, connection: Connection, logs: Sequence[RawLog], times: Mapping[int, int], keep_undo_from: int
    ) -> None:
        """Bring the tables up to the last of these logs; `times` has the Unix second of each block."""

    def rewind(self, connection: Connection, to_block: int) -> None:
        """Make the tables what they were when `to_block` was the newest block."""

    def prune(self, connection: Connection, below: int) -> None:
        """Give up what a rewind to a block below `below` would need."""


def derive_anew(connection: Connection, derives: Derives) -> int:
    """Empty the derived tables and derive from every log that is not orphaned; return how many those were.

    Raises:
        GapError: if the logs cannot be all; the caller's transaction has to end without a change then.
    """
    count = 0
    for table in (*DERIVED, UNDO):
        connection.execute(delete(table))
    keep_undo_from = connection.execute(select(CHAIN.c.next_block)).scalar_one() - 1 - WINDOW
    for logs, times in _batches(connection):
        derive(derives, connection, logs, times, keep_undo_from)
        count += len(logs)
    connection.execute(update(CHAIN).values(rules=EDITION))
    return count


def derive(
    derives: Derives, connection: Connection, logs: Sequence[RawLog], times: Mapping[int, int], keep_undo_from: int
) -> None:
    """Derive from logs.

    Raises:
        GapError: also if the database has no room for what they say: no chain says that.
        OddError: if one does not read as an event.
    """
    try:
        derives.apply(connection, logs, times, keep_undo_from)
    except GapError:
        raise
    except ChainError as error:
        raise OddError(str(error)) from error
    except (IntegrityError, DataError, OverflowError) as error:
        reason = " ".join(str(getattr(error, "orig", error)).split())[:200]
        raise GapError(f"What logs say cannot be together ({reason})") from error


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
