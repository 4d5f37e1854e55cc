"""The offers that can be taken, as the contracts have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, case, select

from audiera.indexer.tables import CLEARANCES, DATASETS, MEMBERSHIPS, OFFERS, TERMS
from audiera.protocol import ETHER, PERPETUAL, DatasetFlag

__all__ = ["covering_offers", "listings_of", "standing_offers"]

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

_COVERED_UNTIL: Final[ColumnElement[int]] = case(
    (MEMBERSHIPS.c.until >= PERPETUAL, PERPETUAL),
    (TERMS.c.duration > 0, MEMBERSHIPS.c.until - TERMS.c.duration),
    else_=-1,
)
"""The last second in which one of `covering_offers` can be taken and covers the member for all of its duration.

Where a member has given notice, a licence that lasts longer covers it until the membership ends, and no longer.
"""


def listings_of(connection: Connection, datasets: Sequence[int], now: int) -> Mapping[int, list[dict[str, Any]]]:
    """Return the rows of `listings` of some datasets: of their own offers, and of those that cover them as members."""
    own = standing_offers(now).where(OFFERS.c.dataset.in_(datasets), OFFERS.c.licensee == ETHER)
    covering = covering_offers(now).where(MEMBERSHIPS.c.dataset.in_(datasets), OFFERS.c.licensee == ETHER)
    found: dict[int, list[dict[str, Any]]] = {dataset: [] for dataset in datasets}
    for row in chain(connection.execute(own), connection.execute(covering)):
        found[row.covered].append(
            {
                "dataset": row.covered,
                "terms": row.terms,
                "source": row.dataset,
                "rights": row.rights,
                "meter": row.meter,
                "token": row.token,
                "price": row.price,
                "unit_price": row.unit_price,
                "duration": row.duration or PERPETUAL,
                "until": row.taken_until,
            }
        )
    return found


def standing_offers(now: int) -> Select[Any]:
    """Return the query of all offers, to whomever, that can be taken in a second: each with its terms.

    They are of their dataset's epoch and not used up, and no clearance stands in their way.
    """
    columns = (OFFERS, TERMS, OFFERS.c.dataset.label("covered"), _TAKEN_UNTIL.label("taken_until"))
    return (
        _with_terms(select(*columns).select_from(OFFERS))
        .outerjoin(CLEARANCES, CLEARANCES.c.dataset == OFFERS.c.dataset)
        .where(now <= _TAKEN_UNTIL)
    )


def covering_offers(now: int) -> Select[Any]:
    """Return the query of all offers of catalogues, as of `standing_offers`, once for each dataset that they cover.

    A member is covered for all that the terms grant: it could not join before it was cleared for that, for ever. Its
    membership is of these terms alone, and does not end before the licence would; that it has begun, the chain says by
    its being there.
    """
    columns = (OFFERS, TERMS, MEMBERSHIPS.c.dataset.label("covered"), _COVERED_UNTIL.label("taken_until"))
    member = (MEMBERSHIPS.c.catalogue == OFFERS.c.dataset) & (MEMBERSHIPS.c.terms == OFFERS.c.terms)
    return _with_terms(select(*columns).select_from(MEMBERSHIPS).join(OFFERS, member)).where(
        MEMBERSHIPS.c.since > 0, now <= _COVERED_UNTIL
    )


def _with_terms(offers: Select[Any]) -> Select[Any]:
    """Add the terms of offers that are of their dataset's epoch and not used up."""
    return (
        offers.join(TERMS, TERMS.c.id == OFFERS.c.terms)
        .join(DATASETS, (DATASETS.c.id == OFFERS.c.dataset) & (DATASETS.c.epoch == OFFERS.c.epoch))
        .where(OFFERS.c.left.is_(None) | (OFFERS.c.left > 0))
    )
