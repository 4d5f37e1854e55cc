"""Every use of which the log is here, held to the licence that it names: one pass, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, Select, exists, func, or_, select

from audiera.audit.granted import CLOCKS, Granted, Grants, Spans, Withdrawal
from audiera.audit.logs import USED_IN
from audiera.audit.scope import Scope
from audiera.audit.works import Works
from audiera.indexer.tables import BATCHES, USES
from audiera.protocol import ZERO_WORD, Meter, Right, TableRow
from audiera.text import hex_of

__all__ = ["MADE", "Judge", "Line", "Problem", "lines", "right_name", "used_datasets", "used_twice"]

_AT_ONCE: Final = 5_000  # rows
_JUDGED: Final = 1 << 16  # kinds of uses that are remembered at a time
_NEVER: Final = 1 << 63
MADE: Final = ("root", "amount", "calls", "statements")
"""What a log makes of a batch: two batches that have all of it in common are of the very same uses."""
_NOT_HELD: Final = frozenset(("license-unknown", "payer-not-holder"))
_READ: Final = (
    'SELECT voucher, position, license, version, item, "right", units, at, price FROM uses WHERE dataset = ? '
    "ORDER BY voucher"
)


@dataclass(slots=True)
class Problem:
    """What is wrong with some uses of a statement."""

    position: int
    """Of the first, in the log."""
    count: int = 0
    charged: int = 0
    due: int = 0


@dataclass(slots=True)
class Line:
    """The uses of one licence and dataset in one batch: what a statement sums."""

    batch: str
    license: int
    dataset: int
    calls: int = 0
    units: int = 0
    held: int = 0
    """Units of the uses whose payer held the licence then: nobody uses up another's quota."""
    charged: int = 0
    due: int = 0
    first: int = _NEVER
    """Unix seconds, of the earliest use."""
    last: int = 0
    problems: dict[str, Problem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What holds of all uses of one kind, whenever they were."""

    codes: tuple[str, ...]
    due: int
    granted: Granted | None
    until: int
    """From then on consent was withdrawn."""
    counts: bool
    """Whether it is in the scope of the audit."""
    covered: Spans = ()
    """When the licence covered the dataset, `CLOCKS` included at both ends."""
    left_out: int = 0
    """Units that a use of the whole dataset does not count of what its items measure."""
    withdrawn: tuple[tuple[int, int], ...] = ()
    """When (Unix seconds) items of that version were withdrawn, and their units."""

    def codes_at(self, at: int, payer: str) -> tuple[str, ...]:
        """Return what is wrong with a use of the kind at a moment that an account paid for."""
        codes = self.codes
        if self.left_out and self.left_out > sum(units for since, units in self.withdrawn if since - CLOCKS <= at):
            codes = (*codes, "units-differ")
        if at >= self.until:
            codes = (*codes, "use-after-withdrawal")
        if not any(first <= at < end for first, end in self.covered):
            codes = (*codes, "not-covered")
        if self.granted is not None and not self.granted.lives(at):
            codes = (*codes, "outside-term")
        if self.granted is not None and not self.granted.was_held_by(payer, at):
            codes = (*codes, "payer-not-holder")
        return codes


class Judge:
    """Says what is wrong with uses of one dataset."""

    def __init__(self, scope: Scope, works: Works, grants: Grants, dataset: int) -> None:
        self._works, self._grants, self._dataset, self._isrc = works, grants, dataset, scope.isrc
        self._withdrawn = grants.withdrawn.get(dataset, {})
        self._versions = set(works.versions(dataset))
        self.judge = lru_cache(_JUDGED)(self._judge)

    def _judge(  # noqa: PLR0917  # a kind of uses
        self, license_: int, version: int, item: bytes, right: int, units: int, price: int
    ) -> _Judged:
        granted = self._grants.licences.get(license_)
        known = self._works.by_leaf(self._dataset, version)
        whole = item == ZERO_WORD
        row = None if known is None else known.get(item)
        counts = self._isrc is None or whole or (row is not None and row.metadata.isrc == self._isrc)
        if granted is None:
            return _Judged(("license-unknown",), 0, None, _NEVER, counts, ((0, _NEVER),))
        due = units * granted.unit_price
        codes: list[str] = []
        left_out = 0
        withdrawn: tuple[tuple[int, int], ...] = ()
        if price != due:
            codes.append("price-differs")
        if not granted.rights >> right & 1:
            codes.append("right-not-granted")
        if version not in self._versions or (known is not None and row is None and not whole):
            codes.append("item-unknown")
        elif known is not None:
            used = known.values() if row is None else [row]
            is_sum = whole and granted.meter is not Meter.Call
            measured = sum(it.item.units(granted.meter) for it in used) if is_sum or row is not None else 1
            if is_sum and units < measured:  # what is withdrawn need not be served, or paid
                left_out, withdrawn = measured - units, self._left(granted.meter, version, known)
            elif units != measured:
                codes.append("units-differ")
        until = self._until(granted, version, item)
        covered = granted.covered(self._grants.members, self._dataset)
        return _Judged(tuple(codes), due, granted, until, counts, covered, left_out, withdrawn)

    def _left(self, meter: Meter, version: int, known: Mapping[bytes, TableRow]) -> tuple[tuple[int, int], ...]:
        gone = ((leaf, next(self._of(leaf, version), None)) for leaf in self._withdrawn if leaf in known)
        return tuple((it.at, known[leaf].item.units(meter)) for leaf, it in gone if it is not None)

    def _of(self, leaf: bytes, version: int) -> Iterator[Withdrawal]:
        """Yield when an item of a version was withdrawn: an owner may say so again."""
        return (it for it in self._withdrawn.get(leaf, ()) if version <= it.version)

    def _until(self, granted: Granted, version: int, item: bytes) -> int:
        ends = [_NEVER]
        for it in self._of(item, version):
            if granted.acquired > it.place:
                return 0
            if granted.revocable:
                ends.append(it.at + granted.notice + CLOCKS)
        return min(ends)


def lines(connection: Connection, scope: Scope, works: Works, grants: Grants, dataset: int) -> Iterator[Line]:
    """Yield what was used of a dataset, by batch and licence, with what is wrong with it.

    No more is held of it at a time than some thousand uses, and the sums of one batch.
    """
    judge = Judge(scope, works, grants, dataset).judge
    query = select(BATCHES.c.voucher, BATCHES.c.id, BATCHES.c.payer)
    batches: dict[str, tuple[str, str]] = {it.voucher: (it.id, it.payer) for it in connection.execute(query)}
    found: dict[int, Line] = {}
    now = b""
    batch: tuple[str, str] | None = None
    for some in connection.exec_driver_sql(_READ, (dataset,)).partitions(_AT_ONCE):
        for voucher, position, license_, version, item, right, units, at, price in some:
            if voucher != now:
                yield from found.values()
                found, now, batch = {}, voucher, batches.get(hex_of(voucher))
            is_asked = scope.takes(dataset, license_) or scope.payers
            if batch is None or not is_asked:  # None: of what the chain took back
                continue
            id_, payer = batch
            units_, price_ = int(units), int(price)
            judged = judge(license_, version, item, right, units_, price_)
            if not judged.counts:
                continue
            line = found.get(license_)
            if line is None:
                line = found[license_] = Line(id_, license_, dataset)
            line.calls += 1
            line.units += units_
            line.charged += price_
            line.due += judged.due
            line.first, line.last = min(line.first, at), max(line.last, at)
            codes = judged.codes_at(at, payer)
            if not _NOT_HELD.intersection(codes):
                line.held += units_
            for code in codes:
                _note(line, code, position, price_, judged.due)
    yield from found.values()


def used_datasets(connection: Connection, scope: Scope) -> list[int]:
    """Return the datasets of which uses in the logs belong to an audit."""
    if scope.licenses or scope.payers:
        paid = select(BATCHES.c.voucher).where(BATCHES.c.payer.in_(scope.payers))
        some: Select[tuple[int]] = select(USES.c.dataset).distinct()
        if scope.subject.kind != "all":
            some = some.where(or_(USED_IN.in_(paid), USES.c.license.in_(scope.licenses)))
        return sorted({*connection.execute(some).scalars(), *scope.sold})
    return sorted(scope.sold)


def used_twice(connection: Connection, dataset: int) -> Iterator[tuple[str, str, int, str, int, int]]:
    """Yield the nonces that one payer paid for in more than one use of a dataset.

    With the batch and the root of one, the licence, the nonce, how often, and the price. A batch that is another again
    is left out.
    """
    of, earlier = USES.c, BATCHES.alias()
    same = (getattr(earlier.c, it) == getattr(BATCHES.c, it) for it in ("payer", *MADE))
    before = (earlier.c.block < BATCHES.c.block) | (
        (earlier.c.block == BATCHES.c.block) & (earlier.c.log_index < BATCHES.c.log_index)
    )
    query = (
        select(BATCHES.c.id, BATCHES.c.root, of.license, of.nonce, func.count(), of.price)
        .select_from(USES)
        .join(BATCHES, BATCHES.c.voucher == USED_IN)
        .where(of.dataset == dataset, ~exists().where(*same, before))
        .group_by(BATCHES.c.payer, of.license, of.nonce)
        .having(func.count() > 1)
    )
    for it in connection.execute(query):
        yield it.id, it.root, it.license, it.nonce, it[4], it.price


def right_name(right: int) -> str:
    """Return the name of a right by its bit's number."""
    return Right(1 << right).name or str(right)


def _note(line: Line, code: str, position: int, charged: int, due: int) -> None:
    problem = line.problems.get(code)
    if problem is None:
        problem = line.problems[code] = Problem(position)
    problem.count += 1
    problem.charged += charged
    problem.due += due
