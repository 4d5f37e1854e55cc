"""`license offers`: what an account offers, and under which terms."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.cli.license.terms import terms_json
from audiera.cli.terminal.documents import offer_json
from audiera.cli.terminal.output import print_json, print_lines, print_table
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import counting_lines, offer_words
from audiera.licensing import StandingOffer
from audiera.operations import offers_in_force
from audiera.quantities import format_duration
from audiera.text import Json

__all__ = ["list_offered"]


@dataclass(frozen=True, slots=True)
class _Offered:
    """An offer as a line of the list."""

    offer: StandingOffer
    index: int
    """Of the terms."""

    def row(self, session: Session) -> tuple[object, ...]:
        """Return it as people read it."""
        terms = self.offer.terms
        text, price, licensee, left, rights = offer_words(self.offer)
        return (
            session.names.called(self.offer.dataset).removeprefix("dataset "),
            self.index,
            text,
            price,
            f"{self.offer.unit_price}/{self.offer.meter.name.lower()}" if terms.unit_price else "free",
            format_duration(terms.duration),
            licensee,
            left,
            rights,
        )

    def json(self, session: Session) -> dict[str, Json]:
        """Return it for programs."""
        terms = terms_json(session, self.offer.terms.id(), self.index, self.offer.terms)
        return {**offer_json(self.offer), "name": session.names.name(self.offer.dataset), "terms": terms}


def list_offered(session: Session, owner: ChecksumAddress) -> None:
    """Print the offers in force of the datasets that an account owns now, and the terms that each is under."""
    client = session.client
    numbers = client.datasets.held_by(owner)
    offers = list(offers_in_force(client, session.book, datasets=numbers)) if numbers else []
    indices = {it: client.licenses.terms_of(it).index for it in {offer.terms.id() for offer in offers}}
    listed = [_Offered(it, indices[it.terms.id()]) for it in offers]
    if session.as_json:
        print_json({"owner": owner, "chainId": client.chain_id, "offers": [it.json(session) for it in listed]})
    elif listed:
        columns = ("dataset", "terms", "text", "price", "each use", "lasts", "to", "left", "rights")
        title = f"Offers of {owner} on chain {client.chain_id}:"
        rows = [it.row(session) for it in listed]
        print_table(columns, rows, title=title, right=("dataset", "terms", "price", "each use", "left"), err=False)
        print_lines(*counting_lines(it.offer.terms.meter for it in listed))
    else:
        print_lines(f"{owner} offers nothing on chain {client.chain_id}.")
