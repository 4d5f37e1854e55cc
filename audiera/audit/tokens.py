"""Amounts of tokens: in findings exactly, with the address of the token, and in tables by a name that a legend has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from audiera.indexer import well_known
from audiera.indexer.tables import TOKENS
from audiera.protocol import to_address
from audiera.quantities import Amount

__all__ = ["Worth"]

_BEGUN: Final = 10  # letters of an address


@dataclass(frozen=True, slots=True)
class Worth:
    """What tokens call themselves. A symbol proves nothing, so findings name the address, and tables have a legend."""

    known: Mapping[str, tuple[str, int]]
    """Symbol and decimals of the tokens that are the same to everybody."""
    said: Mapping[str, tuple[str, int]]
    """What the others say, maybe no symbol."""
    alone: Collection[str]
    """Of those, the ones whose symbol no other says."""
    ask: Callable[[str], str]
    """Returns the symbol of a token that has none here: it may be one that another is known by."""
    _names: dict[str, str] = field(default_factory=dict, repr=False)
    _asked: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, connection: Connection, ask: Callable[[str], str]) -> Worth:
        """Return what the tokens of an index said."""
        known = well_known(connection)
        rows = connection.execute(select(TOKENS).where(TOKENS.c.decimals.is_not(None)))
        said = {it.token: (it.symbol, it.decimals) for it in rows if it.token not in known}
        counts = Counter(symbol.casefold() for symbol, _ in said.values())
        alone = {token for token, (symbol, _) in said.items() if symbol and counts[symbol.casefold()] == 1}
        return cls(known, said, alone, ask)

    def of(self, value: int, token: str) -> str:
        """Write so many smallest units of a token, with its address if it is none that everybody knows."""
        symbol = self._symbol(token)
        return self._written(value, token, f"{symbol}({token})" if symbol else token)

    def brief(self, value: int, token: str) -> str:
        """Write so many smallest units of a token by its name in the legend."""
        return self._written(value, token, self.name(token))

    def name(self, token: str) -> str:
        """Return what a token is called in tables: what it alone says, else with the beginning of its address."""
        if token in self.known:
            return self.known[token][0]
        if token not in self._names:
            symbol, begun = self._symbol(token), f"{token[:_BEGUN]}…"
            name = symbol if token in self.alone else f"{symbol} ({begun})" if symbol else begun
            self._names[token] = token if name in self._names.values() else name
        return self._names[token]

    def legend(self) -> list[tuple[str, str]]:
        """Return name and address of the tokens that were written by a name that is not everybody's."""
        return [(name, token) for token, name in self._names.items()]

    def _symbol(self, token: str) -> str:
        said = self.said.get(token, ("", 0))[0]
        if not said and token not in self.known and token not in self._asked:
            self._asked[token] = self.ask(token)
        return said or self._asked.get(token, "")

    def _written(self, value: int, token: str, name: str) -> str:
        symbol, decimals = self.known.get(token) or (name, self.said.get(token, ("", -1))[1])
        if decimals < 0:
            symbol, decimals = f"smallest units of {name}", 0
        return str(Amount(value, to_address(token), symbol, decimals))
