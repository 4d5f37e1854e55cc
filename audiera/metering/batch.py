"""The open batch: uses summed into statements, statements into the root that the payer signs.

The sum tree stands twice. Uses of one licence and one dataset, as journalled, make a tree whose root
is the statement's `uses` and its sum; statements, ascending by (license, dataset), make the tree whose
root and sum are the voucher's. Everything here is immutable: extending a batch leaves the old one as
it was, so a gateway or a consumer can compute the next head, compare, and keep or drop it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from audiera.errors import UseError
from audiera.protocol import Frontier, Node, Proof, Statement, SumTree, Use, Voucher, bytes32, to_address

__all__ = ["MAX_STATEMENTS", "Batch", "Line", "PricedUse", "StatementLine", "UseLog"]

MAX_STATEMENTS: Final = 1 << 20
"""The most statements a batch may have and still be settled."""

Line: TypeAlias = tuple[int, int]
"""What a statement is of: (license, dataset)."""


@dataclass(frozen=True, slots=True)
class PricedUse:
    """A use with its price, ``units * unitPrice`` of the licence's terms: a leaf of a use log."""

    use: Use
    price: int

    @property
    def line(self) -> Line:
        """The statement this use belongs to."""
        return self.use.license, self.use.dataset

    def node(self) -> Node:
        """Return the leaf's node: the use's struct hash and (price, 1)."""
        return Node.of(self.use.struct_hash(), self.price, 1)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A statement with its amount: a leaf of a batch."""

    statement: Statement
    amount: int

    @property
    def line(self) -> Line:
        """What the statement is of."""
        return self.statement.license, self.statement.dataset

    def uses_root(self) -> Node:
        """Return the root of the statement's own use log."""
        return Node.of(bytes32(self.statement.uses), self.amount, self.statement.calls)

    def node(self) -> Node:
        """Return the leaf's node: the statement's struct hash and (amount, calls)."""
        return Node.of(self.statement.struct_hash(), self.amount, self.statement.calls)


@dataclass(frozen=True, slots=True)
class UseLog:
    """The uses of one licence and one dataset in a batch, in order, as far as their sum goes."""

    license: int
    dataset: int
    units: int = 0
    frontier: Frontier = field(default_factory=Frontier)

    def extend(self, uses: Iterable[PricedUse]) -> UseLog:
        """Return the log with more uses.

        Raises:
            UseError: if a use is of another licence or dataset, or a sum overflows.
        """
        uses = tuple(uses)
        for priced in uses:
            if priced.line != (self.license, self.dataset):
                raise UseError(f"A use of {priced.line} is not of {(self.license, self.dataset)}.")
        nodes = [priced.node() for priced in uses]
        return self.grow(sum(priced.use.units for priced in uses), [(it.hash, it.sum) for it in nodes])

    def grow(self, units: int, leaves: Iterable[tuple[bytes, int]]) -> UseLog:
        """Return the log with more leaves, hash and sum of each, which are so many units together.

        Raises:
            UseError: if a sum overflows.
        """
        return UseLog(self.license, self.dataset, self.units + units, self.frontier.grow(leaves))

    def statement(self) -> StatementLine:
        """Return the statement that sums the log.

        Raises:
            UseError: if the log is empty.
        """
        root = self.frontier.root()
        statement = Statement(
            license=self.license,
            dataset=self.dataset,
            units=self.units,
            calls=root.calls,
            uses=root.hash,
        )
        return StatementLine(statement, root.amount)


@dataclass(frozen=True, slots=True)
class Batch:
    """The statements of a batch and the tree over them. Start with ``Batch()`` and `extend`."""

    logs: Mapping[Line, UseLog] = field(default_factory=lambda: MappingProxyType({}))
    lines: tuple[Line, ...] = ()
    tree: SumTree | None = None

    def extend(self, uses: Iterable[PricedUse]) -> Batch:
        """Return the batch with more uses, hashing only what they change.

        Raises:
            UseError: if a sum overflows.
        """
        by_line: dict[Line, list[PricedUse]] = {}
        for priced in uses:
            by_line.setdefault(priced.line, []).append(priced)
        if not by_line:
            return self
        return self._with({line: self._log(line).extend(added) for line, added in by_line.items()})

    def grow(self, line: Line, units: int, leaves: Iterable[tuple[bytes, int]]) -> Batch:
        """Return the batch with more leaves in one statement, which are so many units together (`AccessUses`).

        Raises:
            UseError: if a sum overflows.
        """
        return self._with({line: self._log(line).grow(units, leaves)})

    def _log(self, line: Line) -> UseLog:
        return self.logs.get(line, UseLog(*line))

    def _with(self, grown: Mapping[Line, UseLog]) -> Batch:
        logs, lines = {**self.logs, **grown}, self.lines
        if self.tree is not None and len(logs) == len(lines):
            changed = {bisect_left(lines, line): _node(log) for line, log in grown.items()}
            tree = self.tree.replace(changed)
        else:  # a new statement shifts those after it
            nodes = dict(zip(lines, self.tree.levels[0], strict=True)) if self.tree is not None else {}
            nodes |= {line: _node(log) for line, log in grown.items()}
            lines = tuple(sorted(logs))
            tree = SumTree.of([nodes[line] for line in lines])
        return Batch(MappingProxyType(logs), lines, tree)

    def root(self) -> Node:
        """Return the batch's root: its hash, amount and calls are the voucher's.

        Raises:
            UseError: if nothing was used yet.
        """
        return self._tree().root

    def statements(self) -> tuple[StatementLine, ...]:
        """Return the statements in batch order."""
        return tuple(self.logs[line].statement() for line in self.lines)

    def proof(self, line: Line) -> Proof:
        """Return the proof that `collect` takes for the statement of (license, dataset).

        Raises:
            UseError: if the batch has no such statement.
        """
        if line not in self.logs:
            raise UseError(f"The batch has no statement of (license, dataset) = {line}.")
        return self._tree().proof(bisect_left(self.lines, line))

    def voucher(self, *, payer: str, gateway: str, token: str, batch: int, fee: int = 0) -> Voucher:
        """Return the voucher, unsigned, for everything in the batch so far.

        Raises:
            UseError: if nothing was used yet, or there are more statements than one batch may have.
            InputError: if an address is wrong.
        """
        root = self.root()
        if len(self.lines) > MAX_STATEMENTS:
            raise UseError(f"{len(self.lines)} statements are too many for a batch; settle it earlier.")
        return Voucher(
            payer=to_address(payer),
            gateway=to_address(gateway),
            token=to_address(token),
            batch=batch,
            amount=root.amount,
            fee=fee,
            calls=root.calls,
            statements=len(self.lines),
            root=root.hash,
        )

    def _tree(self) -> SumTree:
        if self.tree is None:
            raise UseError("The batch is empty; add a use first.")
        return self.tree


def _node(log: UseLog) -> Node:
    return log.statement().node()
