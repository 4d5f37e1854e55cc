"""Which documents there are, and where a store has them."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Paper"]


class Paper(StrEnum):
    """What a document is."""

    MANIFEST = "manifest"
    """Named by the registry."""
    ITEMS = "items"
    """The item table, named by a manifest."""
    CONTRIBUTORS = "contributors"
    """A list of people that is too long for the manifest, which names it."""
    TEXT = "text"
    """A legal text, named by terms."""
    LOG = "log"
    """The uses of a batch, named by its root."""
