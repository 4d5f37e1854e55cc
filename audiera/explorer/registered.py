"""The dataset that a page is about, as the registry has it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from audiera.explorer.asked import Reading
from audiera.explorer.refusals import not_found
from audiera.indexer.tables import DATASETS

__all__ = ["dataset_row"]


def dataset_row(reading: Reading) -> Row[Any]:
    """Return the dataset that the path names.

    Raises:
        RefusalError: there is none.
    """
    dataset = reading.asked.number("dataset")
    row = reading.connection.execute(select(DATASETS).where(DATASETS.c.id == dataset)).first()
    if row is None:
        raise not_found(f"There is no dataset {dataset:,} up to block {reading.index.block:,}.")
    return row
