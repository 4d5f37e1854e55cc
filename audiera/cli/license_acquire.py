"""Buying licences: what stands on offer, at what price, and whether the buyer would pay it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.amounts import Amount
from audiera.cli.session import Session
from audiera.client import Acquisition
from audiera.durations import format_duration
from audiera.errors import InputError
from audiera.hashing import ZERO_WORD
from audiera.rights import describe_rights

__all__ = ["Purchase", "check_price", "find_purchases", "price_of", "show_purchases"]


@dataclass(frozen=True, slots=True)
class Purchase:
    """One licence, as it is offered now."""

    dataset: int
    terms_id: bytes
    price: Amount
    rights: str
    duration: str

    def acquisition(self, to: str, ref: bytes) -> Acquisition:
        """Return what `acquire_many` takes: at this price and no other."""
        return Acquisition(
            dataset=self.dataset, terms_id=self.terms_id, max_price=self.price.value, to=to, ref=ref or ZERO_WORD
        )


def find_purchases(
    session: Session, wanted: Sequence[tuple[int, bytes]], to: ChecksumAddress, most: str | None
) -> tuple[Purchase, ...]:
    """Return what `to` can buy of these (dataset, terms), at the prices that stand.

    Args:
        session: who asks.
        wanted: datasets and terms.
        to: who will hold the licences.
        most: the most that one of them may cost, as people write it.

    Raises:
        InputError: if nothing is wanted, there is no such offer, or a price is above `most`.
    """
    if not wanted:
        raise InputError("Nothing is asked for; name a dataset and the terms that it is offered under.")
    found = []
    for dataset, terms_id in wanted:
        standing = session.client.licenses.quote(dataset, terms_id, to)
        if not standing.exists:
            raise InputError(
                f"Dataset {dataset} is not offered to {to} under terms 0x{terms_id.hex()}; "
                f"see what is with `ape run license show dataset {dataset}`."
            )
        price = session.book.of_value(standing.price, standing.token)
        if most is not None:
            check_price(session, price, most)
        terms = session.client.licenses.terms_of(terms_id)
        lasts = "for ever" if not terms.duration else format_duration(terms.duration)
        found.append(Purchase(dataset, terms_id, price, describe_rights(terms.rights), lasts))
    return tuple(found)


def check_price(session: Session, price: Amount, most: str) -> None:
    """Return if a price is not above `most`, as people write it.

    Raises:
        InputError: if it is, or is in another token.
    """
    limit = session.book.amount(most)
    if limit.token != price.token:
        raise InputError(f"The price is {price}, and --max-price is in another token; write it in {price.symbol}.")
    if price.value > limit.value:
        raise InputError(f"The price is {price}, above your {limit}; raise --max-price or look for another offer.")


def price_of(session: Session, text: str, token: str) -> Amount:
    """Read a price in the token that terms are paid in; ``free`` is nothing of it.

    Raises:
        InputError: if it is in another token.
    """
    if text.strip().lower() == "free":
        return session.book.of_value(0, token)
    price = session.book.amount(text)
    if price.token != token:
        raise InputError(f"These terms are paid in {session.book.symbol(token)}; write the price in it.")
    return price


def show_purchases(session: Session, purchases: Sequence[Purchase], to: ChecksumAddress) -> None:
    """Show what is bought, for whom, and for how much."""
    rows = [
        (it.dataset, f"0x{it.terms_id.hex()}", it.rights, it.duration, "free" if not it.price.value else it.price)
        for it in purchases
    ]
    held = "you" if to == session.me else to
    many = "A licence" if len(purchases) == 1 else f"{len(purchases)} licences"
    columns = ("dataset", "terms", "rights", "lasts", "price")
    session.table(columns, rows, title=f"{many} for {held}:", right=("dataset", "price"))
