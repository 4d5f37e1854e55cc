"""The offers to anyone that are in force, as the contracts have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from audiera.indexer.tables import CLEARANCES, DATASETS, OFFERS, TERMS
from audiera.protocol import ETHER, PERPETUAL, DatasetFlag

__all__ = ["listings_of", "offers_with_limits", "taken_until"]


def listings_of(connection: Connection, datasets: Sequence[int], now: int) -> Mapping[int, list[dict[str, Any]]]:
    """Return the rows of `listings` of some datasets."""
    statement = offers_with_limits(datasets).where(OFFERS.c.licensee == ETHER)
    statement = statement.order_by(OFFERS.c.dataset, TERMS.c.index)
    found: dict[int, list[dict[str, Any]]] = {dataset: [] for dataset in datasets}
    for row in connection.execute(statement):
        until = taken_until(row)
        if until >= now:
            found[row.dataset].append(
                {
                    "dataset": row.dataset,
                    "terms": row.terms,
                    "rights": row.rights,
                    "meter": row.meter,
                    "token": row.token,
                    "price": row.price,
                    "unit_price": row.unit_price,
                    "duration": row.duration or PERPETUAL,
                    "until": until,
                    "left": row.left,
                }
            )
    return found


def offers_with_limits(datasets: Sequence[int]) -> Select[Any]:
    """Return the query of the offers of some datasets that are of their epoch and not used up, to whomever.

    What `taken_until` needs to know is in each row.
    """
    return (
        select(OFFERS, TERMS, DATASETS.c.flags.label("dataset_flags"), CLEARANCES.c.rights_ceiling)
        .add_columns(CLEARANCES.c.until.label("cleared_until"))
        .select_from(OFFERS)
        .join(TERMS, TERMS.c.id == OFFERS.c.terms)
        .join(DATASETS, (DATASETS.c.id == OFFERS.c.dataset) & (DATASETS.c.epoch == OFFERS.c.epoch))
        .outerjoin(CLEARANCES, CLEARANCES.c.dataset == OFFERS.c.dataset)
        .where(OFFERS.c.dataset.in_(datasets), OFFERS.c.left.is_(None) | (OFFERS.c.left > 0))
    )


def taken_until(row: Row[Any]) -> int:
    """Return the last second in which an offer can be taken; -1 if a clearance stands in the way.

    A clearance that ends allows what ends no later: `LicenseRegistry` refuses the rest, and clips nothing.
    """
    if not row.dataset_flags & DatasetFlag.Derived:
        return PERPETUAL
    if row.cleared_until is None or row.rights & ~row.rights_ceiling:
        return -1
    if row.cleared_until >= PERPETUAL:
        return PERPETUAL
    return int(row.cleared_until - row.duration) if row.duration else -1
