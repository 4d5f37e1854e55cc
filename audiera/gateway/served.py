"""Under whose datasets the store's objects are served.

The chain lets anybody register any content root, so a dataset alone proves nothing: whoever copies another's would buy
from himself, at no price, what the store has of the other's. A dataset changes hands, and its owner publishes versions
with any content. So who answers for a version is its publisher: of the first who registered it, and of a later one who
owned the dataset then.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, bindparam, select, tuple_

from audiera.gateway.looking import Index, rows
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Settings
from audiera.gateway.tables import BROUGHT
from audiera.gateway.taken import Grant
from audiera.indexer.tables import TRANSFERS, VERSIONS
from audiera.text import hex_of

__all__ = ["check_served", "publisher_of"]

_SOME: Final = 500  # values in one statement: databases limit them
_PUBLISHER: Final = (
    select(TRANSFERS.c.to)
    .join(VERSIONS, VERSIONS.c.dataset == TRANSFERS.c.token_id)
    .where(
        TRANSFERS.c.contract == 0,  # datasets
        TRANSFERS.c.token_id == bindparam("dataset"),
        VERSIONS.c.version == bindparam("version"),
        tuple_(TRANSFERS.c.block, TRANSFERS.c.log_index) < tuple_(VERSIONS.c.block, VERSIONS.c.log_index),
    )
    .order_by(TRANSFERS.c.block.desc(), TRANSFERS.c.log_index.desc())
    .limit(1)
)


def publisher_of(index: Index, dataset: int, version: int) -> str:
    """Return who owned a dataset as a version of it was published; empty: there is none."""
    return next((str(it.to) for it in rows(index, _PUBLISHER, dataset=dataset, version=version)), "")


def check_served(
    journal: Connection, settings: Settings, dataset: int, publisher: str, grants: Collection[Grant]
) -> None:
    """Return if items are served under a version: its publisher is one of the operator's, or brought each of them.

    Args:
        journal: has what was brought.
        settings: of the gateway.
        dataset: whose items they are.
        publisher: who published the version.
        grants: the items.

    Raises:
        Problem: `NOT_SERVED`, with the first item that is not.
    """
    if dataset in settings.models:
        raise Problem(Code.NOT_SERVED, f"Dataset {dataset} is a model that is called here; nothing of it is sent.")
    if settings.creators is None or publisher in settings.creators:
        return
    leaves = dict[str, bytes]()
    for it in grants:
        leaves.setdefault(hex_of(it.sha256), it.leaf)
    names = list(leaves)
    for at in range(0, len(names), _SOME):
        some = names[at : at + _SOME]
        query = select(BROUGHT.c.sha256).where(BROUGHT.c.account == publisher, BROUGHT.c.sha256.in_(some))
        brought = set(journal.execute(query).scalars())
        missing = next((it for it in some if it not in brought), None)
        if missing is not None:
            raise Problem(
                Code.NOT_SERVED,
                f"This gateway does not serve dataset {dataset}: {publisher}, who published this version, did not "
                "bring its items here.",
                more={"item": hex_of(leaves[missing])},
            )
