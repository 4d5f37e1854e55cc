"""Offers that are made together with a registration, under the licence texts of the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.cli.terminal.documents import offer_json
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.texts import store_text
from audiera.errors import InputError
from audiera.licensing import StandingOffer, Template, template, terms_of
from audiera.protocol import Terms, describe_rights
from audiera.quantities import Amount, UnitPrice, format_duration, format_ppm, parse_duration, parse_ppm
from audiera.storage import Store, StoredObject
from audiera.text import Json

__all__ = ["PlannedOffer", "make_offers", "plan_offers", "show_offers"]

_TEXTS: Final = Path("storage")


@dataclass(frozen=True, slots=True)
class PlannedOffer:
    """One offer to anyone."""

    text: Template
    terms: Terms
    price: Amount
    unit_price: UnitPrice | None


def plan_offers(
    session: Session,
    texts: Sequence[str],
    prices: Sequence[str],
    unit_prices: Sequence[str],
    duration: str,
    *,
    derivative_shares: Sequence[str] = (),
) -> tuple[PlannedOffer, ...]:
    """Read what the user says: each text with the price at its place, and all or none with a unit price, and with what
    derived datasets owe.

    Raises:
        InputError: if prices are missing or too many.
        AmountError: if one cannot be read.
        TermsError: if a text is not known, or its prices are in two tokens.
    """
    if len(prices) != len(texts):
        raise InputError(
            f"Each --offer needs a --price, in the same order, 0 ETH if it is free; there are {len(texts)} and "
            f"{len(prices)} of them."
        )
    if unit_prices and len(unit_prices) != len(texts):
        raise InputError("Give a --unit-price for every --offer or for none; 0 ETH/call is free.")
    if derivative_shares and len(derivative_shares) != len(texts):
        raise InputError(
            "Give a --derivative-share for every --offer or for none; 0 % asks nothing of derived datasets."
        )
    length = parse_duration(duration)
    units: list[UnitPrice | None] = [session.book.unit_price(it) for it in unit_prices]
    units = units or [None] * len(texts)
    shares = [parse_ppm(it) for it in derivative_shares] or [0] * len(texts)
    found = []
    for name, price, unit_price, ppm in zip(texts, map(session.book.amount, prices), units, shares, strict=True):
        text = template(name)
        terms = terms_of(text, token=price.token, unit_price=unit_price, duration=length, derivative_ppm=ppm)
        found.append(PlannedOffer(text, terms, price, unit_price))
    return tuple(found)


def show_offers(session: Session, offers: Sequence[PlannedOffer]) -> None:
    """Show them as part of the plan."""
    rows = [
        (
            it.text.title,
            str(it.price),
            str(it.unit_price or "none"),
            format_duration(it.terms.duration),
            format_ppm(it.terms.derivative_ppm) if it.terms.derivative_ppm else "nothing",
            describe_rights(it.terms.rights),
        )
        for it in offers
    ]
    if rows:
        session.table(
            ("licence", "price", "per use", "lasts", "derived owe", "rights"), rows, title="Offered to anyone:"
        )


def make_offers(
    session: Session, datasets: Sequence[int], offers: Sequence[PlannedOffer], store: Store | None
) -> dict[int, list[Json]]:
    """Publish the terms and offer all datasets under each, in one transaction; the user has agreed to that already.

    Returns the offers of each dataset, for programs.

    The texts are kept, as `license terms` keeps them, and in the dataset's store, if it has one: buyers must be able to
    read what they accept.

    Raises:
        StorageError: if a text cannot be written.
    """
    kept = {it.text.name: store_text(_TEXTS, it.text.text) for it in offers}
    places = sorted({str(path) for path in kept.values()})
    if store is not None:
        for it in offers:
            store.put(StoredObject(it.text.digest, len(it.text.text), it.text.text))
        places.append(store.url)
    say(f"Texts are kept in {', '.join(places)}; see that buyers can get them.")
    encoding = session.client.encoding().licenses
    calls = [encoding.publish_terms(it.terms) for it in offers]
    calls += [encoding.offer(dataset, it.terms.id(), it.price.value) for dataset in datasets for it in offers]
    session.carry_out(lambda client: client.licenses.multicall(calls))
    return {
        dataset: [
            {**offer_json(StandingOffer(dataset, it.terms, it.price)), "textFile": str(kept[it.text.name])}
            for it in offers
        ]
        for dataset in datasets
    }
