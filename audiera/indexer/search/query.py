"""What can be asked: one frozen query, checked as a whole, and the place in its answer where a page goes on."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from eth_typing import ChecksumAddress

from audiera.errors import InputError
from audiera.indexer.search.fulltext import search_words
from audiera.protocol import Kind, Meter
from audiera.text import as_int, as_list, as_text, canonical, read_json

__all__ = ["Cursor", "Order", "Query"]

_MOST: Final = 200  # datasets on a page
_CURSOR: Final = 2_000  # letters
_BIGGEST: Final = 1 << 256


class Order(StrEnum):
    """What comes first."""

    RELEVANCE = "relevance"
    """Where the words stand: in the name, with the people, with the tags, anywhere; then the newest."""
    NEWEST = "newest"
    PRICE = "price"
    """The cheapest; needs a token, since amounts in two cannot be compared."""
    LENGTH = "length"
    """The longest."""
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a dataset has to be. What offers are asked for, one offer has to be all by itself.

    Raises:
        InputError: if it asks for what cannot be.
    """

    text: str = ""
    """Words that it has: in its name, people, tags, description or items."""
    rights: int = 0
    """`Right` bits that an offer grants, all of them."""
    token: ChecksumAddress | None = None
    """What an offer is paid in."""
    price_at_most: int | None = None
    """Of a licence, in the smallest unit of the token."""
    unit_price_at_most: int | None = None
    """Of a unit of the meter, likewise."""
    meter: Meter | None = None
    term_at_least: int | None = None
    """Seconds that a licence lasts; 0: for ever."""
    kind: Kind | None = None
    synthetic: bool | None = None
    longer_ms: int | None = None
    """Its items together are at least that long."""
    shorter_ms: int | None = None
    genre: str = ""
    """Of any item, in any letter case."""
    bpm_from: int | None = None
    """Any item has at least so many beats per minute, and `bpm_to` at most."""
    bpm_to: int | None = None
    key: str = ""
    """Of any item, as `parse_key` gives it."""
    creator: ChecksumAddress | None = None
    """Who registered it."""
    catalogue: int | None = None
    """A dataset that it is a member of."""
    order: Order | None = None
    """Relevance, of a query with words; the newest first, of one without."""
    limit: int = 20
    after: str = ""
    """Where the page before ended."""

    def __post_init__(self) -> None:
        if self.text:
            search_words(self.text)
        priced = self.price_at_most is not None or self.unit_price_at_most is not None
        if self.token is None and (priced or self.order is Order.PRICE):
            raise InputError("Prices in two tokens cannot be compared; say in which one.")
        if self.unit_price_at_most is not None and self.meter is None:
            raise InputError("A price for a unit needs a meter; say what the unit counts.")
        if not self.text and self.order is Order.RELEVANCE:
            raise InputError("Without words nothing is more relevant than anything else; search for some.")
        if not 1 <= self.limit <= _MOST:
            raise InputError(f"{self.limit} datasets are no page; ask for 1 to {_MOST}.")
        _check_range("length", self.longer_ms, self.shorter_ms)
        _check_range("tempo", self.bpm_from, self.bpm_to)
        if self.after:
            Cursor.read(self.after, self.ordered)

    @property
    def ordered(self) -> Order:
        """What comes first."""
        return self.order or (Order.RELEVANCE if self.text else Order.NEWEST)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the text."""
        return search_words(self.text) if self.text else ()

    @property
    def asks_for_offers(self) -> bool:
        """Whether a dataset without an offer cannot be an answer."""
        asked = (self.token, self.price_at_most, self.unit_price_at_most, self.meter, self.term_at_least)
        return bool(self.rights) or any(it is not None for it in asked)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place after a dataset, in an order: whatever is registered meanwhile, the next page begins behind it."""

    order: Order
    value: int | str
    """What the dataset is ordered by."""
    dataset: int

    def text(self) -> str:
        """Return it as `Query.after` takes it."""
        written = str(self.value) if isinstance(self.value, int) else self.value
        return base64.urlsafe_b64encode(canonical([self.order.value, written, self.dataset])).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, order: Order) -> Cursor:
        """Read what `text` writes.

        Raises:
            InputError: if it is anything else, or of another order.
        """
        try:
            if len(text) > _CURSOR:
                raise ValueError
            data = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}".encode(), b"-_", validate=True)
            name, value, dataset = as_list(read_json(data))
            found = cls(Order(as_text(name)), as_text(value), as_int(dataset))
            if order is not Order.NAME:
                found = cls(found.order, int(as_text(value)), found.dataset)
                if not 0 <= int(found.value) < _BIGGEST:
                    raise ValueError
            if found.order is not order or not 0 <= found.dataset < 1 << 63 or "\0" in as_text(value):
                raise ValueError
        except (ValueError, TypeError, binascii.Error) as error:
            raise InputError(
                "The place to go on from is not one of this search; take it from the page before, as it is."
            ) from error
        return found


def _check_range(what: str, low: int | None, high: int | None) -> None:
    if low is not None and high is not None and low > high:
        raise InputError(f"The {what} is to be at least {low} and at most {high}; exchange the two.")
    if any(it is not None and not 0 <= it < 1 << 63 for it in (low, high)):
        raise InputError(f"The {what} is beyond what anything can have; give a smaller one.")
