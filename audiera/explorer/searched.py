"""What the query string asks of the catalogue, as a query of the index; and each part of it in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

from audiera.errors import AudieraError
from audiera.explorer.asked import Asked
from audiera.explorer.money import Tokens
from audiera.explorer.refusals import bad_request
from audiera.explorer.strangers import cut
from audiera.explorer.words import KINDS, METERS, RIGHTS, rights_of
from audiera.indexer.search import Order, Query, parse_key
from audiera.protocol import Kind, Meter, Right, to_address
from audiera.quantities import parse_duration

__all__ = ["FILTERS", "ORDERS", "Chosen", "chosen_of", "query_of", "rights_value"]

_KINDS: Final = {kind.name.lower(): kind for kind in Kind}
_METERS: Final = {meter.name.lower(): meter for meter in Meter}
_RIGHTS: Final = {str(right.name): right for right in Right}
_TRUTHS: Final = {"yes": True, "no": False}
_BPM: Final = re.compile(r"(\d{1,4})(?:\s*-\s*(\d{1,4}))?", re.ASCII)
ORDERS: Final = {
    "relevance": "best match first",
    "newest": "newest first",
    "price": "cheapest first",
    "length": "longest first",
    "name": "by name",
}
"""The orders, in words."""
FILTERS: Final = (
    *("right", "kind", "synthetic", "token", "price", "meter", "term", "genre", "key", "bpm", "longer", "shorter"),
    *("creator", "catalogue"),
)
"""The keys that narrow the catalogue, beside the words `q`."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One thing that is asked, which may be taken away again."""

    key: str
    label: str
    rest: str
    """What stays under the key when it is taken away: of several rights the others."""


def query_of(asked: Asked, tokens: Tokens, limit: int) -> Query:
    """Return what is asked.

    Raises:
        RefusalError: it cannot be read, or nothing can be so.
    """
    try:
        return _query(asked, tokens, limit)
    except AudieraError as error:
        raise bad_request(str(error)) from error


def chosen_of(asked: Asked, query: Query, tokens: Tokens) -> tuple[Chosen, ...]:
    """Return each part of what is asked, in words."""
    found = [Chosen("q", f"“{cut(query.text, 60)}”", "")] if query.text else []
    found += [Chosen("right", RIGHTS[it][0], rights_value(query.rights & ~it)) for it in rights_of(query.rights)]
    said = {key: asked.text(key) for key in _SAID if asked.text(key)}
    found += [Chosen(key, cut(_SAID[key](text, tokens), 60), "") for key, text in said.items()]
    return tuple(found)


def rights_value(rights: int) -> str:
    """Return how rights stand in a query string."""
    return ",".join(str(right.name) for right in rights_of(rights))


def _query(asked: Asked, tokens: Tokens, limit: int) -> Query:
    text, token, price = asked.text("q"), asked.text("token"), None
    paid_in = to_address(token) if token else None
    if asked.text("price"):
        amount = tokens.read(asked.text("price"))
        if paid_in not in (None, amount.token):
            raise bad_request("The price is in one token, and another is chosen; take one of them away.")
        paid_in, price = amount.token, amount.value
    low, high = _tempo(asked.text("bpm"))
    kind, meter = asked.choice("kind", _KINDS), asked.choice("meter", _METERS)
    synthetic, order = asked.choice("synthetic", _TRUTHS), asked.choice("order", ORDERS)
    return Query(
        text=text,
        rights=_rights(asked.text("right")),
        token=paid_in,
        price_at_most=price,
        meter=_METERS[meter] if meter else None,
        term_at_least=parse_duration(asked.text("term")) if asked.text("term") else None,
        kind=_KINDS[kind] if kind else None,
        synthetic=_TRUTHS[synthetic] if synthetic else None,
        longer_ms=_milliseconds(asked.text("longer")),
        shorter_ms=_milliseconds(asked.text("shorter")),
        genre=asked.text("genre"),
        bpm_from=low,
        bpm_to=high,
        key=parse_key(asked.text("key")) if asked.text("key") else "",
        creator=_creator(asked.text("creator")),
        catalogue=asked.whole("catalogue"),
        order=Order(order) if order else None,
        limit=limit,
        after=asked.text("after"),
    )


def _rights(names: str) -> int:
    rights = 0
    for name in filter(None, names.split(",")):
        if name not in _RIGHTS:
            raise bad_request(f"right has none of {', '.join(_RIGHTS)}.")
        rights |= _RIGHTS[name]
    return rights


def _tempo(text: str) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    match = _BPM.fullmatch(text)
    if match is None:
        raise bad_request("bpm is no tempo; write beats per minute like 120, or 90-120.")
    return int(match[1]), int(match[2] or match[1])


def _milliseconds(text: str) -> int | None:
    return parse_duration(text) * 1_000 if text else None


def _creator(text: str) -> ChecksumAddress | None:
    return to_address(text) if text else None


_SAID: Final[Mapping[str, Callable[[str, Tokens], str]]] = {
    "kind": lambda text, _: KINDS[_KINDS[text]],
    "synthetic": lambda text, _: "synthetic" if _TRUTHS[text] else "not synthetic",
    "token": lambda text, tokens: f"paid in {tokens.name(text)}",
    "price": lambda text, _: f"{text} at most",
    "meter": lambda text, _: f"priced by the {METERS[_METERS[text]]}",
    "term": lambda text, _: f"for {text} or longer",
    "genre": lambda text, _: text,
    "key": lambda text, _: f"in {parse_key(text)}",
    "bpm": lambda text, _: f"{text} BPM",
    "longer": lambda text, _: f"{text} or longer in all",
    "shorter": lambda text, _: f"{text} or shorter in all",
    "creator": lambda text, _: f"by {text}",
    "catalogue": lambda text, _: f"in catalogue {text}",
}
"""Each filter but the rights, in words; what is asked was read before."""
