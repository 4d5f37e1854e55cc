"""Terms: their conditions in words, their text itself, who offers them, and the licences under them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Self

from sqlalchemy import Select, func, select

from audiera.explorer.asked import Reading
from audiera.explorer.conditions import Conditions, conditions_of
from audiera.explorer.holding import state_of
from audiera.explorer.money import Money
from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.refusals import not_found
from audiera.explorer.view import View
from audiera.indexer.documents import text_of
from audiera.indexer.search import standing_offers
from audiera.indexer.tables import DATASETS, LICENSES, OFFERS, TERMS
from audiera.licensing import template_of
from audiera.protocol import ETHER
from audiera.text import from_hex

__all__ = ["Issued", "OfferedBy", "TermsView"]


@dataclass(frozen=True, slots=True)
class OfferedBy:
    """An offer under the terms that can be taken."""

    dataset: Named
    owner: str
    price: Money
    licensee: str | None
    """Who alone may take it; None: anyone."""
    left: int | None
    """How many may still be taken; None: any number."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A licence under the terms."""

    license: int
    dataset: Named
    holder: str
    state: str
    expires_at: int
    acquired_at: int


@dataclass(frozen=True, slots=True)
class TermsView(View):
    """Terms, which never change."""

    TABLES: ClassVar[tuple[str, ...]] = ("offers", "licenses")

    conditions: Conditions
    text: str | None
    """The legal text, as it was published; None: it is not here."""
    offered: int
    """Offers that can be taken, on all pages."""
    offers: tuple[OfferedBy, ...]
    issued: int
    """Licences, on all pages."""
    licenses: tuple[Issued, ...]
    stretches: Mapping[str, Stretch]
    published_at: int
    block: int
    transaction: str

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Terms {self.conditions.index}: {self.conditions.title}"

    @property
    def summary(self) -> str:
        """What it says."""
        return f"They allow: {', '.join(self.conditions.granted)}."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the terms that the path names by their number.

        Raises:
            RefusalError: there are none.
        """
        number = reading.asked.number("terms")
        query = select(TERMS, TERMS.c.index.label("number")).where(TERMS.c.index == number)
        row = reading.connection.execute(query).first()
        if row is None:
            raise not_found(f"There are no terms {number:,} up to block {reading.index.block:,}.")
        paging = Paging(reading)
        return cls(
            index=reading.index,
            conditions=conditions_of(reading, row),
            text=_text(reading, row.text),
            offered=reading.connection.execute(
                select(func.count()).select_from(_standing(reading, row.id).subquery())
            ).scalar_one(),
            offers=_offers(paging, row.id, row.token),
            issued=reading.connection.execute(
                select(func.count()).select_from(LICENSES).where(LICENSES.c.terms == row.id)
            ).scalar_one(),
            licenses=_licenses(paging, row.id),
            stretches=paging.stretches,
            published_at=row.at,
            block=row.block,
            transaction=row.transaction,
        )


def _text(reading: Reading, digest: str) -> str | None:
    """Return the text if its bytes are here and hash to what the terms say."""
    known = template_of(from_hex(digest))
    body = known.text if known else text_of(reading.connection, digest)
    return None if body is None or f"0x{sha256(body).hexdigest()}" != digest else body.decode("utf-8", "replace")


def _standing(reading: Reading, terms: str) -> Select[int, int, str, int | None, str]:
    """Choose the offers under the terms that can be taken."""
    columns = (OFFERS.c.dataset, OFFERS.c.price, OFFERS.c.licensee, OFFERS.c.left, DATASETS.c.owner)
    return standing_offers(reading.index.at).with_only_columns(*columns).where(OFFERS.c.terms == terms)


def _offers(paging: Paging, terms: str, token: str) -> tuple[OfferedBy, ...]:
    query = _standing(paging.reading, terms).order_by(OFFERS.c.dataset, OFFERS.c.licensee)
    rows = paging.rows("offers", query)
    names = named(paging.reading, (it.dataset for it in rows))
    return tuple(
        OfferedBy(
            dataset=names[it.dataset],
            owner=it.owner,
            price=paging.reading.tokens.money(it.price, token),
            licensee=None if it.licensee == ETHER else it.licensee,
            left=it.left,
        )
        for it in rows
    )


def _licenses(paging: Paging, terms: str) -> tuple[Issued, ...]:
    rows = paging.rows("licenses", select(LICENSES).where(LICENSES.c.terms == terms).order_by(LICENSES.c.id.desc()))
    names, now = named(paging.reading, (it.dataset for it in rows)), paging.reading.index.at
    return tuple(
        Issued(
            license=it.id,
            dataset=names[it.dataset],
            holder=it.holder,
            state=state_of(it.expires_at, now, revoked=it.revoked),
            expires_at=it.expires_at,
            acquired_at=it.at,
        )
        for it in rows
    )
