"""Offers that can be taken, as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select

from audiera.errors import TermsError
from audiera.explorer.asked import Reading
from audiera.explorer.commands import ape
from audiera.explorer.conditions import Conditions, conditions_of
from audiera.explorer.money import Money
from audiera.explorer.naming import Named, named
from audiera.explorer.refusals import RefusalError
from audiera.explorer.words import RIGHTS
from audiera.indexer.search import covering_offers, standing_offers
from audiera.indexer.tables import MEMBERSHIPS, OFFERS, TERMS
from audiera.protocol import ETHER, Right, Terms, to_address
from audiera.text import from_hex, hex_of

__all__ = ["Offered", "offers_of", "rows_in_force"]

_FIRST: Final = (Right.GenerativeTraining, Right.Training, Right.Inference, Right.DataMining, Right.Playback)
"""Rights that are spoken of before others."""
_FIELDS: Final = ("rights", "meter", "unit_price", "duration", "notice", "max_units", "derivative_ppm", "flags")
"""Of terms, those that are columns of the same name, and numbers."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A licence that can be taken, and covers a dataset."""

    dataset: int
    """What it is of, by whose number it is taken: what is covered, or the catalogue that it is covered through."""
    through: Named | None
    """The catalogue; None: it is the dataset's own."""
    conditions: Conditions
    price: Money
    licensee: str | None
    """Who alone may take it; None: anyone."""
    left: int | None
    """How many may still be taken; None: any number."""

    @property
    def headline(self) -> str:
        """The right that most people come for, in words."""
        rights = self.conditions.rights
        return RIGHTS[next((right for right in _FIRST if right in rights), rights[0])][0]

    def command(self, chain_id: int) -> str:
        """Return the command that takes it, for no more than it costs now where its token's decimals are known."""
        priced = self.price.is_scaled and not self.is_free
        most = [f'--max-price "{self.price.plain}"'] if priced else []
        return ape(chain_id, f"license acquire {self.dataset} {self.conditions.index}", *most, acts=True)

    @property
    def is_free(self) -> bool:
        """Whether the licence costs nothing; its use may."""
        return self.price.amount == "0"


def rows_in_force(
    reading: Reading, datasets: Iterable[int], *, to_anyone: bool = False
) -> list[tuple[Row[Any], Terms]]:
    """Return the offers of some datasets that can be taken, each with its terms: of the index's block, to whomever.

    Those to anyone come first, the cheapest of a token first; with `to_anyone` no other is read.

    Raises:
        RefusalError: the index has terms that are not those of their id.
    """
    standing = standing_offers(reading.index.at).where(OFFERS.c.dataset.in_(list(datasets)))
    return _proven_rows(reading, standing, to_anyone=to_anyone)


def offers_of(
    reading: Reading, datasets: Iterable[int], *, to_anyone: bool = False
) -> Mapping[int, tuple[Offered, ...]]:
    """Return the offers by which each dataset can be licensed: its own, and those of catalogues that it is in.

    Those to anyone come first, the cheapest of a token first; with `to_anyone` no other is read.

    Raises:
        RefusalError: the index has terms that are not those of their id.
    """
    ids = list(datasets)
    covering = covering_offers(reading.index.at).where(MEMBERSHIPS.c.dataset.in_(ids))
    own = rows_in_force(reading, ids, to_anyone=to_anyone)
    rows = [row for row, _ in (*own, *_proven_rows(reading, covering, to_anyone=to_anyone))]
    rows.sort(key=lambda it: (it.licensee, it.token, it.price, it.number, it.dataset))
    catalogues = named(reading, {it.dataset for it in rows if it.dataset != it.covered})
    found: dict[int, list[Offered]] = {dataset: [] for dataset in ids}
    for row in rows:
        found[row.covered].append(
            Offered(
                dataset=row.dataset,
                through=catalogues[row.dataset] if row.dataset != row.covered else None,
                conditions=conditions_of(reading, row),
                price=reading.tokens.money(row.price, row.token),
                licensee=None if row.licensee == ETHER else row.licensee,
                left=row.left,
            )
        )
    return {dataset: tuple(offers) for dataset, offers in found.items()}


def _proven_rows(
    reading: Reading, offers: Select[*tuple[Any, ...]], *, to_anyone: bool
) -> list[tuple[Row[Any], Terms]]:
    if to_anyone:
        offers = offers.where(OFFERS.c.licensee == ETHER)
    query = offers.add_columns(TERMS.c.index.label("number")).order_by(
        OFFERS.c.licensee, TERMS.c.token, OFFERS.c.price, TERMS.c.index
    )
    return [(row, _proven(row)) for row in reading.connection.execute(query)]


def _proven(row: Row[Any]) -> Terms:
    """Return the terms of a row, which hash to their id: nobody is shown others than the contract holds them to."""
    said = {name: row._mapping[name] for name in _FIELDS}  # noqa: SLF001  # SQLAlchemy's public name for a mapping
    try:
        terms = Terms(**said, token=to_address(row.token), text=from_hex(row.text))
    except (TermsError, ValueError) as error:
        raise _altered(row) from error
    if hex_of(terms.id()) != row.id:
        raise _altered(row)
    return terms


def _altered(row: Row[Any]) -> RefusalError:
    wrong = f"The index has terms {row.number} otherwise than they were published"
    return RefusalError(500, f"{wrong}; run `audiera index rebuild`.")
