"""What all tables share: their registry, and columns that hold what the chain holds, exactly."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

__all__ = ["METADATA", "Amount", "Word", "address", "amount", "at_log", "digest", "number", "word", "words"]

METADATA: Final = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)

_DIGITS: Final = 78  # of 2^256 - 1


class Amount(TypeDecorator[int]):
    """An unsigned number of up to 256 bits, exact and in order in every database.

    PostgreSQL has it as NUMERIC. SQLite would round it, so there it is its 78 decimal digits, zeros in front, whose
    order as text is that of the numbers.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column that the database gets."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(_DIGITS, 0))
        return dialect.type_descriptor(String(_DIGITS))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> object:
        """Return a number as the database takes it."""
        if value is None or dialect.name == "postgresql":
            return value
        return f"{value:0{_DIGITS}d}"

    def process_result_value(self, value: object, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return what the database holds as a number."""
        return None if value is None else int(str(value))


class Word(TypeDecorator[str]):
    """32 bytes, held as they are; ``0x`` and 64 lower-case digits to whoever asks, as `digest` has them."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Return the bytes."""
        return None if value is None else bytes.fromhex(value.removeprefix("0x"))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return them as text."""
        return None if value is None else f"0x{bytes(value).hex()}"


def address(name: str, *, primary: bool = False, indexed: bool = False, optional: bool = False) -> Column[str]:
    """Return a column of addresses, checksummed as everywhere in the package."""
    return Column(name, String(42), primary_key=primary, index=indexed, nullable=optional)


def digest(name: str, *, primary: bool = False, indexed: bool = False, optional: bool = False) -> Column[str]:
    """Return a column of 32 bytes, as ``0x`` and 64 lower-case digits."""
    return Column(name, String(66), primary_key=primary, index=indexed, nullable=optional)


def word(name: str, *, primary: bool = False, indexed: bool = False, optional: bool = False) -> Column[str]:
    """Return a column of 32 bytes as `digest` does, in half the room: for tables of millions of rows."""
    return Column(name, Word, primary_key=primary, index=indexed, nullable=optional)


def number(name: str, *, primary: bool = False, indexed: bool = False, optional: bool = False) -> Column[int]:
    """Return a column of numbers below 2^63: ids, times in Unix seconds, counts, positions, shares in ppm."""
    return Column(name, BigInteger, primary_key=primary, index=indexed, nullable=optional, autoincrement=False)


def amount(name: str, *, primary: bool = False, indexed: bool = False, optional: bool = False) -> Column[int]:
    """Return a column of amounts, in the smallest unit of a token; or of any other number of up to 256 bits."""
    return Column(name, Amount, primary_key=primary, index=indexed, nullable=optional, autoincrement=False)


def words(name: str, *, primary: bool = False, optional: bool = False) -> Column[str]:
    """Return a column of text."""
    return Column(name, Text, primary_key=primary, nullable=optional)


def at_log(*, primary: bool = False) -> tuple[Column[int], Column[int], Column[int], Column[str]]:
    """Return the columns that say where on the chain a row comes from: block, position in it, time, transaction.

    With `primary` they name the row: one row for one event.
    """
    return (
        Column("block", BigInteger, primary_key=primary, nullable=False, autoincrement=False),
        Column("log_index", Integer, primary_key=primary, nullable=False, autoincrement=False),
        Column("at", BigInteger, nullable=False),
        Column("transaction", String(66), nullable=False),
    )
