"""Offers in force, as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Row, and_, or_, select

from audiera.explorer.asked import Reading
from audiera.explorer.money import Money
from audiera.explorer.words import RIGHTS, rights_of
from audiera.indexer.tables import DATASETS, OFFERS, TERMS
from audiera.licensing import template_of
from audiera.protocol import ETHER, Meter, Right, TermsFlag

__all__ = ["Offered", "in_force", "offers_of"]

_FIRST: Final = (Right.GenerativeTraining, Right.Training, Right.Inference, Right.DataMining, Right.Playback)
"""Rights that are spoken of before others."""


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


def offers_of(reading: Reading, datasets: Iterable[int]) -> Mapping[int, tuple[Offered, ...]]:
    """Return the offers in force of each dataset, those to anyone first, the cheapest of a token first."""
    ids = list(datasets)
    query = (
        select(OFFERS.c.dataset, OFFERS.c.price, OFFERS.c.licensee, OFFERS.c.left, TERMS, TERMS.c.index.label("number"))
        .join(DATASETS, DATASETS.c.id == OFFERS.c.dataset)
        .join(TERMS, TERMS.c.id == OFFERS.c.terms)
        .where(OFFERS.c.dataset.in_(ids), in_force())
        .order_by(OFFERS.c.licensee, TERMS.c.token, OFFERS.c.price, TERMS.c.index)
    )
    found: dict[int, list[Offered]] = {dataset: [] for dataset in ids}
    for row in reading.connection.execute(query):
        found[row.dataset].append(_offered(reading, row))
    return {dataset: tuple(offers) for dataset, offers in found.items()}


def _offered(reading: Reading, row: Row[*tuple[object, ...]]) -> Offered:
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
