"""Asks tokens for their symbols and decimals, and never again for what one has said.

A token is anybody's contract. It gets little gas, its answer is cut, and what it cannot have said fit for a page is
left out; a symbol that a well-known token has is not another's, nor is one that looks like it but for a mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from audiera.indexer.follow import RetryError, Wire
from audiera.indexer.revision import revise
from audiera.indexer.tables import CHAIN, TOKENS
from audiera.protocol import ETHER
from audiera.quantities import KNOWN_TOKENS
from audiera.text import from_hex

__all__ = ["ask_tokens", "symbol_of"]

_AT_ONCE: Final = 16  # tokens
_GAS: Final = 200_000
_FIRST: Final = 60  # seconds until a token that gave no answer is asked for the second time; then twice as long
_ATTEMPTS: Final = 10  # after which it is let be: half a day
_MOST: Final = 36  # decimals
_SYMBOL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.$+_-]{0,15}")
_MARKS: Final = re.compile(r"[.$+_-]")
_SYMBOL_CALL, _DECIMALS_CALL = "0x95d89b41", "0x313ce567"
_TAKEN: Final = {symbol.casefold() for symbol, _ in KNOWN_TOKENS.values()} | {"eth"}


def ask_tokens(batch: Callable[[], AbstractContextManager[Connection]], wire: Wire, now: int) -> int:
    """Ask some tokens that were not asked yet, or gave no answer, and return how many those were.

    Args:
        batch: a transaction that may write; none is open while a node is asked.
        wire: the node.
        now: Unix seconds.
    """
    with batch() as connection:
        chain_id = connection.execute(select(CHAIN.c.chain_id)).scalar()
        of = TOKENS.c
        due = select(TOKENS).where(of.next_try <= now).order_by(of.next_try, of.token).limit(_AT_ONCE)
        asked = connection.execute(due).all()
    known = {token: said for (chain, token), said in KNOWN_TOKENS.items() if chain == chain_id} | {ETHER: ("ETH", 18)}
    said = {it.token: known.get(it.token) or _ask(wire, it.token) for it in asked}
    if asked:
        with batch() as connection:
            for it in asked:
                values = _values(it, *said[it.token], now)
                connection.execute(update(TOKENS).where(TOKENS.c.token == it.token).values(values))
            revise(connection)
    return len(asked)


def symbol_of(wire: Wire, token: str) -> str:
    """Return what a token calls itself, be it another's symbol, too; empty if it is none for a page."""
    return _symbol(_call(wire, token, _SYMBOL_CALL))


def _values(token: Row[Any], symbol: str | None, decimals: int | None, now: int) -> dict[str, object]:
    """Return what is new of a token, and when it is asked for the rest."""
    attempts, values = token.attempts + 1, {"decimals": decimals if token.decimals is None else token.decimals}
    is_done = attempts == _ATTEMPTS or (symbol is not None and values["decimals"] is not None)
    next_try = None if is_done else now + (_FIRST << token.attempts)
    return {**values, "symbol": symbol or token.symbol, "attempts": attempts, "next_try": next_try}


def _ask(wire: Wire, token: str) -> tuple[str | None, int | None]:
    """Return the symbol of a token, empty if it is none for a page, and its decimals; None of what it does not say."""
    symbol, word = _call(wire, token, _SYMBOL_CALL), _call(wire, token, _DECIMALS_CALL)
    decimals = int.from_bytes(word) if len(word) == 32 else _MOST + 1
    said = _symbol(symbol)
    free = "" if _MARKS.sub("", said).casefold() in _TAKEN else said
    return free if symbol else None, decimals if decimals <= _MOST else None


def _call(wire: Wire, token: str, data: str) -> bytes:
    """Return what a token answers; nothing if it or the node does not."""
    try:
        (answer,) = wire.ask([("eth_call", [{"to": token, "data": data, "gas": hex(_GAS)}, "latest"])])
        return from_hex(str(answer))
    except (RetryError, ValueError):
        return b""


def _symbol(answer: bytes) -> str:
    """Return a symbol as it may stand on a page: a string, or 32 bytes as old tokens have it."""
    if len(answer) > 64 and int.from_bytes(answer[:32]) == 32:
        answer = answer[64 : 64 + int.from_bytes(answer[32:64])]
    text = answer.rstrip(b"\0").decode("ascii", "replace")
    return text if _SYMBOL.fullmatch(text) else ""
