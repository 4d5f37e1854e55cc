"""Derived rows of one batch, held in memory: read together, changed in place, written together, and undone.

A row of a block that may still be reorganised leaves its image of before in `undo`. A history, whose rows are named by
where on the chain they come from, needs none: its rows go with their blocks.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Final, TypeAlias

from sqlalchemy import Connection, Delete, Table, bindparam, delete, select, tuple_

from audiera.errors import ChainError
from audiera.indexer.bulk import write_rows
from audiera.indexer.tables import DERIVED, HISTORIES, UNDO

__all__ = ["GapError", "Key", "Row", "Rows", "Values", "Wanted", "rewind_rows"]

Value: TypeAlias = str | int | None
Values: TypeAlias = dict[str, Value]
Key: TypeAlias = tuple[Value, ...]
Wanted: TypeAlias = tuple[Table, Key]

_AT_ONCE: Final = 500  # keys in one question
_BY_NAME: Final = {it.name: it for it in DERIVED}


class GapError(ChainError):
    """A log says what cannot be after those before it: the node kept one back."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; the node has kept a log back, so its blocks are read again.")


class Row:
    """One row, and whether it is there: `exists` is false of one that was looked for in vain, or dropped."""

    __slots__ = ("_rows", "_saved", "changed", "key", "stored", "table", "values")

    def __init__(self, rows: Rows, table: Table, key: Key, values: Values | None, *, stored: bool) -> None:
        self._rows, self.table, self.key, self.values = rows, table, key, values
        self.stored = stored  # in the database
        self.changed = False
        self._saved = -1  # the block whose change has left an image

    @property
    def exists(self) -> bool:
        """Whether there is such a row."""
        return self.values is not None

    def number(self, column: str) -> int:
        """Return a number that is there."""
        value = self._there()[column]
        assert isinstance(value, int), f"{self.table.name}.{column} is {value!r}"
        return value

    def text(self, column: str) -> str:
        """Return a text that is there."""
        value = self._there()[column]
        assert isinstance(value, str), f"{self.table.name}.{column} is {value!r}"
        return value

    def optional(self, column: str) -> int | None:
        """Return a number, or none."""
        return None if self._there()[column] is None else self.number(column)

    def set(self, **values: Value) -> None:
        """Change some columns."""
        there = self._there()
        self._save()
        there.update(values)

    def add(self, **amounts: int) -> None:
        """Add to some columns.

        Raises:
            GapError: if one would be below zero.
        """
        there = self._there()
        self._save()
        for column, amount in amounts.items():
            total = self.number(column) + amount
            if total < 0:
                raise GapError(f"{column} of {self.table.name} {self.key} would be {total}")
            there[column] = total

    def put(self, values: Values) -> None:
        """Be these values, whatever was there."""
        self._save()
        self.values = values

    def drop(self) -> None:
        """Be no longer.

        Raises:
            GapError: if there is none.
        """
        self._there()
        self._save()
        self.values = None

    def _there(self) -> Values:
        if self.values is None:
            raise GapError(f"There is no {self.key} in {self.table.name}")
        return self.values

    def _save(self) -> None:
        self.changed = True
        block = self._rows.block
        if self._saved != block and block >= self._rows.keep_undo_from:
            self._rows.undo.append((block, self, None if self.values is None else json.dumps(self.values)))
            self._saved = block


class Rows:
    """The rows of one batch. `block` is the one whose events are being derived."""

    def __init__(self, connection: Connection, keep_undo_from: int) -> None:
        self.block = -1
        self.keep_undo_from = keep_undo_from
        self.undo: list[tuple[int, Row, str | None]] = []
        self._connection = connection
        self._rows: dict[Table, dict[Key, Row]] = defaultdict(dict)
        self._events: dict[Table, list[Values]] = defaultdict(list)

    def load(self, wanted: Iterable[Wanted]) -> None:
        """Read many rows together: those that will be asked for."""
        by_table: dict[Table, set[Key]] = defaultdict(set)
        for table, key in wanted:
            if key not in self._rows[table]:
                by_table[table].add(key)
        for table, keys in by_table.items():
            left = iter(keys)
            while some := list(islice(left, _AT_ONCE)):
                self._read(table, some)

    def row(self, table: Table, *key: Value) -> Row:
        """Return a row, there or not."""
        held = self._rows[table].get(key)
        if held is None:
            self._read(table, [key])
            held = self._rows[table][key]
        return held

    def need(self, table: Table, *key: Value) -> Row:
        """Return a row that has to be there.

        Raises:
            GapError: if it is not.
        """
        found = self.row(table, *key)
        if not found.exists:
            raise GapError(f"There is no {key} in {table.name}")
        return found

    def make(self, table: Table, **values: Value) -> Row:
        """Make a row that cannot be there yet, without looking in the database.

        Raises:
            GapError: if it is here already.
        """
        key = tuple(values[name] for name in _key(table))
        if (held := self._rows[table].get(key)) is not None and held.exists:
            raise GapError(f"There is a {key} in {table.name} already")
        made = self._rows[table][key] = Row(self, table, key, None, stored=False)
        made.put(values)
        return made

    def put(self, table: Table, **values: Value) -> None:
        """Make a row, or replace it."""
        self.row(table, *(values[name] for name in _key(table))).put(values)

    def tally(self, table: Table, *key: Value, **amounts: int) -> Row:
        """Add to the numbers of a row; where there is none, make it with these.

        Raises:
            GapError: if one would be below zero.
        """
        row = self.row(table, *key)
        if row.exists:
            row.add(**amounts)
        else:
            row.put({**dict(zip(_key(table), key, strict=True)), **amounts})
        return row

    def append(self, history: Table, **values: Value) -> None:
        """Add an event to a history."""
        self._events[history].append(values)

    def write(self) -> None:
        """Write what changed, and how it was before."""
        for history, values in self._events.items():
            write_rows(self._connection, history, values)
        for table, rows in self._rows.items():
            changed = [it for it in rows.values() if it.changed]
            write_rows(self._connection, table, [it.values for it in changed if it.values and not it.stored])
            _replace(self._connection, table, ((it.key, it.values) for it in changed if it.stored))
        if self.undo:
            images = [
                {"block": block, "table": row.table.name, "row": json.dumps(row.key), "before": before}
                for block, row, before in self.undo
            ]
            write_rows(self._connection, UNDO, images)

    def _read(self, table: Table, keys: Sequence[Key]) -> None:
        held = self._rows[table]
        found = {_key_of(table, it): it for it in _select(self._connection, table, keys)}
        for key in keys:
            values = found.get(key)
            held[key] = Row(self, table, key, values, stored=values is not None)


def rewind_rows(connection: Connection, to_block: int) -> None:
    """Make every derived row as it was when `to_block` was the last block.

    Images of before go back to where `Rows` kept them; below that nothing is known.
    """
    for history in HISTORIES:
        connection.execute(delete(history).where(history.c.block > to_block))
    earliest: dict[Table, dict[Key, Values | None]] = defaultdict(dict)
    later = UNDO.c.block > to_block
    for name, row, before in connection.execute(
        select(UNDO.c.table, UNDO.c.row, UNDO.c.before).where(later).order_by(UNDO.c.id)
    ):
        image = None if before is None else json.loads(before)
        earliest[_BY_NAME[name]].setdefault(tuple(json.loads(row)), image)
    for table, images in earliest.items():
        _replace(connection, table, images.items())
    connection.execute(delete(UNDO).where(later))


def _select(connection: Connection, table: Table, keys: Sequence[Key]) -> Iterator[Values]:
    columns = list(table.primary_key)
    wanted = columns[0].in_([key for (key,) in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
    return (dict(it) for it in connection.execute(select(table).where(wanted)).mappings())


def _replace(connection: Connection, table: Table, rows: Iterable[tuple[Key, Values | None]]) -> None:
    put, gone = [], []
    for key, values in rows:
        if values is None:
            gone.append({f"key_{name}": it for name, it in zip(_key(table), key, strict=True)})
        else:
            put.append(values)
    if gone:
        connection.execute(_delete(table), gone)
    if put:
        write_rows(connection, table, put, replace=True)


@cache
def _key(table: Table) -> tuple[str, ...]:
    return tuple(it.name for it in table.primary_key)


def _key_of(table: Table, values: Values) -> Key:
    return tuple(values[it] for it in _key(table))


@cache
def _delete(table: Table) -> Delete:
    return delete(table).where(*(it == bindparam(f"key_{it.name}", type_=it.type) for it in table.primary_key))
