"""The record: every use of a batch that is closed, by the root of its batch and by its own name, with its proof."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update

from audiera.gateway.batches import BatchState, load, voucher_of
from audiera.gateway.journal import Journal, add
from audiera.gateway.keeping import Keeping
from audiera.gateway.problems import Code, Problem
from audiera.gateway.tables import ACCESSES, BATCHES, USE_NAMES
from audiera.gateway.taken import uses_in
from audiera.indexer.tables import BATCHES as SETTLED
from audiera.metering import PricedUse, StatementLine, use_line
from audiera.protocol import Proof, SumTree, Voucher
from audiera.text import as_hash, hex_of

__all__ = ["Proven", "Record", "log_of", "name_uses"]

_ROWS: Final = 2_000  # uses of one look
_UNSEEN: Final = (BatchState.OPEN.value, BatchState.DROPPED.value)  # what was used of these is their payers' alone
_TREES: Final = 4  # grown at the same time
_USES: Final = 1 << 18  # in the trees that are kept, for the uses of a statement are asked for together


@dataclass(frozen=True, slots=True)
class Proven:
    """A use of a settled batch with all that `verifyUse` takes."""

    voucher: Voucher
    settled_at: int
    statement: StatementLine
    statement_proof: Proof
    use: PricedUse
    use_proof: Proof


class Record:
    """What the journal has of batches that are closed, to be read by anybody. Threads share it."""

    def __init__(self, journal: Journal, gateway: str) -> None:
        self._journal, self._gateway = journal, gateway
        self._guard = threading.Lock()
        self._trees = Keeping[tuple[str, tuple[int, int]], SumTree](_USES, lambda it: it.count)
        self._growing = set[tuple[str, tuple[int, int]]]()

    def batch(self, root: bytes) -> Row[Any] | None:
        """Return the row of a batch by its root; none: there is none, or its head is not final yet.

        A payer may sign the same uses twice, in another order of statements. Either log is then that of both, and one
        is answered always, or its pages would be of both.
        """
        query = select(BATCHES).where(BATCHES.c.root == hex_of(root), BATCHES.c.state.not_in(_UNSEEN))
        with self._journal.reading() as journal:
            return journal.execute(query.order_by(BATCHES.c.id).limit(1)).one_or_none()

    def log(self, batch: Row[Any]) -> Iterator[str]:
        """Yield a batch's use log, some lines at a time."""
        return log_of(self._journal, batch.id, 0, batch.calls)

    def uses(self, batch: Row[Any], position: int, count: int) -> list[PricedUse]:
        """Return uses of a batch, from a position on."""
        with self._journal.reading() as journal:
            return [it for _, it in _uses(journal, batch.id, position, count)]

    def prove(
        self, name: bytes, index: Callable[[], AbstractContextManager[Connection]], weigh: Callable[[int], None]
    ) -> Proven | None:
        """Return the proof of a use, by its struct hash; none: no settled batch here has it.

        No connection is held while another is asked for: those who wait for one would wait for each other.

        Args:
            name: the struct hash.
            index: gives a connection to the index.
            weigh: is told how many statements and uses are hashed for it.

        Raises:
            Problem: `UNAVAILABLE`: too many proofs are being made.
        """
        query = select(BATCHES, USE_NAMES.c.position).join(BATCHES, BATCHES.c.id == USE_NAMES.c.batch)
        with self._journal.reading() as journal:
            rows = journal.execute(query.where(USE_NAMES.c.name == _short(name))).all()
            uses = [use for row in rows for _, use in _uses(journal, row.id, row.position, 1)]
        for row, use in zip(rows, uses, strict=True):
            if use.use.struct_hash() == name:
                with index() as connection:
                    settled_at = _settled_at(connection, row)
                if settled_at:
                    return self._proven(row, use, settled_at, weigh)
        return None

    def _proven(self, row: Row[Any], use: PricedUse, settled_at: int, weigh: Callable[[int], None]) -> Proven:
        weigh(row.statements)
        tree = self._tree(row, use.line, weigh)
        with self._journal.reading() as journal:
            held = load(journal, self._gateway, as_hash(row.id))
            place = self._place(journal, row, use)
        assert held is not None
        return Proven(
            voucher=voucher_of(row, self._gateway),
            settled_at=settled_at,
            statement=held.batch.logs[use.line].statement(),
            statement_proof=held.batch.proof(use.line),
            use=use,
            use_proof=tree.proof(place),
        )

    def _place(self, journal: Connection, row: Row[Any], use: PricedUse) -> int:
        """Return how many uses of its statement come before a use."""
        license_id, dataset = use.line
        query = select(ACCESSES.c.position, ACCESSES.c["count"]).where(
            ACCESSES.c.batch == row.id,
            ACCESSES.c.position <= row.position,
            ACCESSES.c.license == license_id,
            ACCESSES.c.dataset == dataset,
        )
        return sum(min(count, row.position - first) for first, count in journal.execute(query))

    def _tree(self, batch: Row[Any], line: tuple[int, int], weigh: Callable[[int], None]) -> SumTree:
        """Return the tree of a statement's uses. Each is grown by one request at a time, and only some at once."""
        key = (batch.id, line)
        with self._guard:
            if (tree := self._trees.get(key)) is not None:
                return tree
            if key in self._growing or len(self._growing) == _TREES:
                detail = "Other proofs are being made here; ask again."
                raise Problem(Code.UNAVAILABLE, detail, headers={"Retry-After": "1"})
            self._growing.add(key)
        try:
            weigh(batch.calls)
            tree = self._grown(batch, line)
            self._trees.put(key, tree)
        finally:
            with self._guard:
                self._growing.remove(key)
        return tree

    def _grown(self, batch: Row[Any], line: tuple[int, int]) -> SumTree:
        blocks = _blocks(self._journal, batch.id, 0, batch.calls, line)
        return SumTree.of([it.node() for uses in blocks for _, it in uses])


def log_of(journal: Journal, batch: str, first: int, until: int) -> Iterator[str]:
    """Yield lines of a batch's use log, some at a time, from one position up to another."""
    for uses in _blocks(journal, batch, first, until):
        yield "".join(use_line(it) for _, it in uses)


def name_uses(journal: Journal) -> None:
    """Have the uses of batches that are closed found by their names; it may end in between, and be done again."""
    query = select(BATCHES.c.id, BATCHES.c.calls).where(BATCHES.c.state.not_in(_UNSEEN), BATCHES.c.log_bytes == 0)
    with journal.reading() as connection:
        batches = connection.execute(query).all()
    for batch, calls in batches:
        size = 0
        for uses in _blocks(journal, batch, 0, calls):
            rows = [{"name": _short(it.use.struct_hash()), "batch": batch, "position": at} for at, it in uses]
            journal.write((), _adding(rows))
            size += sum(len(use_line(it)) for _, it in uses)
        journal.write((), _measuring(batch, size))


def _adding(rows: Sequence[dict[str, object]]) -> Any:  # noqa: ANN401  # what `write` takes
    return lambda connection: add(connection, USE_NAMES, rows)


def _measuring(batch: str, size: int) -> Any:  # noqa: ANN401  # likewise
    return lambda connection: connection.execute(update(BATCHES).where(BATCHES.c.id == batch).values(log_bytes=size))


def _blocks(
    journal: Journal, batch: str, first: int, until: int, line: tuple[int, int] | None = None
) -> Iterator[list[tuple[int, PricedUse]]]:
    """Yield the uses of a batch, or of one statement of it: each time a transaction, for readers may be slow."""
    for position in range(first, until, _ROWS):
        with journal.reading() as connection:
            found = _uses(connection, batch, position, min(_ROWS, until - position), line)
        yield found


def _uses(
    connection: Connection, batch: str, position: int, count: int, line: tuple[int, int] | None = None
) -> list[tuple[int, PricedUse]]:
    """Return uses of a batch, of so many positions from one on, each with its own."""
    ours, place = ACCESSES.c.batch == batch, ACCESSES.c.position
    first = select(func.max(place)).where(ours, place <= position).scalar_subquery()
    query = select(ACCESSES).where(ours, place >= first, place < position + count).order_by(place)
    if line is not None:
        query = query.where(ACCESSES.c.license == line[0], ACCESSES.c.dataset == line[1])
    found = [it for row in connection.execute(query) for it in enumerate(uses_in(row), start=row.position)]
    return [(at, use) for at, use in found if position <= at < position + count]


def _settled_at(index: Connection, row: Row[Any]) -> int:
    """Return when the chain settled this very head, as the index has it; 0: not yet."""
    query = select(SETTLED.c.settled_at).where(SETTLED.c.id == row.id, SETTLED.c.root == row.root)
    return int(index.execute(query).scalar() or 0)


def _short(name: bytes) -> int:
    return int.from_bytes(name[:8], signed=True)
