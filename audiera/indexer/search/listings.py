"""The offers that can be taken, as the contracts have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, case, select

from audiera.indexer.tables import CLEARANCES, DATASETS, OFFERS, TERMS
from audiera.protocol import ETHER, PERPETUAL, DatasetFlag

__all__ = ["listings_of", "standing_offers"]

_TAKEN_UNTIL: Final[ColumnElement[int]] = case(
    (DATASETS.c.flags.bitwise_and(int(DatasetFlag.Derived)) == 0, PERPETUAL),
    (CLEARANCES.c.until.is_(None), -1),
    (TERMS.c.rights.bitwise_and(CLEARANCES.c.rights_ceiling) != TERMS.c.rights, -1),
    (CLEARANCES.c.until >= PERPETUAL, PERPETUAL),
    (TERMS.c.duration > 0, CLEARANCES.c.until - TERMS.c.duration),
    else_=-1,
)
"""The last second in which one of `standing_offers` can be taken; -1 if a clearance stands in the way.

A clearance that ends allows what ends no later: `LicenseRegistry` refuses the rest, and clips nothing.
"""


def listings_of(connection: Connection, datasets: Sequence[int], now: int) -> Mapping[int, list[dict[str, Any]]]:
    """Return the rows of `listings` of some datasets."""
    statement = standing_offers(now).where(OFFERS.c.dataset.in_(datasets), OFFERS.c.licensee == ETHER)
    statement = statement.order_by(OFFERS.c.dataset, TERMS.c.index)
    found: dict[int, list[dict[str, Any]]] = {dataset: [] for dataset in datasets}
    for row in connection.execute(statement):
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
                "until": row.taken_until,
                "left": row.left,
            }
        )
    return found


def standing_offers(now: int) -> Select[Any]:
    """Return the query of all offers, to whomever, that can be taken in a second: each with its terms.

    They are of their dataset's epoch and not used up, and no clearance stands in their way.
    """
    return (
        select(OFFERS, TERMS, _TAKEN_UNTIL.label("taken_until"))
        .select_from(OFFERS)
        .join(TERMS, TERMS.c.id == OFFERS.c.terms)
        .join(DATASETS, (DATASETS.c.id == OFFERS.c.dataset) & (DATASETS.c.epoch == OFFERS.c.epoch))
        .outerjoin(CLEARANCES, CLEARANCES.c.dataset == OFFERS.c.dataset)
        .where(OFFERS.c.left.is_(None) | (OFFERS.c.left > 0), now <= _TAKEN_UNTIL)
    )
