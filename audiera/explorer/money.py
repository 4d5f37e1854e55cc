"""Amounts on pages: exact, with the token's name where it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from audiera.explorer.strangers import cut
from audiera.protocol import ETHER, to_address
from audiera.quantities import KNOWN_TOKENS, format_units

__all__ = ["Money", "Tokens", "brief"]

_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Money:
    """So much of a token."""

    amount: str
    """In the token's smallest unit, as digits: JSON of others may have no number so large."""
    token: str
    """Its address; zero is ETH."""
    symbol: str | None
    """None: no token that this explorer knows."""
    decimals: int

    @property
    def plain(self) -> str:
        """As commands read it: without commas."""
        return f"{format_units(int(self.amount), self.decimals)} {self.symbol or cut(self.token, 42)}"

    @property
    def brief(self) -> str:
        """As a column of figures has it: six decimals that count, and a sign that there are more."""
        whole, fraction = self._parts()
        zeros = 0 if int(whole) else len(fraction) - len(fraction.lstrip("0"))
        shown = fraction[: zeros + _DECIMALS]
        return f"{'≈ ' if shown != fraction else ''}{self._written(whole, shown.rstrip('0'))}"

    def __str__(self) -> str:
        return self._written(*self._parts())

    def _parts(self) -> tuple[str, str]:
        whole, _, fraction = format_units(int(self.amount), self.decimals).partition(".")
        return whole, fraction

    def _written(self, whole: str, fraction: str) -> str:
        number = f"{int(whole):,}.{fraction}" if fraction else f"{int(whole):,}"
        return f"{number} {self.symbol}" if self.symbol else f"{number} units of {cut(self.token, 6)}"


def brief(money: Money) -> Markup:
    """Return an amount as a column of figures has it, as HTML; what is left out of it is its title."""
    shown, exact = money.brief, str(money)
    return escape(shown) if shown == exact else Markup('<span title="{}">{}</span>').format(exact, shown)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens that an explorer can name, on the chain of its index."""

    chain_id: int
    named: Mapping[str, tuple[str, int]]
    """Symbol and decimals by address, beside those that are known everywhere."""

    @property
    def known(self) -> Mapping[str, tuple[str, int]]:
        """Symbol and decimals of every token that has a name here, by address."""
        everywhere = {str(token): said for (chain, token), said in KNOWN_TOKENS.items() if chain == self.chain_id}
        return {ETHER: ("ETH", 18), **self.named, **everywhere}

    def name(self, token: str) -> str:
        """Return what a token is called here: by its symbol, or by the beginning of its address."""
        symbol, _ = self.known.get(to_address(token), (cut(token, 8), 0))
        return symbol

    def money(self, amount: int, token: str) -> Money:
        """Return an amount of a token; of one without a name here, in its smallest unit."""
        address = to_address(token)
        symbol, decimals = self.known.get(address, (None, 0))
        return Money(str(amount), address, symbol, decimals)
