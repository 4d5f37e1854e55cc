"""Which documents there are, and where a store has them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from sqlalchemy import Column

from audiera.indexer.tables import DOCUMENTS

__all__ = ["NAMED", "Paper"]


class Paper(StrEnum):
    """What a document is."""

    MANIFEST = "manifest"
    """Named by the registry."""
    ITEMS = "items"
    """The item table, named by a manifest."""
    CONTRIBUTORS = "contributors"
    """A list of people that is too long for the manifest, which names it."""
    PEAKS = "peaks"
    """The waveforms of the items, named by a manifest."""
    PREVIEWS = "previews"
    """The list of excerpts to hear, named by a manifest."""
    TEXT = "text"
    """A legal text, named by terms."""
    LOG = "log"
    """The uses of a batch, named by the hash of its voucher; where it is published, by its root."""


NAMED: Final[Mapping[Paper, Column[str]]] = {
    Paper.ITEMS: DOCUMENTS.c.item_table,
    Paper.CONTRIBUTORS: DOCUMENTS.c.contributors,
    Paper.PEAKS: DOCUMENTS.c.peaks,
    Paper.PREVIEWS: DOCUMENTS.c.previews,
}
"""The documents that a manifest names, and the column that says which."""
