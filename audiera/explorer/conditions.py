"""Terms, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from audiera.explorer.asked import Reading
from audiera.explorer.money import Money
from audiera.explorer.words import RIGHTS, rights_of
from audiera.licensing import template_of
from audiera.protocol import Meter, Right, TermsFlag
from audiera.quantities import counted_whole
from audiera.text import from_hex

__all__ = ["Conditions", "conditions_of"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What terms say: they never change."""

    terms: str
    """Their id."""
    index: int
    """Their number, by which commands name them."""
    title: str
    """What their text is called, if it is one that everybody has; else `Licence`."""
    rights: tuple[Right, ...]
    unit_price: Money
    meter: Meter
    duration: int
    """Seconds; 0: for ever."""
    notice: int
    """Seconds."""
    max_units: int
    """0: any number."""
    derivative_ppm: int
    transferable: bool
    revocable: bool
    derivatives_survive: bool
    text: str
    """sha-256 of the legal text."""

    @property
    def granted(self) -> tuple[str, ...]:
        """The rights in two or three words each."""
        return tuple(RIGHTS[right][0] for right in self.rights)

    @property
    def counting(self) -> str:
        """How an item counts that is no whole number of units; empty where each use is one."""
        return counted_whole(self.meter)

    @property
    def use_is_free(self) -> bool:
        """Whether use costs nothing once the licence is there."""
        return self.unit_price.amount == "0"


def conditions_of(reading: Reading, row: Row[*tuple[Any, ...]]) -> Conditions:
    """Return the terms in a row of `TERMS`, with their index as its `number`: a row is a tuple, which has another."""
    text = template_of(from_hex(row.text))
    return Conditions(
        terms=row.id,
        index=row.number,
        title=text.title if text else "Licence",
        rights=rights_of(row.rights),
        unit_price=reading.tokens.money(row.unit_price, row.token),
        meter=Meter(row.meter),
        duration=row.duration,
        notice=row.notice,
        max_units=row.max_units,
        derivative_ppm=row.derivative_ppm,
        transferable=bool(row.flags & TermsFlag.Transferable),
        revocable=bool(row.flags & TermsFlag.Revocable),
        derivatives_survive=bool(row.flags & TermsFlag.DerivativesSurvive),
        text=row.text,
    )
