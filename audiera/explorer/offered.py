"""Offers in force, as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, or_

from audiera.errors import TermsError
from audiera.explorer.asked import Reading
from audiera.explorer.money import Money
from audiera.explorer.refusals import RefusalError
from audiera.explorer.words import RIGHTS, rights_of
from audiera.indexer.search import offers_with_limits, taken_until
from audiera.indexer.tables import DATASETS, OFFERS, TERMS
from audiera.licensing import template_of
from audiera.protocol import ETHER, Meter, Right, Terms, TermsFlag, to_address
from audiera.text import hex_of

__all__ = ["Offered", "in_force", "offers_of", "rows_in_force"]

_FIRST: Final = (Right.GenerativeTraining, Right.Training, Right.Inference, Right.DataMining, Right.Playback)
"""Rights that are spoken of before others."""
_FIELDS: Final = ("rights", "meter", "unit_price", "duration", "notice", "max_units", "derivative_ppm", "flags")
"""Of terms, those that are columns of the same name, and numbers."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A licence that can be taken."""

    dataset: int
    terms: str
    """Their id."""
    index: int
    """Their number, by which commands name them."""
    title: str
    """What their text is called, if it is one that everybody has; else `Licence`."""
    rights: tuple[Right, ...]
    price: Money
    unit_price: Money
    meter: Meter
    duration: int
    """Seconds; 0: for ever."""
    notice: int
    max_units: int
    derivative_ppm: int
    transferable: bool
    revocable: bool
    derivatives_survive: bool
    licensee: str | None
    """Who alone may take it; None: anyone."""
    left: int | None
    """How many may still be taken; None: any number."""
    text: str
    """sha-256 of the legal text."""

    @property
    def granted(self) -> tuple[str, ...]:
        """The rights in two or three words each."""
        return tuple(RIGHTS[right][0] for right in self.rights)

    @property
    def headline(self) -> str:
        """The right that most people come for, in words."""
        return RIGHTS[next((right for right in _FIRST if right in self.rights), self.rights[0])][0]

    @property
    def is_free(self) -> bool:
        """Whether the licence costs nothing; its use may."""
        return self.price.amount == "0"

    @property
    def use_is_free(self) -> bool:
        """Whether use costs nothing once the licence is there."""
        return self.unit_price.amount == "0"


def in_force() -> ColumnElement[bool]:
    """Say in SQL which of `OFFERS` joined with `DATASETS` stand."""
    return and_(OFFERS.c.epoch == DATASETS.c.epoch, or_(OFFERS.c.left.is_(None), OFFERS.c.left > 0))


def rows_in_force(reading: Reading, datasets: Iterable[int]) -> list[tuple[Row[Any], Terms]]:
    """Return the offers of some datasets that can be taken, each with its terms: of the index's block, to whomever.

    Those to anyone come first, the cheapest of a token first.

    Raises:
        RefusalError: the index has terms that are not those of their id.
    """
    query = (
        offers_with_limits(list(datasets))
        .add_columns(TERMS.c.index.label("number"))
        .order_by(OFFERS.c.dataset, OFFERS.c.licensee, TERMS.c.token, OFFERS.c.price, TERMS.c.index)
    )
    rows = reading.connection.execute(query)
    return [(row, _proven(row)) for row in rows if taken_until(row) >= reading.index.at]


def offers_of(reading: Reading, datasets: Iterable[int]) -> Mapping[int, tuple[Offered, ...]]:
    """Return the offers of each dataset that can be taken, those to anyone first, the cheapest of a token first.

    Raises:
        RefusalError: the index has terms that are not those of their id.
    """
    ids = list(datasets)
    found: dict[int, list[Offered]] = {dataset: [] for dataset in ids}
    for row, _ in rows_in_force(reading, ids):
        found[row.dataset].append(_offered(reading, row))
    return {dataset: tuple(offers) for dataset, offers in found.items()}


def _proven(row: Row[Any]) -> Terms:
    """Return the terms of a row, which hash to their id: nobody is shown others than the contract holds them to."""
    said = {name: row._mapping[name] for name in _FIELDS}  # noqa: SLF001  # SQLAlchemy's public name for a mapping
    try:
        terms = Terms(**said, token=to_address(row.token), text=bytes.fromhex(row.text[2:]))
    except (TermsError, ValueError) as error:
        raise _altered(row) from error
    if hex_of(terms.id()) != row.id:
        raise _altered(row)
    return terms


def _altered(row: Row[Any]) -> RefusalError:
    wrong = f"The index has terms {row.number} otherwise than they were published"
    return RefusalError(500, f"{wrong}; run `audiera index rebuild`.")


def _offered(reading: Reading, row: Row[Any]) -> Offered:
    text = template_of(bytes.fromhex(row.text[2:]))
    return Offered(
        dataset=row.dataset,
        terms=row.id,
        index=row.number,
        title=text.title if text else "Licence",
        rights=rights_of(row.rights),
        price=reading.tokens.money(row.price, row.token),
        unit_price=reading.tokens.money(row.unit_price, row.token),
        meter=Meter(row.meter),
        duration=row.duration,
        notice=row.notice,
        max_units=row.max_units,
        derivative_ppm=row.derivative_ppm,
        transferable=bool(row.flags & TermsFlag.Transferable),
        revocable=bool(row.flags & TermsFlag.Revocable),
        derivatives_survive=bool(row.flags & TermsFlag.DerivativesSurvive),
        licensee=None if row.licensee == ETHER else row.licensee,
        left=row.left,
        text=row.text,
    )
