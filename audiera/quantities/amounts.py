"""Amounts of tokens as people write them, and back, exactly.

``5 USDC``, ``0.1 ETH`` and ``0.001 USDC/second`` become whole numbers of the token's smallest unit.
Nothing is ever rounded: a fraction that the token cannot express is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from eth_typing import ChecksumAddress

from audiera.errors import AmountError, TermsError
from audiera.protocol import ETHER, Meter, parse_meter, to_address

__all__ = [
    "Amount",
    "Tokens",
    "UnitPrice",
    "format_amount",
    "format_units",
    "parse_amount",
    "parse_unit_price",
    "parse_units",
]

Tokens: TypeAlias = Mapping[str, tuple[str, int]]
"""The tokens known by symbol: (address, decimals). ETH, with 18, is always known."""

_ETH: Tokens = {"ETH": (ETHER, 18)}
_NUMBER = re.compile(r"(\d{1,78})(?:\.(\d{1,78}))?")  # as many as the largest number of 256 bits
_COMMA = re.compile(r"(\d+),(\d+)", re.ASCII)
_AMOUNT = re.compile(r"(\S+)\s+([^\s/]+)")


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a token, in its smallest unit."""

    value: int
    token: ChecksumAddress
    symbol: str
    decimals: int

    def __str__(self) -> str:
        return format_amount(self.value, self.symbol, self.decimals)


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A price for each unit of a meter."""

    amount: Amount
    meter: Meter

    def __str__(self) -> str:
        return f"{self.amount}/{self.meter.name.lower()}"


def parse_amount(text: str, tokens: Tokens) -> Amount:
    """Read an amount such as ``5 USDC`` or ``0.1 ETH``.

    Raises:
        AmountError: if it is not one, the token is unknown, or it has too many decimals.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise AmountError(f"{text!r} is not an amount; write it like 5 USDC or 0.1 ETH.")
    symbol, address, decimals = _resolve(match[2], tokens)
    return Amount(parse_units(match[1], decimals, symbol), to_address(address), symbol, decimals)


def parse_unit_price(text: str, tokens: Tokens) -> UnitPrice:
    """Read a unit price such as ``0.001 USDC/second``.

    Raises:
        AmountError: if it is not one, or the amount or the meter cannot be read.
    """
    amount, slash, meter = text.partition("/")
    if not slash:
        raise AmountError(f"{text!r} has no meter; write it like 0.001 USDC/second.")
    try:
        return UnitPrice(parse_amount(amount, tokens), parse_meter(meter))
    except TermsError as error:
        raise AmountError(str(error)) from error


def parse_units(text: str, decimals: int, symbol: str) -> int:
    """Read a decimal number of a token as a whole number of units of ``10 ** -decimals``.

    Raises:
        AmountError: if it is not a plain decimal number or has too many decimals.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None or not text.isascii():
        how = "write digits and at most one point, as 1250.5"
        if with_comma := _COMMA.fullmatch(text.strip()):
            how = f"write {with_comma[1]}.{with_comma[2]} if the comma is a decimal one, and leave it out if it is not"
        raise AmountError(f"{text!r} is not a number of {symbol}; {how}.")
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > decimals:
        raise AmountError(
            f"{text} {symbol} has more than {decimals} decimals, all that {symbol} has; write a rounder number."
        )
    return int(match[1] + fraction.ljust(decimals, "0"))


def format_units(value: int, decimals: int) -> str:
    """Write a whole number of smallest units as the shortest exact decimal number."""
    sign, digits = "-" if value < 0 else "", str(abs(value)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def format_amount(value: int, symbol: str, decimals: int) -> str:
    """Write an amount as people do: ``5 USDC``."""
    return f"{format_units(value, decimals)} {symbol}"


def _resolve(symbol: str, tokens: Tokens) -> tuple[str, str, int]:
    known = {**_ETH, **tokens}
    if symbol in known:
        return symbol, *known[symbol]
    alike = [name for name in known if name.lower() == symbol.lower()]
    if len(alike) == 1:
        return alike[0], *known[alike[0]]
    listed = ", ".join(sorted(known))
    raise AmountError(f"Token {symbol!r} is not known here; use one of {listed}.")
