"""Writes many rows at once, past what SQLAlchemy does for each value of each row, which would take most of the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg

from audiera.indexer.tables import Amount

__all__ = ["write_rows"]

Pick: TypeAlias = Callable[[Mapping[str, Any]], tuple[Any, ...]]

_DIALECTS: Final = {"postgresql": psycopg.dialect(paramstyle="format"), "sqlite": sqlite.dialect()}  # type: ignore[no-untyped-call]
_AMOUNT: Final = Amount()


def write_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], *, replace: bool = False
) -> None:
    """Insert rows, all with the same columns.

    With `replace` each takes the place of the row of its key, if there is one.
    """
    if not rows:
        return
    columns = tuple(it.name for it in table.columns if it.name in rows[0])
    pick = _pick(table, connection.dialect.name, columns)
    if replace or connection.dialect.name == "sqlite":
        sql = _insert(table, connection.dialect.name, columns, replace)
        connection.exec_driver_sql(sql, [pick(it) for it in rows])
        return
    with connection.connection.cursor() as cursor, cursor.copy(_copy(table, columns)) as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(pick(row))


@cache
def _pick(table: Table, dialect: str, columns: tuple[str, ...]) -> Pick:
    """Return what makes a row the values of these columns, as the database takes them."""
    pick: Pick = itemgetter(*columns) if len(columns) > 1 else lambda row: (row[columns[0]],)
    amounts = [place for place, name in enumerate(columns) if isinstance(table.c[name].type, Amount)]
    if dialect == "postgresql" or not amounts:
        return pick

    def pick_amounts(row: Mapping[str, Any]) -> tuple[Any, ...]:
        values = list(pick(row))
        for place in amounts:
            values[place] = _AMOUNT.process_bind_param(values[place], _DIALECTS[dialect])
        return tuple(values)

    return pick_amounts


@cache
def _insert(table: Table, dialect: str, columns: tuple[str, ...], replace: bool) -> str:
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    statement = statement.values(dict.fromkeys(columns))
    if replace:
        keys = list(table.primary_key)
        rest = {it.name: statement.excluded[it.name] for it in table.columns if not it.primary_key}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=rest)
    return str(statement.compile(dialect=_DIALECTS[dialect]))


@cache
def _copy(table: Table, columns: tuple[str, ...]) -> str:
    quote = _DIALECTS["postgresql"].identifier_preparer.quote
    return f"COPY {quote(table.name)} ({', '.join(map(quote, columns))}) FROM STDIN"
