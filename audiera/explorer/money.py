"""Amounts on pages: exact, with the token's name where it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from markupsafe import Markup, escape
from sqlalchemy import Connection

from audiera.explorer.strangers import cut
from audiera.indexer import said_of, spelled, well_known
from audiera.protocol import ETHER, to_address
from audiera.quantities import Amount, format_units, parse_amount

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
    called: str | None = None
    """What a token that it does not know calls itself, as anybody may; None: it has not even said its decimals."""

    @property
    def is_scaled(self) -> bool:
        """Whether the token's decimals are known: else it is counted in its smallest unit."""
        return self.symbol is not None or self.called is not None

    @property
    def unit(self) -> str:
        """Return what it is counted in: a name that is known, or the token's own with the beginning of its address."""
        if self.symbol is not None:
            return self.symbol
        at = cut(self.token, 6)
        return f"{self.called} ({at})" if self.called else at

    @property
    def plain(self) -> str:
        """As commands read it: without commas, and of a token by its address, which names of others cannot change."""
        unit = "ETH" if self.token == ETHER else self.token
        return f"{format_units(int(self.amount), self.decimals)} {unit}"

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

    @property
    def _of(self) -> str:
        return " of" if self.is_scaled else " units of"

    def _written(self, whole: str, fraction: str) -> str:
        number = f"{int(whole):,}.{fraction}" if fraction else f"{int(whole):,}"
        return f"{number} {self.unit}" if self.symbol or self.called else f"{number}{self._of} {self.unit}"


def brief(money: Money) -> Markup:
    """Return an amount as a column of figures has it, as HTML; what is left out of it is its title."""
    shown, exact = money.brief, str(money)
    return escape(shown) if shown == exact else Markup('<span title="{}">{}</span>').format(exact, shown)


@dataclass(frozen=True)
class Tokens:
    """The tokens that an explorer can name, on the chain of its index."""

    named: Mapping[str, tuple[str, int]]
    """Symbol and decimals by address, beside those that are known everywhere."""
    connection: Connection
    """To the index, which has what others say of themselves."""
    _said: dict[str, tuple[str, int] | None] = field(default_factory=dict, repr=False)

    @cached_property
    def known(self) -> Mapping[str, tuple[str, int]]:
        """Symbol and decimals of every token that has a name here, by address."""
        return {**self.named, **well_known(self.connection)}

    def name(self, token: str) -> str:
        """Return what a token is called here, if not by a name that is known, with the beginning of its address."""
        return self.money(0, token).unit

    def money(self, amount: int, token: str) -> Money:
        """Return an amount of a token; of one whose decimals nobody said, in its smallest unit."""
        address = to_address(token)
        if known := self.known.get(address):
            return Money(str(amount), address, *known)
        called, decimals = self._own(address) or (None, 0)
        return Money(str(amount), address, None, decimals, called)

    def read(self, text: str) -> Amount:
        """Return the amount of a text such as ``5 USDC``, of any token that has a name here or is written by address.

        Raises:
            AudieraError: if it is none, or of no token that is known, or of more than one.
        """
        return parse_amount(text, spelled(self.connection, text, self.known))

    def _own(self, address: str) -> tuple[str, int] | None:
        """Return what a token says of itself, if it was asked and did."""
        if address not in self._said:
            self._said[address] = said_of(self.connection, address)
        return self._said[address]
