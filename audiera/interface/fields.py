"""What the members of the interface are made of: how each travels as JSON, and what it is in Python."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from audiera.errors import InputError
from audiera.protocol import Right, right_bit, to_address
from audiera.protocol import parse_right as _parse_right

__all__ = ["LINE", "LINES", "Account", "Bytes", "Hash", "Number", "RightName"]

LINE: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""Text of one line: it acts on no terminal, and every database keeps it."""

LINES: Final = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$"
"""Text of any lines, likewise."""

_MOST_DIGITS: Final = 78
_MOST_BYTES: Final = 1 << 16


def _number(value: object) -> int:
    if type(value) is int and 0 <= value < 1 << 256:
        return value
    if isinstance(value, str) and 0 < len(value) <= _MOST_DIGITS and value.isascii() and value.isdecimal():
        number = int(value)
        if number < 1 << 256:
            return number
    raise ValueError("a whole number in decimal digits is needed")


def _account(value: object) -> str:
    if not isinstance(value, str) or len(value) > 42:
        raise ValueError("an address of 20 bytes is needed, in hex with 0x")
    try:
        return str(to_address(value))
    except InputError as error:
        raise ValueError("an address of 20 bytes is needed, in hex with 0x") from error


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        if isinstance(value, str) and value.startswith("0x") and len(value) <= 2 + 2 * _MOST_BYTES and value.isascii():
            return bytes.fromhex(value[2:]) if " " not in value else _bytes(None)
    except ValueError:
        pass
    raise ValueError("bytes in hex with 0x are needed")


def _hash(value: object) -> bytes:
    found = _bytes(value)
    if len(found) != 32:
        raise ValueError("32 bytes in hex with 0x are needed")
    return found


def _right(value: object) -> int:
    if isinstance(value, int):
        return value
    if not isinstance(value, str) or len(value) > 40:
        raise ValueError("the name of one right is needed")
    try:
        return right_bit(_parse_right(value))
    except InputError as error:
        raise ValueError("the name of one right is needed") from error


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


Number = Annotated[
    int,
    BeforeValidator(_number),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,78}$", "examples": ["5000000"]}),
]
"""A whole number below 2^256. As text, because readers of JSON lose those beyond 2^53; plain numbers are understood."""

Account = Annotated[
    str,
    BeforeValidator(_account),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}),
]
"""An address, checksummed or in one letter case."""

Hash = Annotated[
    bytes,
    BeforeValidator(_hash),
    PlainSerializer(_hex, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{64}$"}),
]
"""32 bytes."""

Bytes = Annotated[
    bytes,
    BeforeValidator(_bytes),
    PlainSerializer(_hex, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^0x([0-9a-fA-F]{2})*$"}),
]
"""Bytes: a signature, calldata."""

RightName = Annotated[
    int,
    BeforeValidator(_right),
    PlainSerializer(lambda bit: str(Right(1 << bit).name), when_used="json"),
    WithJsonSchema({"type": "string", "enum": [str(it.name) for it in Right]}),
]
"""One right by its name; its bit's number in Python."""
