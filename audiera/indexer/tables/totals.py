"""What is counted of everything, so that nobody has to count it: kept as events come, and taken back with them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, Table

from audiera.indexer.tables.base import METADATA, address, amount, number, words

__all__ = ["KIND_TOTALS", "LEDGER_TOTALS", "TOKEN_TOTALS"]

KIND_TOTALS: Final = Table(
    "kind_totals",
    METADATA,
    Column("kind", Integer, primary_key=True, autoincrement=False),  # `Kind`
    number("datasets"),
    number("items"),  # of their newest versions
)

TOKEN_TOTALS: Final = Table(
    "token_totals",
    METADATA,
    address("token", primary=True),
    number("payments"),
    words("amount"),  # in digits: a token of somebody's can pay 256 bits as often as it likes
    number("last_at"),
)
"""All credits from outside, by token."""

LEDGER_TOTALS: Final = Table(
    "ledger_totals",
    METADATA,
    words("what", primary=True),  # batches: that were settled; uses: recorded on chain, or collected of batches
    amount("number"),
)
