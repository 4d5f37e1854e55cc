"""Makes every derived table anew from the logs that are kept."""

from __future__ import annotations

from sqlalchemy import Connection

from audiera.indexer.derive import Deriver
from audiera.indexer.follow import derive_anew

__all__ = ["rebuild"]


def rebuild(connection: Connection, deriver: Deriver) -> int:
    """Empty the derived tables and derive from every log that is not orphaned; return how many those were.

    It is one transaction: whoever reads meanwhile sees how all was before.

    Raises:
        GapError: if the logs cannot be all; then nothing is changed.
    """
    with connection.begin():
        return derive_anew(connection, deriver)
