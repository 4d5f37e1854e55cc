"""What a signed call did, for whoever goes on with what it made: its number, in words.

Who carries a call out may put calls of its own into the same transaction: of its events those count that fit what was
signed, and who signed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import dropwhile

from audiera.cli.network.parts import read_parts
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import ends, how_often, until, who
from audiera.client import SignedCall, TxReceipt
from audiera.client.contracts import events
from audiera.client.contracts.events import Event
from audiera.errors import AudieraError
from audiera.protocol import ENDLESS, Terms

__all__ = ["own_events", "said"]

_Parts = Sequence[tuple[str, Mapping[str, object]]]


def own_events(session: Session, signed: SignedCall, receipt: TxReceipt) -> list[Event]:
    """Return the events that are a signed call's own, in order; of kinds that have no number to go on with, all since
    the call.
    """
    parts, account = _parts(session, signed), signed.call.account
    relayed = (signed.contract, account, signed.call.nonce)
    rest = dropwhile(
        lambda it: (
            not isinstance(it.event, events.CallRelayed) or (it.contract, it.event.account, it.event.nonce) != relayed
        ),
        receipt.logs,
    )
    found = [it.event for it in rest if not isinstance(it.event, events.CallRelayed)]
    return [it for it in found if _is_own(it, account, parts)]


def said(session: Session, signed: SignedCall, receipt: TxReceipt) -> list[str]:
    """Return in words what a signed call made that has a number.

    What the node does not tell now is left out, and said so: the call is carried out.
    """
    told = list[str]()
    try:
        for terms in (it["terms"] for name, it in _parts(session, signed) if name == "publishTerms"):
            if isinstance(terms, Terms):
                told.append(_published(session.client.licenses.known_terms(terms.id()).index))
        told += filter(None, (_said_of(session, it) for it in own_events(session, signed, receipt)))
    except AudieraError as error:
        say(f"It is carried out; not all that it made can be told now: {error}")
    return told


def _parts(session: Session, signed: SignedCall) -> _Parts:
    return list(read_parts(session.client.suite[signed.contract].artifact, signed.call.data))


def _is_own(event: Event, account: str, parts: _Parts) -> bool:
    """Say whether an event can be of this call: no other account can have one that fits."""
    match event:
        case events.DatasetRegistered():
            fits = event.creator == account
        case events.VersionPublished():
            signed = {"id": event.id, "version": event.version, "contentRoot": event.content_root}
            fits = _has(parts, "publishVersion", {**signed, "manifest": event.manifest})
        case events.TermsPublished():
            fits = _has(parts, "publishTerms", {"terms": event.terms})
        case events.OfferMade():
            of = {"dataset": event.dataset, "termsId": event.terms_id, "licensee": event.licensee}
            fits = _has(parts, "offer", {**of, "price": event.price, "left": event.left})
        case events.OfferWithdrawn():
            of = {"dataset": event.dataset, "termsId": event.terms_id, "licensee": event.licensee}
            fits = _has(parts, "withdrawOffer", of)
        case events.LicenseAcquired() | events.LicenseRenewed():
            fits = event.payer == account
        case events.CampaignOpened():
            fits = event.sponsor == account
        case _:
            fits = True
    return fits


def _has(parts: _Parts, function: str, arguments: Mapping[str, object]) -> bool:
    """Say whether a function is called with these arguments."""
    return any(name == function and arguments.items() <= given.items() for name, given in parts)


def _published(index: int) -> str:
    offering = f"ape run license offer DATASET {index} --price AMOUNT"
    return f"Terms {index} are published: `{offering}` offers a dataset under them."


def _said_of(session: Session, event: Event) -> str:
    """Return an event in words; nothing of one that has no number to go on with.

    Nothing of terms either: who published them first had their event, and their id is what was signed.
    """
    licenses, words = session.client.licenses, ""
    match event:
        case events.DatasetRegistered():
            words = f"Dataset {event.id} is registered, and belongs to {event.creator}."
        case events.VersionPublished():
            words = f"Version {event.version} of dataset {event.id} is published."
        case events.OfferMade():
            terms = licenses.terms_of(event.terms_id)
            price = session.book.of_value(event.price, terms.token)
            times = "" if event.left == ENDLESS else f", {how_often(event.left)}"
            offered = f"is offered to {who(event.licensee)} under terms {terms.index} for {price}{times}"
            words = f"Dataset {event.dataset} {offered}."
        case events.OfferWithdrawn():
            offered = f"is no longer offered to {who(event.licensee)} under terms"
            words = f"Dataset {event.dataset} {offered} {licenses.terms_of(event.terms_id).index}."
        case events.LicenseAcquired():
            held = f"is held by {event.to}, {until(event.expires_at)}"
            words = f"Licence {event.license_id} of dataset {event.dataset} {held}."
        case events.LicenseRenewed():
            words = f"Licence {event.license_id} is renewed, and ends {ends(event.expires_at)}."
        case events.CampaignOpened():
            words = f"Campaign {event.campaign} is open."
    return words
