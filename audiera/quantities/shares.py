"""Reads shares as people write them, exactly, and refuses those that do not make a whole.

Units can be written (``12.5 %``, ``125000 ppm``, ``1/8``) or follow from the sum: bare numbers that add
up to 100 are per cent, to 1,000,000 parts per million, to 1 fractions. Anything else is unclear, and so
an error.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from audiera.errors import AmountError, SplitError
from audiera.quantities.amounts import format_units, parse_units

__all__ = ["StatedShare", "format_ppm", "format_share", "parse_ppm", "parse_share", "settle_shares"]


_FORM: Final = re.compile(r"(\d{1,12}(?:\.\d{1,12})?|\d{1,9}/\d{1,9})\s*(%|ppm|)", re.ASCII | re.IGNORECASE)
_WHOLES: Final = {"%": 100, "ppm": 1_000_000}
_PPM_DECIMALS: Final = 4  # one percent is 10^4 ppm


@dataclass(frozen=True, slots=True)
class StatedShare:
    """A share as written: a number, and what the whole is in its unit (None if no unit is written)."""

    value: Fraction
    whole: int | None


def parse_share(text: str) -> StatedShare:
    """Read one share.

    Raises:
        SplitError: it is not a share, or not above zero.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None or match[1].endswith("/0") or (value := Fraction(match[1])) <= 0:
        raise SplitError(f"share {text.strip()!r} is not like 12.5 %, 125000 ppm or 1/8 (with a point).")
    whole = 1 if "/" in match[1] and not match[2] else _WHOLES.get(match[2].lower())
    return StatedShare(value, whole)


def settle_shares(shares: Sequence[StatedShare]) -> tuple[Fraction, ...]:
    """Return shares of one whole as exact fractions that sum to 1.

    Raises:
        SplitError: they do not make a whole, or it is unclear of what whole they are.
    """
    bare = [share for share in shares if share.whole is None]
    if bare and len(bare) != len(shares):
        raise SplitError("some shares have a unit and some have none; write % or ppm behind each.")
    total = sum(share.value for share in shares)
    if bare and total not in (1, 100, 1_000_000):
        raise SplitError(
            f"the shares add up to {_decimal(total)}, which is not 100 (per cent), 1000000 (ppm) or 1;"
            " correct them, or write their unit."
        )
    parts = tuple(share.value / (share.whole or total) for share in shares)
    if sum(parts) != 1:
        raise SplitError(f"the shares add up to {format_share(sum(parts))}, not 100 %; thirds are written 1/3.")
    return parts


def format_share(part: Fraction | int) -> str:
    """Write a part of a whole as a percentage: exactly if six decimals can, else with ``about``."""
    return f"{_decimal(Fraction(part) * 100)} %"


def _decimal(value: Fraction | int) -> str:
    rounded = round(Fraction(value), 6)
    text = f"{rounded.numerator * 10**6 // rounded.denominator:07d}"
    digits = f"{text[:-6]}.{text[-6:]}".rstrip("0").rstrip(".")
    return digits if rounded == value else f"about {digits}"


def parse_ppm(text: str) -> int:
    """Read a share such as ``1.5%`` or ``15000 ppm`` as parts per million.

    Raises:
        AmountError: if it is not one, is finer than one ppm, or is more than the whole.
    """
    tidy = text.strip().lower()
    if tidy.endswith("%"):
        ppm = parse_units(tidy[:-1], _PPM_DECIMALS)
    elif tidy.endswith("ppm"):
        ppm = parse_units(tidy[:-3], 0)
    else:
        raise AmountError(f"{text!r} has no unit; write a share like 1.5% or 15000 ppm.")
    if ppm > 1_000_000:
        raise AmountError(f"{text!r} is more than the whole; write at most 100%.")
    return ppm


def format_ppm(ppm: int) -> str:
    """Write parts per million as a percentage: ``1.5%``."""
    return f"{format_units(ppm, _PPM_DECIMALS)}%"
