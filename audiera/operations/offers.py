"""A dataset as it stands on chain, read from its events."""

from __future__ import annotations

from collections.abc import Iterator

from audiera.cli.terminal.session import Session
from audiera.client.contracts.events import OfferMade
from audiera.licensing.standing import Standing, StandingOffer
from audiera.licensing.texts import template_of
from audiera.protocol.rights import describe_rights
from audiera.text.shown import short

__all__ = ["offer_words", "standing_of", "standing_offers"]


def standing_of(session: Session, dataset: int) -> Standing:
    """Return where a dataset is, whose it is, and its offers in force.

    Raises:
        RevertError: `Registry_UnknownDataset`.
    """
    client = session.client
    state = client.datasets.dataset_of(dataset)
    return Standing(
        chain_id=client.chain_id,
        registry=client.datasets.address,
        licenses=client.licenses.address,
        dataset=dataset,
        owner=state.owner,
        account=client.datasets.account_of(dataset),
        offers=tuple(standing_offers(session, dataset, state.epoch)),
    )


def standing_offers(session: Session, dataset: int, epoch: int) -> Iterator[StandingOffer]:
    """Yield the offers of a dataset that stand: made in this epoch and not withdrawn."""
    licenses = session.client.licenses
    made = {
        (log.event.terms_id, log.event.licensee): None
        for log in licenses.logs(OfferMade, dataset=dataset)
        if log.event.epoch == epoch
    }
    for terms_id, licensee in made:
        exists, price = licenses.offer_of(dataset, terms_id, licensee)
        if exists:
            terms = licenses.terms(terms_id)
            yield StandingOffer(terms, session.book.of_value(price, terms.token), licensee)


def offer_words(offer: StandingOffer) -> tuple[str, str, str, str]:
    """Return an offer's text, price, licensee and rights, as people read them."""
    text = template_of(offer.terms.text)
    return (
        text.name if text else f"text {short(offer.terms.text)}",
        str(offer.price),
        "anyone" if offer.is_for_anyone else offer.licensee,
        describe_rights(offer.terms.rights),
    )
