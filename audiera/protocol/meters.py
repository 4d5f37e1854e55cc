"""What a unit counts, and how many units one use of an item is."""

from __future__ import annotations

from enum import IntEnum

from audiera.errors import TermsError

__all__ = ["Meter", "parse_meter", "units_of"]


class Meter(IntEnum):
    """What the unit price of terms is for."""

    Call = 0
    Second = 1
    Megabyte = 2


def parse_meter(name: str) -> Meter:
    """Return the meter called `name`, in any letter case.

    Raises:
        TermsError: if there is none.
    """
    for meter in Meter:
        if meter.name.lower() == name.strip().lower():
            return meter
    known = ", ".join(meter.name for meter in Meter)
    raise TermsError(f"{name.strip()!r} is not a meter; choose from {known}.")


def units_of(meter: Meter, *, size: int, duration_ms: int) -> int:
    """Return the units of using an item once: 1 call, seconds or megabytes of 10^6 bytes begun.

    A use of a whole dataset is the sum over its items (and 1 call).
    """
    if meter is Meter.Call:
        return 1
    quantity, unit = (duration_ms, 1_000) if meter is Meter.Second else (size, 1_000_000)
    return -(-quantity // unit)  # rounded up
