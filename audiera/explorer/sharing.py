"""Splits, put together from their rows."""

from __future__ import annotations

from sqlalchemy import select

from audiera.explorer.asked import Reading
from audiera.explorer.refusals import not_found
from audiera.explorer.strangers import cut
from audiera.indexer.tables import SHARES
from audiera.protocol import Share, Split
from audiera.text import from_hex

__all__ = ["split_of"]


def split_of(reading: Reading, split_id: str) -> Split:
    """Return a split by its id.

    Raises:
        RefusalError: the index has none.
    """
    rows = reading.connection.execute(select(SHARES).where(SHARES.c.split == split_id).order_by(SHARES.c.position))
    shares = tuple(Share(from_hex(row.payee), row.ppm) for row in rows)
    if not shares:
        raise not_found(f"There is no split {cut(split_id, 66)} up to block {reading.index.block:,}.")
    return Split(shares)
