"""Every use of which the log is here, held to the licence that it names: one pass, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, Select, func, or_, select

from audiera.audit.granted import CLOCKS, Granted, read_members
from audiera.audit.scope import Scope
from audiera.audit.works import Works
from audiera.indexer.tables import BATCHES, USES, WITHDRAWN_ITEMS
from audiera.protocol import ZERO_WORD, Meter, Right
from audiera.text import from_hex

__all__ = ["Judge", "Line", "Problem", "lines", "right_name", "used_datasets", "used_twice"]

_AT_ONCE: Final = 5_000  # rows
_JUDGED: Final = 1 << 16  # kinds of uses that are remembered at a time
_NEVER: Final = 1 << 63
_READ: Final = (
    'SELECT root, position, license, version, item, "right", units, at, price FROM uses WHERE dataset = ? ORDER BY root'
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

    root: str
    license: int
    dataset: int
    calls: int = 0
    units: int = 0
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
    """From then on consent was withdrawn, or the dataset was no member any more."""
    ended: str
    """The code of what then ended."""
    counts: bool
    """Whether it is in the scope of the audit."""

    def codes_at(self, at: int) -> tuple[str, ...]:
        """Return what is wrong with a use of the kind at a moment."""
        codes = self.codes
        if at >= self.until:
            codes = (*codes, self.ended)
        if self.granted is not None and not self.granted.lives(at):
            codes = (*codes, "outside-term")
        return codes


class Judge:
    """Says what is wrong with uses of one dataset."""

    def __init__(  # all that they are held to
        self, connection: Connection, scope: Scope, works: Works, granted: Mapping[int, Granted], dataset: int
    ) -> None:
        self._works, self._granted, self._dataset, self._isrc = works, granted, dataset, scope.isrc
        self._members = read_members(connection)
        query = select(WITHDRAWN_ITEMS).where(WITHDRAWN_ITEMS.c.dataset == dataset)
        self._withdrawn = {from_hex(it.item): it for it in connection.execute(query)}
        self._versions = set(works.versions(dataset))
        self.judge = lru_cache(_JUDGED)(self._judge)

    def _judge(  # noqa: PLR0917  # a kind of uses
        self, license_: int, version: int, item: bytes, right: int, units: int, price: int
    ) -> _Judged:
        granted = self._granted.get(license_)
        known = self._works.by_leaf(self._dataset, version)
        whole = item == ZERO_WORD
        row = None if known is None else known.get(item)
        counts = self._isrc is None or whole or (row is not None and row.metadata.isrc == self._isrc)
        if granted is None:
            return _Judged(("license-unknown",), 0, None, _NEVER, "", counts)
        due = units * granted.unit_price
        codes = []
        if price != due:
            codes.append("price-differs")
        if not granted.rights >> right & 1:
            codes.append("right-not-granted")
        if version not in self._versions or (known is not None and row is None and not whole):
            codes.append("item-unknown")
        elif known is not None:
            used = known.values() if row is None else [row]
            measured = 1 if whole and granted.meter is Meter.Call else sum(it.item.units(granted.meter) for it in used)
            if units != measured and not (whole and self._withdrawn):  # what is withdrawn need not be served, or paid
                codes.append("units-differ")
        until, ended = self._until(granted, version, item)
        return _Judged(tuple(codes), due, granted, until, ended, counts)

    def _until(self, granted: Granted, version: int, item: bytes) -> tuple[int, str]:
        if granted.dataset != self._dataset:
            left = self._members.get((granted.dataset, granted.terms, self._dataset), -CLOCKS)
            if left <= granted.spans[-1][1]:
                return left + CLOCKS, "not-covered"
        withdrawn = self._withdrawn.get(item)
        if withdrawn is None or version > withdrawn.version:
            return _NEVER, ""
        if granted.acquired > (withdrawn.block, withdrawn.log_index):
            return 0, "use-after-withdrawal"
        return (withdrawn.at + granted.notice + CLOCKS, "use-after-withdrawal") if granted.revocable else (_NEVER, "")


def lines(
    connection: Connection, scope: Scope, works: Works, granted: Mapping[int, Granted], dataset: int
) -> Iterator[Line]:
    """Yield what was used of a dataset, by batch and licence, with what is wrong with it.

    No more is held of it at a time than some thousand uses, and the sums of one batch.
    """
    judge = Judge(connection, scope, works, granted, dataset).judge
    found: dict[int, Line] = {}
    now = b""
    for some in connection.exec_driver_sql(_READ, (dataset,)).partitions(_AT_ONCE):
        for root, position, license_, version, item, right, units, at, price in some:
            if root != now:
                yield from found.values()
                found, now = {}, root
            if not scope.takes(dataset, license_) and not scope.payers:
                continue
            units_, price_ = int(units), int(price)
            judged = judge(license_, version, item, right, units_, price_)
            if not judged.counts:
                continue
            line = found.get(license_)
            if line is None:
                line = found[license_] = Line(f"0x{root.hex()}", license_, dataset)
            line.calls += 1
            line.units += units_
            line.charged += price_
            line.due += judged.due
            line.first, line.last = min(line.first, at), max(line.last, at)
            for code in judged.codes_at(at):
                _note(line, code, position, price_, judged.due)
    yield from found.values()


def used_datasets(connection: Connection, scope: Scope) -> list[int]:
    """Return the datasets of which uses in the logs belong to an audit."""
    if scope.licenses or scope.payers:
        paid = select(BATCHES.c.root).where(BATCHES.c.payer.in_(scope.payers))
        some: Select[tuple[int]] = select(USES.c.dataset).distinct()
        if scope.subject.kind != "all":
            some = some.where(or_(USES.c.root.in_(paid), USES.c.license.in_(scope.licenses)))
        return sorted({*connection.execute(some).scalars(), *scope.sold})
    return sorted(scope.sold)


def used_twice(connection: Connection, dataset: int) -> Iterator[tuple[str, int, str, int, int]]:
    """Yield the nonces of a dataset that stand in more than one use: root, licence, nonce, how often, and the price."""
    of = USES.c
    query = (
        select(of.root, of.license, of.nonce, func.count(), of.price)
        .where(of.dataset == dataset)
        .group_by(of.license, of.nonce)
        .having(func.count() > 1)
    )
    for it in connection.execute(query):
        yield it.root, it.license, it.nonce, it[3], it.price


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
