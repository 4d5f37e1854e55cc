"""All items of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from sqlalchemy import func, select

from audiera.explorer.asked import Reading
from audiera.explorer.described import Described, described
from audiera.explorer.items import ItemRow, items_of
from audiera.explorer.registered import dataset_row
from audiera.explorer.view import View
from audiera.indexer.tables import ITEMS

__all__ = ["ItemsView"]

_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class ItemsView(View):
    """A page of the items of a dataset."""

    TABLES: ClassVar[tuple[str, ...]] = ("items",)

    id: int
    described: Described
    total: int
    """Items that are known here."""
    items: tuple[ItemRow, ...]
    start: int
    """The position of the first."""
    next: int | None
    """Where the next page starts; None on the last."""

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Items of {self.described.name or f'dataset {self.id}'}"

    @property
    def summary(self) -> str:
        """What it says."""
        return f"{self.total:,} items: title, length, tempo, key and hash of each."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the page that is asked for.

        Raises:
            RefusalError: there is no such dataset.
        """
        dataset, start = dataset_row(reading).id, reading.asked.whole("from") or 0
        total = reading.connection.execute(
            select(func.count()).select_from(ITEMS).where(ITEMS.c.dataset == dataset)
        ).scalar_one()
        return cls(
            index=reading.index,
            id=dataset,
            described=described(reading.connection, [dataset])[dataset],
            total=total,
            items=items_of(reading, dataset, start=start, most=_PAGE),
            start=start,
            next=start + _PAGE if start + _PAGE < total else None,
        )
