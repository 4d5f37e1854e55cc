"""What one access is to be of, and what it comes to in units and uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiera.metering import PricedUse, uses_of
from audiera.protocol import ZERO_WORD, Meter, TableRow, Terms, units_of

__all__ = ["Wanted", "units_under"]


def units_under(terms: Terms, row: TableRow) -> int:
    """Return the units of using one item under terms."""
    return units_of(Meter(terms.meter), size=row.item.size, duration_ms=row.item.duration_ms)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one access is to be of."""

    dataset: int
    version: int
    license: int
    terms: Terms
    rows: Sequence[TableRow]
    """The items; of a whole dataset all of them."""
    whole: bool
    """One use of the whole dataset."""
    held: bool = False
    """The bytes are here already: the uses are put on record, and nothing is granted."""

    @property
    def units(self) -> int:
        """Of all its uses."""
        if self.whole and self.terms.meter == Meter.Call:
            return 1
        return sum(units_under(self.terms, it) for it in self.rows)

    def uses(self, right: int, at: int, nonce: bytes) -> tuple[PricedUse, ...]:
        """Return its uses."""
        return uses_of(
            [(ZERO_WORD, self.units)]
            if self.whole
            else [(it.item.leaf(), units_under(self.terms, it)) for it in self.rows],
            license=self.license,
            dataset=self.dataset,
            version=self.version,
            right=right,
            at=at,
            nonce=nonce,
            unit_price=self.terms.unit_price,
        )
