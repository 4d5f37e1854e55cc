"""So many hours of music, for as little as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from audiera.consumer.choosing import Need, Way
from audiera.consumer.wanted import units_under
from audiera.protocol import TableRow

__all__ = ["Candidate", "pick"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dataset that may be used, and how: by all of what is needed of it, or by a part."""

    need: Need
    way: Way
    """The cheapest, of all of it."""

    @property
    def length_ms(self) -> int:
        """Of all its items."""
        return _length(self.need.rows)

    @property
    def cost(self) -> int:
        """Of the licence and of all uses."""
        return self.way.price + self.way.cost

    def part(self, length_ms: int) -> Candidate:
        """Return as few of its cheapest items as are of a length together; all, if it is used as a whole."""
        if self.way.whole:
            return self
        kept, left = set[bytes](), length_ms
        for row in sorted(self.need.rows, key=self._each):
            if left <= 0:
                break
            kept.add(row.item.leaf())
            left -= row.item.duration_ms
        rows = tuple(it for it in self.need.rows if it.item.leaf() in kept)
        units = sum(units_under(self.way.terms, it) for it in rows)
        return Candidate(replace(self.need, rows=rows), replace(self.way, units=units))

    def _each(self, row: TableRow) -> Fraction:
        return Fraction(units_under(self.way.terms, row), row.item.duration_ms)


def pick(candidates: Sequence[Candidate], length_ms: int) -> tuple[Candidate, ...]:
    """Return what comes to a length together, for little; nothing, if all of them do not.

    Datasets are taken whole, the one first that costs least an hour, until the rest is at most one more of them; that
    one is whichever makes all of it cost least, and of it only as many items are taken as it takes, the cheapest ones.
    What the rest is enough without is left out, the dearest first. Where datasets are used as a whole, it never costs
    more than twice the least that is possible.

    Args:
        candidates: none of whose items is without a length; of those that cost the same, the first is taken.
        length_ms: milliseconds.
    """
    taken: list[Candidate] = []
    best: tuple[Candidate, ...] = ()
    for it in sorted(candidates, key=lambda it: Fraction(it.cost, it.length_ms)):
        left = length_ms - sum(each.length_ms for each in taken)
        if it.length_ms < left:
            taken.append(it)
            continue
        tried = _lean((*taken, it.part(left)), length_ms)
        if not best or _cost(tried) < _cost(best):
            best = tried
    return best


def _lean(tried: tuple[Candidate, ...], length_ms: int) -> tuple[Candidate, ...]:
    for it in sorted(tried, key=lambda it: -it.cost):
        rest = tuple(each for each in tried if each is not it)
        if sum(each.length_ms for each in rest) >= length_ms:
            tried = rest
    return tried


def _cost(candidates: Sequence[Candidate]) -> int:
    return sum(it.cost for it in candidates)


def _length(rows: Sequence[TableRow]) -> int:
    return sum(it.item.duration_ms for it in rows)
