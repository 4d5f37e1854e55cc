"""Tokens by what an index knows of them: what each says of itself, and which one a price names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, func, select

from audiera.errors import InputError
from audiera.indexer.tables import CHAIN, TOKENS
from audiera.protocol import ETHER, to_address
from audiera.quantities import KNOWN_TOKENS

__all__ = ["said_of", "spelled", "well_known"]

_LISTED: Final = 5  # tokens that call themselves alike


def well_known(connection: Connection) -> dict[str, tuple[str, int]]:
    """Return symbol and decimals, by address, of the tokens that are the same to everybody on the index's chain."""
    chain_id = connection.execute(select(CHAIN.c.chain_id)).scalar()
    known = {str(token): said for (chain, token), said in KNOWN_TOKENS.items() if chain == chain_id}
    return {ETHER: ("ETH", 18), **known}


def said_of(connection: Connection, token: str) -> tuple[str, int] | None:
    """Return what a token calls itself, maybe nothing, and its decimals; None if it has not said those."""
    row = connection.execute(select(TOKENS.c.symbol, TOKENS.c.decimals).where(TOKENS.c.token == token)).first()
    return None if row is None or row.decimals is None else (row.symbol, row.decimals)


def spelled(connection: Connection, price: str, known: Mapping[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
    """Return the tokens that a price such as ``5 USDC`` or ``0.1 0x.../second`` may be read with, by name.

    Those are the known ones, and the one that is named by its address or by what it alone calls itself. One that has
    not said its decimals is counted in its smallest unit, as it is shown.

    Args:
        connection: to an index.
        price: what somebody wrote.
        known: symbol and decimals by address of the tokens that have a name here, which no other takes.

    Raises:
        InputError: if it is no address, or several tokens call themselves so.
    """
    names = {symbol: (token, decimals) for token, (symbol, decimals) in known.items()}
    written = price.partition("/")[0].strip().partition(" ")[2].strip()
    if written.startswith("0x"):
        token = to_address(written)
        _, decimals = known.get(token) or said_of(connection, token) or ("", 0)
        names[written] = token, decimals
        return names
    if not written or written.casefold() in map(str.casefold, names):
        return names
    of = TOKENS.c
    alike = (func.lower(of.symbol) == written.lower()) & of.decimals.is_not(None) & of.token.not_in(list(known))
    statement = select(of.token, of.decimals).where(alike).order_by(of.token).limit(_LISTED + 1)
    found = connection.execute(statement).all()
    if len(found) > 1:
        listed = ", ".join(it.token for it in found[:_LISTED])
        more = " and others" if len(found) > _LISTED else ""
        raise InputError(
            f"{written!r} is what several tokens call themselves: {listed}{more}. Write the address of one."
        )
    for it in found:
        names[written] = it.token, it.decimals
    return names
