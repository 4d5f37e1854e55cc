"""Under whose datasets the store's objects are served.

The chain lets anybody register any content root, so a dataset alone proves nothing: whoever copies another's would buy
from himself, at no price, what the store has of the other's.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, bindparam, select

from audiera.gateway.looking import Index, rows
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Settings
from audiera.gateway.tables import BROUGHT
from audiera.indexer.tables import DATASETS
from audiera.text import hex_of

__all__ = ["check_served", "creator_of"]

_SOME: Final = 500  # values in one statement: databases limit them
_CREATOR: Final = select(DATASETS.c.creator).where(DATASETS.c.id == bindparam("dataset"))


def creator_of(index: Index, dataset: int) -> str:
    """Return who registered a dataset; empty: there is none."""
    return next((str(it.creator) for it in rows(index, _CREATOR, dataset=dataset)), "")


def check_served(
    journal: Connection, settings: Settings, dataset: int, creator: str, objects: Collection[bytes]
) -> None:
    """Return if objects are served under a dataset: its creator is one of the operator's, or brought each of them.

    Args:
        journal: has what was brought.
        settings: of the gateway.
        dataset: whose items they are.
        creator: who registered it.
        objects: their sha-256.

    Raises:
        Problem: `NOT_SERVED`.
    """
    if settings.creators is None or creator in settings.creators:
        return
    names = sorted({hex_of(it) for it in objects})
    for at in range(0, len(names), _SOME):
        some = names[at : at + _SOME]
        query = select(BROUGHT.c.sha256).where(BROUGHT.c.account == creator, BROUGHT.c.sha256.in_(some))
        if len(journal.execute(query).all()) < len(some):
            raise Problem(
                Code.NOT_SERVED,
                f"This gateway does not serve dataset {dataset}: {creator}, who registered it, did not bring its items "
                "here.",
            )
