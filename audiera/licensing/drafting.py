"""Terms from a licence text and the few things that people say about price and time."""

from __future__ import annotations

from eth_typing import ChecksumAddress

from audiera.errors import TermsError
from audiera.licensing.texts import Template, check_rights
from audiera.protocol import Meter, Terms
from audiera.quantities import UnitPrice

__all__ = ["quota_of", "terms_of"]


def quota_of(text: Template | None, meter: int, told: int | None = None) -> int:
    """Return how many units terms allow: as told, else as their text says.

    Raises:
        TermsError: if the text counts calls, and the terms something else.
    """
    if told is not None or text is None or not text.quota:
        return told or 0
    if meter != Meter.Call:
        raise TermsError(
            f"The text {text.name!r} counts calls; write the unit price by the call, or say how many units."
        )
    return text.quota


def terms_of(
    text: Template,
    *,
    token: ChecksumAddress,
    rights: int | None = None,
    unit_price: UnitPrice | None = None,
    duration: int = 0,
    notice: int = 0,
    max_units: int | None = None,
    derivative_ppm: int = 0,
    flags: int | None = None,
) -> Terms:
    """Return the terms under a licence text; rights, flags and quota are the text's own unless told.

    Args:
        text: the licence text.
        token: what the licence is paid in.
        rights: `Right` bits, which must agree with the text.
        unit_price: per unit of use, in the same token; use is free unless told, and counted in calls.
        duration: seconds; 0 is perpetual.
        notice: seconds between revocation and its effect.
        max_units: quota; 0 is none; the text's own unless told.
        derivative_ppm: the least share that derived datasets owe.
        flags: `TermsFlag` bits.

    Raises:
        TermsError: if rights contradict the text, tokens differ, or no contract would accept the terms.
    """
    granted = int(text.granted if rights is None else rights)
    check_rights(text, granted)
    if unit_price is not None and unit_price.amount.token != token:
        raise TermsError(
            f"The unit price is in {unit_price.amount.symbol} and the price is not; use one token for both."
        )
    meter = int(unit_price.meter if unit_price else Meter.Call)
    return Terms(
        rights=granted,
        meter=meter,
        unit_price=unit_price.amount.value if unit_price else 0,
        token=token,
        duration=duration,
        notice=notice,
        max_units=quota_of(text, meter, max_units),
        derivative_ppm=derivative_ppm,
        flags=int(text.flags if flags is None else flags),
        text=text.digest,
    )
