"""Whose index it is: the chain and the contracts that a gateway serves."""

from __future__ import annotations

import json

from sqlalchemy import inspect, select

from audiera.errors import InputError
from audiera.indexer import answering, check_index, open_reader
from audiera.indexer.tables import CHAIN
from audiera.protocol import Domain, to_address

__all__ = ["ledger_of"]


def ledger_of(index: str) -> Domain:
    """Return what the vouchers are signed for of the chain that an index is of.

    Raises:
        InputError: if there is no index of this release, it does not answer, or it is empty.
    """
    check_index(index)
    engine = open_reader(index, 10.0)
    try:
        with answering(engine), engine.connect() as connection:
            is_begun = inspect(connection).has_table(CHAIN.name)  # what follows the chain may be about to
            row = connection.execute(select(CHAIN)).one_or_none() if is_begun else None
    finally:
        engine.dispose()
    if row is None:
        raise InputError("The index is empty; fill it with `audiera index` first.")
    return Domain("UsageLedger", row.chain_id, to_address(json.loads(row.suite)["UsageLedger"]))
