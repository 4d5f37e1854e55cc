"""What ERC-721 says alike of datasets and of licences: who holds which."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table

from audiera.client import events
from audiera.indexer.derive.batch import Batch
from audiera.indexer.rows import GapError
from audiera.indexer.tables import DATASETS, LICENSES, TRANSFERS
from audiera.protocol import ETHER

__all__ = ["DATASET", "LICENSE", "moved"]

DATASET: Final = 0, DATASETS, "owner"
LICENSE: Final = 1, LICENSES, "holder"


def moved(batch: Batch, event: events.Transfer, what: tuple[int, Table, str]) -> None:
    """Write down a change of hands. A token that is made says so before its contract says the rest."""
    contract, table, column = what
    batch.rows.append(TRANSFERS, contract=contract, token_id=event.id, from_=event.from_, to=event.to, **batch.here)
    if event.from_ == ETHER:
        return
    token = batch.rows.need(table, event.id)
    if token.text(column) != event.from_:
        raise GapError(f"{event.from_} transfers {table.name} {event.id}, which {token.text(column)} has")
    token.set(**{column: event.to})
