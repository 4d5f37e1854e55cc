"""The catalogue: every dataset, found by what it is and by what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from sqlalchemy import ColumnElement, Select, exists, func, select

from audiera.explorer.asked import Asked, Reading
from audiera.explorer.described import described
from audiera.explorer.offered import Offered, in_force, offers_of
from audiera.explorer.view import View
from audiera.explorer.words import KINDS, RIGHTS
from audiera.indexer.tables import DATASETS, OFFERS, TERMS
from audiera.protocol import ETHER, DatasetFlag, Kind, Right

__all__ = ["Entry", "Facet", "HomeView"]

_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A dataset in the catalogue."""

    id: int
    name: str | None
    people: tuple[str, ...]
    owner: str
    kind: Kind
    synthetic: bool
    items: int
    length_ms: int
    registered_at: int
    content_root: str
    offers: int
    """How many licences anyone may take."""
    cheapest: Offered | None
    """Of the offers to anyone, the one with the lowest price; of several tokens, in the first."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to narrow the list, and how many datasets would be left."""

    key: str
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class HomeView(View):
    """The catalogue, narrowed by what is asked."""

    TABLES: ClassVar[tuple[str, ...]] = ("datasets", "facets")

    kind: str
    right: str
    total: int
    """Datasets that fit, on all pages."""
    datasets: tuple[Entry, ...]
    facets: tuple[Facet, ...]
    after: int | None
    """The cursor of the next page; None on the last."""

    @property
    def title(self) -> str:
        """What the page is called."""
        return "Music data, with its rights"

    @property
    def summary(self) -> str:
        """What it says."""
        return "Find music data for AI: what it is, what may be done with it, for how much, and who is paid."

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked."""
        return bool(self.kind or self.right)

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the page of the catalogue that is asked for, newest first."""
        asked, connection = reading.asked, reading.connection
        kind, right = asked.choice("kind", _KINDS), asked.choice("right", _RIGHTS)
        after = asked.whole("after")
        fitting = [*_of_kind(kind), *_with_right(right)]
        page = [DATASETS.c.id < after] if after is not None else []
        query = select(DATASETS).where(*fitting, *page).order_by(DATASETS.c.id.desc()).limit(_PAGE + 1)
        rows = connection.execute(query).all()
        shown = rows[:_PAGE]
        known = described(connection, [row.id for row in shown])
        offers = offers_of(reading, [row.id for row in shown])
        entries = []
        for row in shown:
            public = [offer for offer in offers[row.id] if offer.licensee is None]
            entries.append(
                Entry(
                    id=row.id,
                    name=known[row.id].name,
                    people=known[row.id].people,
                    owner=row.owner,
                    kind=Kind(row.kind),
                    synthetic=bool(row.flags & DatasetFlag.Synthetic),
                    items=row.item_count,
                    length_ms=known[row.id].length_ms,
                    registered_at=row.at,
                    content_root=row.content_root,
                    offers=len(public),
                    cheapest=public[0] if public else None,
                )
            )
        return cls(
            index=reading.index,
            kind=kind,
            right=right,
            total=connection.execute(_count(*fitting)).scalar_one(),
            datasets=tuple(entries),
            facets=(*_kinds(reading, asked, kind, right), *_rights(reading, kind, right)),
            after=shown[-1].id if len(rows) > _PAGE else None,
        )


_KINDS: Final = {kind.name.lower(): kind for kind in Kind}
_RIGHTS: Final = {str(right.name): right for right in Right}


def _of_kind(kind: str) -> list[ColumnElement[bool]]:
    return [DATASETS.c.kind == int(_KINDS[kind])] if kind else []


def _with_right(right: str) -> list[ColumnElement[bool]]:
    if not right:
        return []
    offered = (
        select(1)
        .select_from(OFFERS)
        .join(TERMS, TERMS.c.id == OFFERS.c.terms)
        .where(
            OFFERS.c.dataset == DATASETS.c.id,
            OFFERS.c.licensee == ETHER,
            in_force(),
            TERMS.c.rights.bitwise_and(int(_RIGHTS[right])) != 0,
        )
    )
    return [exists(offered.correlate(DATASETS))]


def _count(*fitting: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(DATASETS).where(*fitting)


def _kinds(reading: Reading, asked: Asked, kind: str, right: str) -> list[Facet]:  # noqa: ARG001
    query = select(DATASETS.c.kind, func.count()).where(*_with_right(right)).group_by(DATASETS.c.kind)
    counts = {Kind(each): count for each, count in reading.connection.execute(query)}
    return [
        Facet("kind", name, KINDS[each], counts.get(each, 0), kind == name)
        for name, each in _KINDS.items()
        if counts.get(each) or kind == name
    ]


def _rights(reading: Reading, kind: str, right: str) -> list[Facet]:
    found = []
    for name, each in _RIGHTS.items():
        count = reading.connection.execute(_count(*_of_kind(kind), *_with_right(name))).scalar_one()
        if count or right == name:
            found.append(Facet("right", name, RIGHTS[each][0], count, right == name))
    return found
