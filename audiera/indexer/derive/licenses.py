"""What the events of `LicenseRegistry` change, but for those of catalogues."""

from __future__ import annotations

import json
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client import events
from audiera.indexer.derive.batch import Batch, Rules
from audiera.indexer.derive.tokens import LICENSE, moved
from audiera.indexer.rows import GapError
from audiera.indexer.tables import CLEARANCES, LICENSES, OFFERS, PURCHASES, SIGNERS, TERMS
from audiera.protocol import ENDLESS
from audiera.text import hex_of

__all__ = ["RULES"]

RULES: Final = Rules("LicenseRegistry")


@RULES.on(events.TermsPublished)
def _terms_published(batch: Batch, event: events.TermsPublished) -> None:
    """Once for each content."""
    batch.count(TERMS.c.index, event.index)
    terms = event.terms
    batch.rows.make(
        TERMS,
        id=hex_of(event.terms_id),
        index=event.index,
        rights=terms.rights,
        meter=int(terms.meter),
        unit_price=terms.unit_price,
        token=terms.token,
        duration=terms.duration,
        notice=terms.notice,
        max_units=terms.max_units,
        derivative_ppm=terms.derivative_ppm,
        flags=terms.flags,
        text=hex_of(terms.text),
        **batch.here,
    )


@RULES.on(events.OfferMade, lambda it: [(OFFERS, (it.dataset, hex_of(it.terms_id), it.licensee))])
def _offer_made(batch: Batch, event: events.OfferMade) -> None:
    """Replaces the one before, and one of an earlier epoch."""
    batch.rows.put(
        OFFERS,
        dataset=event.dataset,
        terms=hex_of(event.terms_id),
        licensee=event.licensee,
        epoch=event.epoch,
        price=event.price,
        left=None if event.left == ENDLESS else event.left,
        **batch.here,
    )


@RULES.on(events.OfferWithdrawn, lambda it: [(OFFERS, (it.dataset, hex_of(it.terms_id), it.licensee))])
def _offer_withdrawn(batch: Batch, event: events.OfferWithdrawn) -> None:
    """There was one in force."""
    batch.rows.need(OFFERS, event.dataset, hex_of(event.terms_id), event.licensee).drop()


@RULES.on(
    events.LicenseAcquired,
    lambda it: [
        (OFFERS, (it.dataset, hex_of(it.terms_id), it.licensee)),
        (TERMS, (hex_of(it.terms_id),)),
    ],
)
def _license_acquired(batch: Batch, event: events.LicenseAcquired) -> None:
    """A licence is made, and one less is on offer."""
    batch.count(LICENSES.c.id, event.license_id)
    terms = hex_of(event.terms_id)
    batch.rows.make(
        LICENSES,
        id=event.license_id,
        dataset=event.dataset,
        terms=terms,
        holder=event.to,
        expires_at=event.expires_at,
        revoked=False,
        locked=False,
        ref=hex_of(event.ref),
        **batch.here,
    )
    _take(batch, event, event.license_id, event.dataset, terms, renewal=False)


@RULES.on(events.LicenseRenewed, lambda it: [(LICENSES, (it.license_id,))])
def _license_renewed(batch: Batch, event: events.LicenseRenewed) -> None:
    """A licence lasts longer, and one less is on offer."""
    renewed = batch.rows.need(LICENSES, event.license_id)
    renewed.set(expires_at=event.expires_at)
    _take(batch, event, event.license_id, renewed.number("dataset"), renewed.text("terms"), renewal=True)


@RULES.on(events.LicenseRevoked, lambda it: [(LICENSES, (it.license_id,))])
def _license_revoked(batch: Batch, event: events.LicenseRevoked) -> None:
    """It lasts its notice, and is not renewed."""
    batch.rows.need(LICENSES, event.license_id).set(revoked=True, expires_at=event.expires_at)


@RULES.on(events.Transfer, lambda it: [(LICENSES, (it.id,))])
def _transferred(batch: Batch, event: events.Transfer) -> None:
    """With all that it grants."""
    moved(batch, event, LICENSE)


@RULES.on(events.SignerSet, lambda it: [(SIGNERS, (it.account, it.signer))])
def _signer_set(batch: Batch, event: events.SignerSet) -> None:
    """Says all three scopes."""
    batch.rows.put(
        SIGNERS,
        account=event.account,
        signer=event.signer,
        access_until=event.access_until,
        pay_until=event.pay_until,
        settle_until=event.settle_until,
    )


@RULES.on(
    events.DatasetCleared,
    lambda it: [(CLEARANCES, (it.dataset,)), *((LICENSES, (number,)) for number in it.license_ids if number)],
)
def _dataset_cleared(batch: Batch, event: events.DatasetCleared) -> None:
    """Replaces the one before. `Locked` would not tell of a licence that could not be transferred anyway."""
    batch.rows.put(
        CLEARANCES,
        dataset=event.dataset,
        rights_ceiling=event.rights_ceiling,
        until=event.until,
        licenses=json.dumps(event.license_ids),
        **batch.here,
    )
    for number in filter(None, event.license_ids):
        batch.rows.need(LICENSES, number).set(locked=True)


def _take(
    batch: Batch,
    event: events.LicenseAcquired | events.LicenseRenewed,
    number: int,
    dataset: int,
    terms: str,
    *,
    renewal: bool,
) -> None:
    licensee: ChecksumAddress = event.licensee
    offer = batch.rows.need(OFFERS, dataset, terms, licensee)
    left = offer.optional("left")
    if offer.number("price") != event.price or left == 0:
        raise GapError(f"Licence {number} was sold for {event.price}, at which there was no offer")
    if left is not None:
        offer.set(left=left - 1)
    batch.rows.append(
        PURCHASES,
        license=number,
        dataset=dataset,
        renewal=renewal,
        payer=event.payer,
        licensee=licensee,
        token=batch.rows.need(TERMS, terms).text("token"),
        price=event.price,
        expires_at=event.expires_at,
        **batch.here,
    )
