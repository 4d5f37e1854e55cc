"""What is in a catalogue, and which catalogues a dataset is in: from the index."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, select

from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging
from audiera.indexer.tables import MEMBERSHIPS, TERMS
from audiera.protocol import PERPETUAL

__all__ = ["Membership", "catalogues_of", "members_of"]


@dataclass(frozen=True, slots=True)
class Membership:
    """That licences of a catalogue under some terms cover a dataset, seen from either."""

    dataset: Named
    """The other: of a catalogue the member, of a member the catalogue."""
    terms: int
    """Their number."""
    since: int
    until: int
    """`PERPETUAL` while nobody has left."""


def members_of(paging: Paging, catalogue: int) -> tuple[Membership, ...]:
    """Return what a catalogue covers now, a page of it: the table is called `members`."""
    return _memberships(paging, "members", MEMBERSHIPS.c.catalogue, MEMBERSHIPS.c.dataset, catalogue)


def catalogues_of(paging: Paging, dataset: int) -> tuple[Membership, ...]:
    """Return the catalogues that cover a dataset now, a page of them: the table is called `catalogues`."""
    return _memberships(paging, "catalogues", MEMBERSHIPS.c.dataset, MEMBERSHIPS.c.catalogue, dataset)


def _memberships(
    paging: Paging, table: str, of: Column[int], other: Column[int], dataset: int
) -> tuple[Membership, ...]:
    query = (
        select(other.label("other"), TERMS.c.index.label("number"), MEMBERSHIPS.c.since, MEMBERSHIPS.c.until)
        .join(TERMS, TERMS.c.id == MEMBERSHIPS.c.terms)
        .where(of == dataset, MEMBERSHIPS.c.since > 0, MEMBERSHIPS.c.until > paging.reading.index.at)
        .order_by(other, TERMS.c.index)
    )
    rows = paging.rows(table, query)
    names = named(paging.reading, (it.other for it in rows))
    return tuple(Membership(names[it.other], it.number, it.since, min(it.until, PERPETUAL)) for it in rows)
