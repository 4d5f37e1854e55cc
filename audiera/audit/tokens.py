"""Amounts as findings write them, exactly: in the symbol and decimals that a token states, or its smallest unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from audiera.indexer.tables import TOKENS
from audiera.protocol import ETHER, to_address
from audiera.quantities import Amount

__all__ = ["Worth"]


@dataclass(frozen=True, slots=True)
class Worth:
    """What tokens call themselves. A symbol proves nothing, so reports name the address beside each amount."""

    known: Mapping[str, tuple[str, int]]

    @classmethod
    def read(cls, connection: Connection) -> Worth:
        """Return what the tokens of an index said."""
        rows = connection.execute(select(TOKENS).where(TOKENS.c.decimals.is_not(None)))
        return cls({ETHER: ("ETH", 18)} | {it.token: (it.symbol or it.token, it.decimals) for it in rows})

    def of(self, value: int, token: str) -> str:
        """Write so many smallest units of a token."""
        symbol, decimals = self.known.get(token, (f"smallest units of {token}", 0))
        return str(Amount(value, to_address(token), symbol, decimals))
