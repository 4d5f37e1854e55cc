"""A dataset as Croissant: its manifest joined with the terms in force."""

from __future__ import annotations

from audiera.explorer.asked import Reading
from audiera.explorer.refusals import not_found
from audiera.explorer.site import Site
from audiera.explorer.standing import croissant_of

__all__ = ["croissant"]


def croissant(reading: Reading, _site: Site) -> bytes:
    """Return the newest version that is described, as of the block of the index.

    Raises:
        RefusalError: there is no such dataset, or its manifest is not here.
    """
    document = croissant_of(reading)
    if document is None:
        raise not_found(f"No manifest of dataset {reading.asked.number('dataset'):,} is here that can be read.")
    return document
