"""What every page is: an object made by queries, and shown in three forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from audiera.explorer.asked import Reading
from audiera.explorer.site import Site
from audiera.explorer.source import Index

__all__ = ["Page", "Paper", "View"]


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows, and its JSON says. Text of strangers is in it as they wrote it."""

    TABLES: ClassVar[tuple[str, ...]] = ()
    """The fields that are tables, rows of one kind each: they are had as CSV, too."""

    index: Index

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return what the index says to what is asked.

        Raises:
            RefusalError: it has nothing of that, or the question cannot be read.
        """
        raise NotImplementedError

    @property
    def title(self) -> str:
        """What the page is called, by strangers perhaps."""
        return "Audiera"

    @property
    def summary(self) -> str:
        """What it says, in a sentence for those who decide whether to look."""
        return ""


@dataclass(frozen=True, slots=True)
class Page:
    """One kind of page: where it is, what it shows and how it is drawn."""

    path: str
    """Its route, such as ``/datasets/{dataset:int}``."""
    view: type[View]
    template: str
    other: str = ""
    """The route that its other forms begin with, if not its path."""

    @property
    def stem(self) -> str:
        """What `.json`, and `/NAME.csv` for each table, are put behind."""
        return self.other or self.path


@dataclass(frozen=True, slots=True)
class Paper:
    """One kind of document for machines, whose form others define."""

    path: str
    media_type: str
    write: Callable[[Reading, Site], bytes]
