"""What a dataset was used for: by day and right, from what was recorded on chain and from statements and their logs.

As the ledger does, it counts what holders of licences paid in full. Anybody settles at himself what names any dataset
and licence, for nothing and in tokens of his own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select

from audiera.explorer.asked import Reading
from audiera.explorer.exact import sum_parts, whole_sum
from audiera.explorer.money import Money
from audiera.explorer.words import iso
from audiera.indexer.documents import Paper
from audiera.indexer.tables import BATCHES, DOCUMENTS, LICENSES, RECORDED_USES, STATEMENTS, TERMS, USES
from audiera.protocol import Right

__all__ = ["Uses", "uses_of"]

_ROWS: Final = 500
"""Days, rights and tokens together."""
_STATEMENTS: Final = 500
"""Whose uses are told one by one."""
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Uses:
    """The uses of one day and right."""

    day: str
    """YYYY-MM-DD; of a statement whose log is not here, that on which it was collected."""
    right: Right | None
    """None: that is in the log of the batch, which is not here."""
    calls: int
    amount: Money


def uses_of(reading: Reading, dataset: int) -> tuple[Uses, ...]:
    """Return the last uses of a dataset that counted, newest first; of gateways, those in statements collected last."""
    sums: dict[tuple[int, int | None, str], tuple[int, int]] = {}
    for it in (*_recorded(reading, dataset), *_stated(reading, dataset), *_logged(reading, dataset)):
        calls, amount = sums.get((it.day, it.right, it.token), (0, 0))
        sums[it.day, it.right, it.token] = calls + it.calls, amount + it.amount
    found = sorted(sums.items(), key=lambda it: (-it[0][0], -1 if it[0][1] is None else it[0][1], it[0][2]))
    return tuple(
        Uses(
            iso(day * _DAY)[:10], None if right is None else Right(1 << right), calls, reading.tokens.money(sum_, token)
        )
        for (day, right, token), (calls, sum_) in found[:_ROWS]
    )


@dataclass(frozen=True, slots=True)
class _Some:
    """Uses of one day, right and token."""

    day: int
    right: int | None
    token: str
    calls: int
    amount: int


def _recorded(reading: Reading, dataset: int) -> Iterator[_Some]:
    """Yield the uses that were recorded on chain, without a gateway."""
    used = RECORDED_USES.c
    day = used.at // _DAY
    query = (
        select(day, used.right, TERMS.c.token, func.count(), *sum_parts(reading.connection, used.amount))
        .join(LICENSES, LICENSES.c.id == used.license)
        .join(TERMS, TERMS.c.id == LICENSES.c.terms)
        .where(used.dataset == dataset)
        .group_by(day, used.right, TERMS.c.token)
        .order_by(day.desc())
        .limit(_ROWS)
    )
    for at, right, token, calls, *parts in reading.connection.execute(query):
        yield _Some(at, right, token, calls, whole_sum(parts))


def _stated(reading: Reading, dataset: int) -> Iterator[_Some]:
    """Yield the statements of batches whose logs are not here."""
    stated = STATEMENTS.c
    day = stated.at // _DAY
    query = (
        select(day, BATCHES.c.token, func.sum(stated.calls), *sum_parts(reading.connection, stated.amount))
        .join(BATCHES, BATCHES.c.id == stated.batch)
        .where(stated.dataset == dataset, stated.counted.is_(True), ~_is_published())
        .group_by(day, BATCHES.c.token)
        .order_by(day.desc())
        .limit(_ROWS)
    )
    for at, token, calls, *parts in reading.connection.execute(query):
        yield _Some(at, None, token, int(calls), whole_sum(parts))


def _logged(reading: Reading, dataset: int) -> Iterator[_Some]:
    """Yield the uses in the statements collected last of batches whose logs are here."""
    stated = (
        select(BATCHES.c.voucher, BATCHES.c.token, STATEMENTS.c.license)
        .join(BATCHES, BATCHES.c.id == STATEMENTS.c.batch)
        .where(STATEMENTS.c.dataset == dataset, STATEMENTS.c.counted.is_(True), _is_published())
        .order_by(STATEMENTS.c.at.desc())
        .limit(_STATEMENTS)
    )
    tokens = {(voucher, license_): token for voucher, token, license_ in reading.connection.execute(stated)}
    day, vouchers = USES.c.at // _DAY, {voucher for voucher, _ in tokens}
    query = (
        select(USES.c.voucher, USES.c.license, day, USES.c.right, func.count())
        .add_columns(*sum_parts(reading.connection, USES.c.price))
        .where(USES.c.dataset == dataset, USES.c.voucher.in_(vouchers))
        .group_by(USES.c.voucher, USES.c.license, day, USES.c.right)
    )
    for voucher, license_, at, right, calls, *parts in reading.connection.execute(query):
        if (token := tokens.get((voucher, license_))) is not None:
            yield _Some(at, right, token, calls, whole_sum(parts))


def _is_published() -> ColumnElement[bool]:
    """Say in SQL whether the log of one of `BATCHES` is here."""
    return exists().where(DOCUMENTS.c.digest == BATCHES.c.voucher, DOCUMENTS.c.kind == Paper.LOG)
