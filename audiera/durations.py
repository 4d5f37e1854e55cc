"""Lengths of time and shares as people write them, and back, exactly: ``30 days``, ``1.5%``.

A year is 365 days and a month 30, because a licence counts seconds and not calendars.
"""

from __future__ import annotations

import re
from typing import Final

from audiera.amounts import format_units, parse_units
from audiera.errors import AmountError

__all__ = ["format_duration", "format_ppm", "parse_duration", "parse_ppm"]

_SECONDS: Final = {
    "year": 365 * 86_400,
    "month": 30 * 86_400,
    "week": 7 * 86_400,
    "day": 86_400,
    "hour": 3_600,
    "minute": 60,
    "second": 1,
}
_DURATION = re.compile(r"([0-9]+)\s*([a-z]+?)s?")
_PPM_DECIMALS: Final = 4  # one percent is 10^4 ppm


def parse_duration(text: str) -> int:
    """Read a duration such as ``30 days`` as seconds; ``perpetual`` is 0, as in terms.

    Raises:
        AmountError: if it is not one, is zero, or is too long for the 32 bits of terms.
    """
    tidy = text.strip().lower()
    if tidy == "perpetual":
        return 0
    match = _DURATION.fullmatch(tidy)
    if match is None or match[2] not in _SECONDS:
        units = ", ".join(f"{unit}s" for unit in _SECONDS)
        raise AmountError(f"{text!r} is not a duration; write 30 days or perpetual ({units}).")
    seconds = int(match[1]) * _SECONDS[match[2]]
    if not seconds:
        raise AmountError(f"{text!r} is no time at all; write perpetual if it should never end.")
    if seconds >> 32:
        raise AmountError(f"{text!r} is too long; at most 136 years, or perpetual.")
    return seconds


def format_duration(seconds: int) -> str:
    """Write seconds in the largest unit that divides them; 0 is ``perpetual``."""
    if seconds == 0:
        return "perpetual"
    # Months are read but never written: 30 days says what is meant.
    unit = next(unit for unit, length in _SECONDS.items() if unit != "month" and seconds % length == 0)
    count = seconds // _SECONDS[unit]
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


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
