"""What was read, in the database: each batch whole or not at all, with all that follows from it."""

from __future__ import annotations

import json
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from audiera.client.contracts import Suite
from audiera.indexer.bulk import write_rows
from audiera.indexer.derive import EDITION
from audiera.indexer.engine import upgrade, writing
from audiera.indexer.follow.deriving import WINDOW, Derives, derive, derive_anew
from audiera.indexer.follow.figures import Figures
from audiera.indexer.follow.rawrows import block_of, log_of, row_of_block, row_of_log
from audiera.indexer.follow.refusals import OddError, StoppedError
from audiera.indexer.follow.source import Stretch
from audiera.indexer.rawlog import Block, RawLog
from audiera.indexer.revision import revise
from audiera.indexer.tables import BLOCKS, CHAIN, FOLLOWING, LOGS
from audiera.text import from_hex, hex_of

__all__ = ["Keeper", "orphan"]

_SOME: Final = 500  # values in one statement: databases limit them


class Keeper:
    """An index that one process writes."""

    def __init__(self, engine: Engine, derives: Derives) -> None:
        self._engine, self._derives = engine, derives
        self._held = ExitStack()
        self._connection: Connection | None = None
        self.next_block = 0
        """Everything below it is read."""
        self.window: dict[int, Block] = {}
        """The blocks by number that a reorganisation is looked for in; the newest block is one of them."""
        self.start = 0
        """The first block that may have events."""

    def begin(self, chain_id: int, genesis: bytes, suite: Suite, start: int) -> None:
        """Read how far the index has come, or begin it.

        Args:
            chain_id: the chain's number.
            genesis: the hash of its first block.
            suite: the contracts.
            start: the first block that may have events of theirs.

        Raises:
            StoppedError: if it is the index of another chain, or of other contracts.
        """
        addresses = {name: str(it.address) for name, it in suite.contracts.items()}
        with self._transaction() as connection:
            row = connection.execute(select(CHAIN)).one_or_none()
            if row is None:
                row_of = {"chain_id": chain_id, "genesis": hex_of(genesis), "suite": json.dumps(addresses)}
                place = {"start": start, "next_block": start, "revision": 0, "rules": EDITION}
                connection.execute(insert(CHAIN).values(**row_of, **place))
                nothing = dict.fromkeys(("head", "looked_at", "events", "milliseconds", "retries", "logs"), 0)
                connection.execute(insert(FOLLOWING).values(chain_id=chain_id, reorganisations=0, late=0, **nothing))
            elif (row.chain_id, row.genesis) != (chain_id, hex_of(genesis)):
                raise StoppedError(
                    f"The database is the index of chain {row.chain_id} that begins with {row.genesis[:10]}…, and the "
                    f"node's is chain {chain_id} that begins with {hex_of(genesis)[:10]}…; name another --database."
                )
            elif json.loads(row.suite) != addresses:
                raise StoppedError("The database is the index of other contracts; name another --database.")
            elif row.rules != EDITION:
                raise StoppedError(
                    "The tables are to be made anew before anything is added to them; run `audiera index rebuild`."
                )
        self.load()

    def reopen(self) -> None:
        """Take up a database again that went away, and read how far the index has come.

        Raises:
            DBAPIError: if it is still away.
        """
        self.close()
        self._engine.dispose()
        self.load()

    def close(self) -> None:
        """Let others write."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):
                self._held.close()

    def load(self) -> None:
        """Read how far the index has come."""
        with self._transaction() as connection:
            row = connection.execute(select(CHAIN)).one()
            self.next_block, self.start = row.next_block, row.start
            lowest = self.next_block - 1 - WINDOW
            rows = connection.execute(select(BLOCKS).where(~BLOCKS.c.orphaned, BLOCKS.c.number >= lowest))
            self.window = {it.number: block_of(it) for it in rows}

    @property
    def lowest(self) -> int:
        """The lowest block that can still be exchanged for another."""
        return max(self.next_block - WINDOW, self.start)

    @property
    def last(self) -> Block | None:
        """The newest block that was read; None if none was yet."""
        return self.window.get(self.next_block - 1)

    def append(self, stretch: Stretch, figures: Figures) -> None:
        """Add what lies after the last block that was read."""
        lowest = stretch.last - WINDOW
        with self._transaction() as connection:
            logs = self._adopt(connection, stretch)
            times = {it.number: it.time for it in stretch.blocks}
            derive(self._derives, connection, logs, times, lowest)
            self._derives.prune(connection, lowest)
            self._prune(connection, lowest)
            self._set_next(connection, stretch.last + 1)
            self._note(connection, figures)
        self.next_block = stretch.last + 1
        window = {**self.window, **{it.number: it for it in stretch.blocks}}
        self.window = {number: it for number, it in window.items() if number >= lowest}

    def rewind(self, to_block: int, figures: Figures) -> int:
        """Forget what came after a block of the window; return how many blocks were orphaned."""
        with self._transaction() as connection:
            self._derives.rewind(connection, to_block)
            revise(connection)  # the next blocks may bring the chain to the height that it had
            count = orphan(connection, to_block)
            figures.reorganisations += 1
            figures.orphaned += count
            connection.execute(update(FOLLOWING).values(reorganisations=FOLLOWING.c.reorganisations + 1))
            self._note(connection, figures)
        self.next_block = to_block + 1
        self.window = {number: it for number, it in self.window.items() if number <= to_block}
        return count

    def unknown(self, logs: Sequence[RawLog]) -> list[RawLog]:
        """Return those of some logs that are not in the database.

        Raises:
            OddError: if one contradicts what is there.
        """
        with self._transaction() as connection:
            known = self._checked(self._logs_in(connection, {it.block_hash for it in logs}), logs)
        return [it for it in logs if (it.block_hash, it.index) not in known]

    def insert(self, blocks: Sequence[Block], logs: Sequence[RawLog], figures: Figures) -> None:
        """Add logs that came late, and make anew what follows from all since the first of them.

        Args:
            blocks: those of the logs, within the window.
            logs: what the database lacks.
            figures: how following goes.
        """
        first = min(it.block for it in logs)
        self.window |= {it.number: it for it in blocks}
        times = {number: it.time for number, it in self.window.items()}
        with self._transaction() as connection:
            self._keep(connection, blocks, self._known_blocks(connection, blocks), logs)
            self._derives.rewind(connection, first - 1)
            revise(connection)
            rows = connection.execute(
                select(LOGS).where(LOGS.c.block >= first, ~LOGS.c.orphaned).order_by(LOGS.c.block, LOGS.c.log_index)
            )
            derive(self._derives, connection, [log_of(it) for it in rows], times, self.next_block - 1 - WINDOW)
            self._note_late(connection, len(logs), figures)

    def restore(self, blocks: Sequence[Block], logs: Sequence[RawLog], figures: Figures) -> None:
        """Add logs that came late from wherever they are, and make all tables anew.

        Args:
            blocks: those of the logs.
            logs: what the database lacks.
            figures: how following goes.

        Raises:
            GapError: if there is still one missing; then nothing is added.
        """
        with self._transaction() as connection:
            self._keep(connection, blocks, self._known_blocks(connection, blocks), logs)
            derive_anew(connection, self._derives)
            self._note_late(connection, len(logs), figures)

    def note(self, figures: Figures) -> None:
        """Write down how following goes."""
        with self._transaction() as connection:
            self._note(connection, figures)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Yield the connection of the one who writes, in a transaction."""
        if self._connection is None:
            self._connection = self._held.enter_context(writing(self._engine))
            upgrade(self._connection)
        with self._connection.begin():
            yield self._connection

    def _adopt(self, connection: Connection, stretch: Stretch) -> list[RawLog]:
        """Write blocks and logs; return the logs, with those of blocks that were here before and come back."""
        known = self._known_blocks(connection, stretch.blocks)
        back = list(self._logs_in(connection, known))
        places = self._checked(back, stretch.logs)
        for some in _parts([hex_of(it) for it in known]):
            connection.execute(update(BLOCKS).where(BLOCKS.c.hash.in_(some)).values(orphaned=False))
            connection.execute(update(LOGS).where(LOGS.c.block_hash.in_(some)).values(orphaned=False))
        new = [it for it in stretch.logs if (it.block_hash, it.index) not in places]
        self._keep(connection, stretch.blocks, known, new)
        return sorted([*back, *new], key=lambda it: (it.block, it.index)) if back else new

    def _keep(
        self, connection: Connection, blocks: Iterable[Block], known: Container[bytes], logs: Sequence[RawLog]
    ) -> None:
        """Write blocks that are not known, and logs."""
        write_rows(connection, BLOCKS, [row_of_block(it) for it in blocks if it.hash not in known])
        write_rows(connection, LOGS, [row_of_log(it) for it in logs])
        connection.execute(update(FOLLOWING).values(logs=FOLLOWING.c.logs + len(logs)))

    def _known_blocks(self, connection: Connection, blocks: Iterable[Block]) -> set[bytes]:
        found: set[bytes] = set()
        for some in _parts([hex_of(it.hash) for it in blocks]):
            rows = connection.execute(select(BLOCKS.c.hash).where(BLOCKS.c.hash.in_(some)))
            found |= {from_hex(it) for it in rows.scalars()}
        return found

    def _logs_in(self, connection: Connection, hashes: Iterable[bytes]) -> Iterator[RawLog]:
        for some in _parts([hex_of(it) for it in hashes]):
            yield from map(log_of, connection.execute(select(LOGS).where(LOGS.c.block_hash.in_(some))))

    def _checked(self, known: Iterable[RawLog], given: Iterable[RawLog]) -> set[tuple[bytes, int]]:
        """Return the places of the logs that are known.

        Raises:
            OddError: if another log was given at one of them.
        """
        places = {(it.block_hash, it.index): it for it in known}
        for log in given:
            if places.get((log.block_hash, log.index), log) != log:
                raise OddError(f"The node gave another log at place {log.index:,} of block {log.block:,} than before.")
        return set(places)

    def _prune(self, connection: Connection, below: int) -> None:
        """Give up blocks below the window that have no logs."""
        old = [number for number in self.window if number < below]
        if old:
            logged = select(LOGS.c.block_hash).where(LOGS.c.block.in_(old))
            connection.execute(
                delete(BLOCKS).where(BLOCKS.c.number.in_(old), ~BLOCKS.c.orphaned, BLOCKS.c.hash.not_in(logged))
            )

    def _set_next(self, connection: Connection, block: int) -> None:
        connection.execute(update(CHAIN).values(next_block=block))

    def _note_late(self, connection: Connection, logs: int, figures: Figures) -> None:
        figures.late += logs
        connection.execute(update(FOLLOWING).values(late=FOLLOWING.c.late + logs))
        self._note(connection, figures)

    def _note(self, connection: Connection, figures: Figures) -> None:
        connection.execute(
            update(FOLLOWING).values(
                head=figures.head,
                looked_at=int(time.time()),
                events=figures.events,
                milliseconds=int(figures.busy * 1_000),
                retries=figures.retries,
            )
        )


def orphan(connection: Connection, above: int) -> int:
    """Flag the blocks above one as not on the chain, and their logs, to be read anew; return how many blocks."""
    flagged = update(BLOCKS).where(BLOCKS.c.number > above, ~BLOCKS.c.orphaned).values(orphaned=True)
    count = connection.execute(flagged).rowcount
    connection.execute(update(LOGS).where(LOGS.c.block > above, ~LOGS.c.orphaned).values(orphaned=True))
    connection.execute(update(CHAIN).values(next_block=above + 1))
    return count


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield as many values at a time as a statement may have."""
    yield from (values[at : at + _SOME] for at in range(0, len(values), _SOME))
