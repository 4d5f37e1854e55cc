"""What events mean for whoever goes on with what they made: its number, in words."""

from __future__ import annotations

from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import ends, how_often, until, who
from audiera.client.contracts import events
from audiera.client.contracts.events import Event
from audiera.protocol import ENDLESS

__all__ = ["said_of"]


def said_of(session: Session, event: Event) -> str:
    """Return an event in words; nothing of one that has no number to go on with."""
    licenses, said = session.client.licenses, ""
    match event:
        case events.DatasetRegistered():
            said = f"Dataset {event.id} is registered, and belongs to {event.creator}."
        case events.VersionPublished():
            said = f"Version {event.version} of dataset {event.id} is published."
        case events.TermsPublished():
            offering = f"ape run license offer DATASET {event.index} --price AMOUNT"
            said = f"Terms {event.index} are published: `{offering}` offers a dataset under them."
        case events.OfferMade():
            terms = licenses.terms_of(event.terms_id)
            price = session.book.of_value(event.price, terms.token)
            times = "" if event.left == ENDLESS else f", {how_often(event.left)}"
            offered = f"is offered to {who(event.licensee)} under terms {terms.index} for {price}{times}"
            said = f"Dataset {event.dataset} {offered}."
        case events.OfferWithdrawn():
            offered = f"is no longer offered to {who(event.licensee)} under terms"
            said = f"Dataset {event.dataset} {offered} {licenses.terms_of(event.terms_id).index}."
        case events.LicenseAcquired():
            held = f"is held by {event.to}, {until(event.expires_at)}"
            said = f"Licence {event.license_id} of dataset {event.dataset} {held}."
        case events.LicenseRenewed():
            said = f"Licence {event.license_id} is renewed, and ends {ends(event.expires_at)}."
        case events.CampaignOpened():
            said = f"Campaign {event.campaign} is open."
    return said
