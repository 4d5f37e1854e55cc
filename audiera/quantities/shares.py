"""Shares as people write them, and back, exactly: ``12.5 %``, ``125000 ppm`` or ``1/8``.

The space may be left out, and a comma may stand for the point, as spreadsheets of half the world write it. Of several
shares that make a whole, the unit may follow from their sum: bare numbers that add up to 100 are per cent, to 1,000,000
parts per million, to 1 fractions. Anything else is unclear, and so an error.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from audiera.errors import AmountError, SplitError
from audiera.protocol import WHOLE

__all__ = ["StatedShare", "format_ppm", "format_share", "parse_ppm", "parse_share", "settle_shares"]


_FORM: Final = re.compile(
    r"(\d{1,12}(?:[.,]\d{1,12})?|\d{1,9}/0{0,8}[1-9]\d{0,8})\s*(%|ppm|)", re.ASCII | re.IGNORECASE
)
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2},\d{3}\s*(?:ppm)?", re.ASCII | re.IGNORECASE)
_WHOLES: Final = {"%": 100, "ppm": WHOLE}


@dataclass(frozen=True, slots=True)
class StatedShare:
    """A share as written: a number, and what the whole is in its unit (None if no unit is written)."""

    value: Fraction
    whole: int | None


def parse_share(text: str) -> StatedShare:
    """Read one share of several, which `settle_shares` holds together.

    Raises:
        SplitError: it is not a share, unclear, or nothing.
    """
    share = _read(text)
    if share is None:
        raise SplitError(f"share {text.strip()!r} is not like 12.5 %, 125000 ppm or 1/8.")
    if _may_be_thousands(text):
        raise SplitError(f"share {text.strip()!r} may be thousands or a fraction; leave out the comma, or write %.")
    if not share.value:
        raise SplitError(f"a share of {text.strip()} pays nothing; remove the row.")
    return share


def parse_ppm(text: str) -> int:
    """Read a share that stands alone, such as ``1.5 %``, as parts per million; it may be nothing.

    Raises:
        AmountError: it is not a share, is unclear, has no unit, is finer than one ppm, or is more than the whole.
    """
    share = _read(text)
    if share is None:
        raise AmountError(f"{text!r} is not a share; write it like 12.5 %, 125000 ppm or 1/8.")
    if _may_be_thousands(text):
        raise AmountError(f"{text!r} may be thousands or a fraction; leave out the comma, or write %.")
    if share.whole is None:
        raise AmountError(f"{text!r} has no unit; write a share like 1.5 % or 15000 ppm.")
    ppm = share.value / share.whole * WHOLE
    if ppm.denominator != 1:
        raise AmountError(f"{text!r} is finer than one ppm; write a share with at most 4 decimals of a per cent.")
    if ppm > WHOLE:
        raise AmountError(f"{text!r} is more than the whole; write at most 100 %.")
    return int(ppm)


def settle_shares(shares: Sequence[StatedShare]) -> tuple[Fraction, ...]:
    """Return shares of one whole as exact fractions that sum to 1.

    Raises:
        SplitError: they do not make a whole, or it is unclear of what whole they are.
    """
    bare = [share for share in shares if share.whole is None]
    if bare and len(bare) != len(shares):
        raise SplitError("some shares have a unit and some have none; write % or ppm behind each.")
    total = sum(share.value for share in shares)
    if bare and total not in (1, 100, WHOLE):
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


def format_ppm(ppm: int) -> str:
    """Write parts per million as a percentage, always exactly."""
    return format_share(Fraction(ppm, WHOLE))


def _read(text: str) -> StatedShare | None:
    match = _FORM.fullmatch(text.strip())
    if match is None:
        return None
    number, unit = match[1].replace(",", "."), match[2].lower()
    return StatedShare(Fraction(number), 1 if "/" in number and not unit else _WHOLES.get(unit))


def _may_be_thousands(text: str) -> bool:
    """Say whether a comma may divide thousands: of a percentage it cannot, as there is no share of 1,000 %."""
    return _THOUSANDS.fullmatch(text.strip()) is not None


def _decimal(value: Fraction | int) -> str:
    rounded = round(Fraction(value), 6)
    text = f"{rounded.numerator * 10**6 // rounded.denominator:07d}"
    digits = f"{text[:-6]}.{text[-6:]}".rstrip("0").rstrip(".")
    return digits if rounded == value else f"about {digits}"
