"""Sums of amounts, exact in every database: SQLite has them as digits, and would add them up as floating point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Text, cast, func, type_coerce

__all__ = ["sum_parts", "whole_sum"]

_DIGITS: Final = 78
_PART: Final = 13
"""Digits that are added up at once: those of a million rows do not leave 64 bits."""


def sum_parts(connection: Connection, column: Column[int]) -> tuple[ColumnElement[int], ...]:
    """Return what a query selects for a sum over a column of amounts; `whole_sum` puts it together."""
    if connection.dialect.name == "postgresql":
        return (func.sum(column),)
    digits = type_coerce(column, Text)
    return tuple(
        func.sum(cast(func.substr(digits, start + 1, _PART), BigInteger)) for start in range(0, _DIGITS, _PART)
    )


def whole_sum(parts: Sequence[int]) -> int:
    """Return the sum."""
    total = 0
    for part in parts:
        total = total * 10**_PART + int(part)
    return total
