"""Remittances: what batches paid, by recording and payee, to the last unit of what the chain settled.

The price of each use goes to its item; that of a use of a whole dataset to all items of that version, in proportion to
the units that each would count. The sum of an item is divided by the shares of the split that was credited. Both times
what rounding down leaves goes one unit each to the largest remainders, and among equal ones to the first: so each
batch's rows come to exactly its amount.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row as Found
from sqlalchemy import select

from audiera.audit.granted import Granted, read_granted
from audiera.audit.history import History
from audiera.audit.works import Works
from audiera.errors import InputError
from audiera.indexer.tables import ACCOUNTS, ASSIGNMENTS, BATCHES, DATASETS, PEOPLE, SHARES, STATEMENTS
from audiera.protocol import ZERO_WORD, Meter, TableRow, account_id, ipi_key, is_account, payee_address
from audiera.text import from_hex, hex_of

__all__ = ["Remittance", "batches_between", "first_difference", "named_batches", "remit", "remit_all"]

_COLUMNS: Final = ("batch", "dataset", "item", "isrc", "iswc", "ipi", "payee", "share_ppm", "uses", "amount", "token")
_USES: Final = "SELECT license, dataset, version, item, units, price FROM uses WHERE voucher = ?"
_AT_ONCE: Final = 5_000  # rows


@dataclass(frozen=True, slots=True)
class Remittance:
    """The table, and what it is of."""

    table: bytes
    """CSV (RFC 4180), UTF-8."""
    batches: tuple[Found[Any], ...]
    """Rows of `BATCHES`, each of which its rows come to."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Batches that are not remitted, and why."""

    @property
    def sha256(self) -> str:
        """Of the table."""
        return hashlib.sha256(self.table).hexdigest()


@dataclass(slots=True)
class _Sum:
    """What was paid for an item under one split."""

    uses: int = 0
    amount: int = 0


_Key = tuple[int, bytes, str]  # dataset, leaf, split
_Row = tuple[object, ...]


def batches_between(history: History, since: int, until: int) -> list[str]:
    """Return the batches that were settled from one Unix second up to, and without, another."""
    settled = BATCHES.c.settled_at
    query = select(BATCHES.c.id).where(settled >= since, settled < until)
    return list(history.connection.execute(query.order_by(BATCHES.c.block, BATCHES.c.log_index)).scalars())


def named_batches(table: bytes) -> list[str]:
    """Return the batches that a remittance says it is of, in its order.

    Raises:
        InputError: if it is no remittance.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(table.decode("utf-8"), newline="")))
        return list(dict.fromkeys(hex_of(from_hex(it["batch"])) for it in rows))
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise InputError("The file is no remittance; take it as `audiera audit --remittance` wrote it.") from error


def first_difference(said: bytes, made: bytes) -> int | None:
    """Return the first line, from 1, in which two tables differ; None: they are the same to the last byte."""
    if said == made:
        return None
    ours, theirs = made.splitlines(keepends=True), said.splitlines(keepends=True)
    same = sum(1 for _ in _while_equal(ours, theirs))
    return same + 1


def remit(history: History, batches: Sequence[str]) -> Remittance:
    """Return the remittance of some batches, in the order of their settlement.

    Raises:
        InputError: if there is none, a batch is not settled, its log is not here, or a statement is not collected.
    """
    rows = _settled(history, batches)
    lines_of = _reader(history)
    return _written([(row, lines_of(row)) for row in rows])


def remit_all(history: History, batches: Sequence[str]) -> Remittance:
    """Return the remittance of those batches that can be remitted: anybody may settle one that cannot.

    Raises:
        InputError: if there is none.
    """
    lines_of = _reader(history)
    made: list[tuple[Found[Any], list[_Row]]] = []
    left_out: list[tuple[str, str]] = []
    for row in _settled(history, batches):
        try:
            made.append((row, lines_of(row)))
        except InputError as error:
            left_out.append((row.id, str(error)))
    if not made:
        raise InputError(f"No batch can be remitted. {left_out[0][1]}")
    return _written(made, left_out)


def _settled(history: History, batches: Sequence[str]) -> list[Found[Any]]:
    wanted = set(batches)
    every = history.connection.execute(select(BATCHES).order_by(BATCHES.c.block, BATCHES.c.log_index))
    rows = [it for it in every if it.id in wanted]
    if len(rows) != len(wanted) or not rows:
        raise InputError("There is no such settled batch up to this block; check its id, or the days.")
    return rows


def _reader(history: History) -> Callable[[Found[Any]], list[_Row]]:
    """Return what makes the lines of a batch."""
    works, granted = Works(history.connection), read_granted(history.connection)

    def lines_of(row: Found[Any]) -> list[_Row]:
        _check(history, row)
        return list(_lines(history, works, row, _sums(history, works, granted, row)))

    return lines_of


def _written(made: Sequence[tuple[Found[Any], Iterable[_Row]]], left_out: Iterable[tuple[str, str]] = ()) -> Remittance:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for _, lines in made:
        writer.writerows(lines)
    return Remittance(text.getvalue().encode(), tuple(row for row, _ in made), tuple(left_out))


def _check(history: History, row: Found[Any]) -> None:
    if row.id in history.unlogged:
        raise InputError(f"The log of batch {row.id} is not here, so its uses are not known; name where it lies.")
    if row.collected < row.statements:
        raise InputError(f"Of batch {row.id} {row.statements - row.collected} statements wait; collect them first.")


def _sums(history: History, works: Works, granted: Mapping[int, Granted], row: Found[Any]) -> Mapping[_Key, _Sum]:
    """Return what was paid for each item in a batch."""
    found: dict[_Key, _Sum] = defaultdict(_Sum)
    whole: dict[tuple[int, int, int, str], _Sum] = defaultdict(_Sum)
    splits = _splits(history, row)
    query = history.connection.exec_driver_sql(_USES, (from_hex(row.voucher),))
    for some in query.partitions(_AT_ONCE):
        for license_, dataset, version, item, _, price in some:
            split = splits.get((license_, dataset))
            if split is None:
                raise InputError(f"Batch {row.id} paid for dataset {dataset} under licence {license_} without credit.")
            is_whole = item == ZERO_WORD
            of = whole[dataset, version, license_, split] if is_whole else found[dataset, item, split]
            of.uses += 1
            of.amount += int(price)
    for (dataset, version, license_, split), total in whole.items():
        items = works.by_leaf(dataset, version)
        if not items:
            raise InputError(
                f"The items of version {version} of dataset {dataset} are not here; name stores by --store."
            )
        leaves = sorted(items)
        meter = granted[license_].meter if license_ in granted else Meter.Call
        weights = [items[it].item.units(meter) for it in leaves]
        for leaf, amount in zip(leaves, _apportioned(total.amount, weights), strict=True):
            found[dataset, leaf, split].uses += total.uses
            found[dataset, leaf, split].amount += amount
    return found


def _splits(history: History, row: Found[Any]) -> dict[tuple[int, int], str]:
    """Return which split each statement of a batch was credited to: the dataset's when it was collected."""
    connection, found = history.connection, {}
    stated = select(STATEMENTS, DATASETS.c.account).join(DATASETS, DATASETS.c.id == STATEMENTS.c.dataset)
    for it in connection.execute(stated.where(STATEMENTS.c.batch == row.id)).all():
        of = ASSIGNMENTS.c
        before = (of.block < it.block) | ((of.block == it.block) & (of.log_index < it.log_index))
        query = select(of.split).where(of.account == it.account, before)
        newest = query.order_by(of.block.desc(), of.log_index.desc()).limit(1)
        found[it.license, it.dataset] = connection.execute(newest).scalar_one()
    return found


def _lines(history: History, works: Works, row: Found[Any], sums: Mapping[_Key, _Sum]) -> Iterator[_Row]:
    known: dict[int, Mapping[bytes, TableRow]] = {}
    numbers: dict[int, Mapping[str, str]] = {}
    for (dataset, leaf, split), total in sorted(sums.items()):
        if dataset not in known:
            known[dataset] = {
                k: v for it in works.versions(dataset) for k, v in (works.by_leaf(dataset, it) or {}).items()
            }
            numbers[dataset] = _numbers(history, dataset)
        said = known[dataset].get(leaf)
        shares = history.connection.execute(
            select(SHARES).where(SHARES.c.split == split).order_by(SHARES.c.position)
        ).all()
        for share, amount in zip(shares, _apportioned(total.amount, [it.ppm for it in shares]), strict=True):
            payee = from_hex(share.payee)
            yield (
                row.id,
                dataset,
                hex_of(leaf),
                (said.metadata.isrc or "") if said else "",
                (said.metadata.iswc or "") if said else "",
                numbers[dataset].get(share.payee, ""),
                share.payee if is_account(payee) else payee_address(payee),
                share.ppm,
                total.uses,
                amount,
                row.token,
            )


def _numbers(history: History, dataset: int) -> Mapping[str, str]:
    """Return the IPI name numbers of payees: of accounts whose key is the number of a person that is credited."""
    connection = history.connection
    people = {it.ipi for it in connection.execute(select(PEOPLE).where(PEOPLE.c.dataset == dataset)) if it.ipi}
    controllers = set(connection.execute(select(ACCOUNTS.c.controller).distinct()).scalars())
    return {hex_of(account_id(who, ipi_key(ipi))): ipi for who in controllers for ipi in people}


def _apportioned(total: int, weights: Sequence[int]) -> list[int]:
    """Divide a total in proportion to weights: what rounding down leaves goes to the largest remainders."""
    whole = sum(weights)
    if weights and not whole:
        return _apportioned(total, [1] * len(weights))
    parts = [total * it // whole for it in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(total * weights[place] % whole))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


def _while_equal(ours: Iterable[bytes], theirs: Iterable[bytes]) -> Iterator[None]:
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            return
        yield
