"""Lengths of time as people write them, and back, exactly: ``30 days``.

A year is 365 days and a month 30, because a licence counts seconds and not calendars.
"""

from __future__ import annotations

import re
from typing import Final

from audiera.errors import AmountError

__all__ = ["format_duration", "parse_duration"]

_SECONDS: Final = {
    "year": 365 * 86_400,
    "month": 30 * 86_400,
    "week": 7 * 86_400,
    "day": 86_400,
    "hour": 3_600,
    "minute": 60,
    "second": 1,
}
_DURATION = re.compile(r"([0-9]{1,78})\s*([a-z]+?)s?")


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
