"""Buying licences: what stands on offer, at what price, and whether the buyer would pay it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eth_typing import ChecksumAddress

from audiera.cli.license.show import memberships
from audiera.cli.license.terms import text_title
from audiera.cli.license.text import readable_text
from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.output import say
from audiera.cli.terminal.payment import pay
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import counting_lines, ends, until
from audiera.client import Acquisition, Audiera, TxReceipt
from audiera.client.contracts.events import LicenseAcquired, LicenseRenewed
from audiera.errors import InputError
from audiera.protocol import PERPETUAL, ZERO_WORD, Kind, describe_rights
from audiera.quantities import Amount, UnitPrice, format_duration
from audiera.text import Json, hex_of

__all__ = ["Purchase", "acquire", "find_purchases", "renew"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Purchase:
    """One licence, as it is offered now."""

    dataset: int
    terms_id: bytes
    number: int
    """Of the terms."""
    price: Amount
    unit_price: UnitPrice
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
    offers = session.client.licenses.quotes([(dataset, terms_id, to) for dataset, terms_id in wanted])
    for (dataset, terms_id), standing in zip(wanted, offers, strict=True):
        if standing is None:
            if session.client.licenses.quote(dataset, terms_id, to):
                raise InputError(
                    f"Fewer licences of dataset {dataset} are left under terms 0x{terms_id.hex()} than are asked for; "
                    f"see how many with `ape run license show dataset {dataset}`."
                )
            if session.client.licenses.offer_of(dataset, terms_id, to):
                raise InputError(
                    f"Dataset {dataset} is offered to {to} alone, which lets you take that with "
                    f"`ape run license signer {session.me} --scopes pay`, or takes it itself."
                )
            raise InputError(
                f"Dataset {dataset} is not offered to {to} under terms 0x{terms_id.hex()}; "
                f"see what is with `ape run license show dataset {dataset}`."
            )
        price = session.book.of_value(standing.price, standing.token)
        if most is not None:
            _check_price(session, price, most)
        terms = session.client.licenses.terms_of(terms_id)
        lasts = "for ever" if not terms.duration else format_duration(terms.duration)
        unit = UnitPrice(session.book.of_value(terms.unit_price, terms.token), terms.meter)
        rights = describe_rights(terms.rights)
        found.append(Purchase(dataset, terms_id, terms.index, price, unit, rights, lasts))
    return tuple(found)


def acquire(
    session: Session,
    wanted: Sequence[tuple[int, bytes]],
    to: ChecksumAddress,
    *,
    most: str | None,
    ref: bytes,
    read: Callable[[bytes], bytes] | None = None,
) -> None:
    """Buy these (dataset, terms) for `to`: all of them, or none, at the prices shown and no others.

    Args:
        session: who buys.
        wanted: datasets and terms.
        to: who will hold the licences.
        most: the most that one of them may cost, as people write it.
        ref: the buyer's own reference.
        read: returns a legal text by its sha-256, to be shown before anything is asked; else it is told how to read it.

    Raises:
        InputError: as `find_purchases` and `read` refuse, or if the account has too little.
        RevertError: as the contract refuses; then nothing is paid.
    """
    if done := session.take(LicenseAcquired):
        _tell_bought(session, done[0])
        return
    bought = find_purchases(session, wanted, to, most)
    _show(session, bought, to)
    _show_held(session, bought, to)
    _show_texts(session, bought, read)

    def buy(client: Audiera[R]) -> R:
        if len(bought) > 1:
            return client.licenses.acquire_many([it.acquisition(to, ref) for it in bought])
        (it,) = bought
        return client.licenses.acquire(it.dataset, it.terms_id, to, max_price=it.price.value, ref=ref)

    question = "Buy it?" if len(bought) == 1 else "Buy them?"
    receipt = pay(session, "LicenseRegistry", [it.price for it in bought], buy, question)
    if receipt:
        _tell_bought(session, receipt)


def _show_held(session: Session, purchases: Sequence[Purchase], to: ChecksumAddress) -> None:
    """Tell which licence `to` holds of the same dataset under the same terms already: the one that lasts longest."""
    licenses = session.client.licenses
    held = [(number, licenses.license_of(number)) for number in licenses.held_by(to)]
    for dataset, terms_id, terms in dict.fromkeys((it.dataset, it.terms_id, it.number) for it in purchases):
        same = [
            (found.expires_at, number)
            for number, found in held
            if (found.dataset, found.terms_id) == (dataset, terms_id)
            and session.now < found.expires_at
            and not found.revoked
        ]
        if same:
            end, number = max(same)
            whose = "You hold" if to == session.me else f"{to} holds"
            renewal = f"; `ape run license renew {number}` prolongs it" if end < PERPETUAL else ""
            say(f"{whose} licence {number} of dataset {dataset} under terms {terms}, {until(end)}{renewal}.")


def _show_texts(session: Session, purchases: Sequence[Purchase], read: Callable[[bytes], bytes] | None) -> None:
    """Show the texts that are about to be accepted, or how to read them."""
    for terms_id, number in {it.terms_id: it.number for it in purchases}.items():
        digest = session.client.licenses.terms(terms_id).text
        say(f"Text of terms {number}: {text_title(digest)}")
        if read is None:
            say(f"  To read it first: ape run license text {number}")
        else:  # marked, so that no line of it passes for one of the plan
            say(*(f"  | {line}".rstrip() for line in readable_text(read(digest))))


def _tell_bought(session: Session, receipt: TxReceipt) -> None:
    acquired = [(event, _price_of(session, event)) for event in receipt.events(LicenseAcquired)]
    listed: list[Json] = [
        {
            "license": event.license_id,
            "dataset": event.dataset,
            "holder": event.to,
            "termsId": hex_of(event.terms_id),
            "price": amount_json(price),
            "expiresAt": event.expires_at,
            "ref": hex_of(event.ref),
        }
        for event, price in acquired
    ]
    told = [
        f"Licence {event.license_id} of dataset {event.dataset} is held by {event.to}, {until(event.expires_at)}."
        for event, _ in acquired
    ]
    session.result({"licenses": listed}, told, receipt)


def _price_of(session: Session, event: LicenseAcquired) -> Amount:
    return session.book.of_value(event.price, session.client.licenses.terms_of(event.terms_id).token)


def renew(session: Session, license_id: int, most: str | None) -> None:
    """Extend a licence by its terms' duration, at the price that stands for its holder.

    Raises:
        InputError: if no offer stands, the price is above `most`, or the account has too little.
        RevertError: as the contract refuses; then nothing is paid.
    """
    found = session.client.licenses.license_of(license_id)
    if done := session.take(LicenseRenewed):
        token = session.client.licenses.terms_of(found.terms_id).token
        _tell_renewed(session, license_id, token, done[0])
        return
    (it,) = find_purchases(session, [(found.dataset, found.terms_id)], found.holder, most)
    lines = [("held by", found.holder), ("ends", ends(found.expires_at)), ("goes on for", it.duration)]
    session.plan(f"Renewal of licence {license_id}:", [*lines, ("price", it.price)])
    if found.holder != session.me:
        say("The licence is not yours: its holder will have what you pay for.")

    def extend(client: Audiera[R]) -> R:
        return client.licenses.renew(license_id, max_price=it.price.value)

    receipt = pay(session, "LicenseRegistry", [it.price], extend, "Renew it?")
    if receipt:
        _tell_renewed(session, license_id, it.price.token, receipt)


def _tell_renewed(session: Session, license_id: int, token: ChecksumAddress, receipt: TxReceipt) -> None:
    done = receipt.event(LicenseRenewed)
    fields: dict[str, Json] = {
        "license": license_id,
        "expiresAt": done.expires_at,
        "price": amount_json(session.book.of_value(done.price, token)),
    }
    session.result(fields, f"Licence {license_id} lasts {until(done.expires_at)}.", receipt)


def _check_price(session: Session, price: Amount, most: str) -> None:
    limit = session.book.amount(most)
    if limit.token != price.token:
        raise InputError(f"The price is {price}, and --max-price is in another token; write it in {price.symbol}.")
    if price.value > limit.value:
        raise InputError(f"The price is {price}, above your {limit}; raise --max-price or look for another offer.")


def _show(session: Session, purchases: Sequence[Purchase], to: ChecksumAddress) -> None:
    rows = [
        (
            it.dataset,
            it.number,
            it.rights,
            it.duration,
            it.unit_price if it.unit_price.amount.value else "free",
            it.price if it.price.value else "free",
        )
        for it in purchases
    ]
    held = "you" if to == session.me else to
    many = "A licence" if len(purchases) == 1 else f"{len(purchases)} licences"
    columns = ("dataset", "terms", "rights", "lasts", "each use", "price")
    session.table(columns, rows, title=f"{many} for {held}:", right=("dataset", "terms", "each use", "price"))
    say(*counting_lines(it.unit_price.meter for it in purchases))
    for it in purchases:
        if session.client.datasets.dataset_of(it.dataset).kind == Kind.Catalogue:
            members = memberships(session, it.dataset, as_catalogue=True)
            if not any(member["termsId"] == hex_of(it.terms_id) for member in members):
                say(
                    f"Catalogue {it.dataset} has no members under terms {it.number}: a licence would cover nothing yet."
                )
