"""What tokens say of themselves, which no event tells."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, Table

from audiera.indexer.tables.base import METADATA, address, number, words

__all__ = ["TOKENS"]

TOKENS: Final = Table(
    "tokens",
    METADATA,
    address("token", primary=True),
    words("symbol"),  # what it calls itself, as anybody may; empty: nothing that could be shown
    Column("decimals", Integer),  # none: it has not said
    number("attempts"),
    number("next_try", optional=True, indexed=True),  # Unix seconds; none: it is not asked again
)
"""Every token that terms, payments, channels or campaigns name: asked once, since tokens do not change this."""
