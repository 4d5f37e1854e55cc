"""Act: small collections join a catalogue, so that one licence covers them all."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered, MembershipStarted
from audiera.demo.offers import Offer, draft, make_offers
from audiera.demo.publish import Work, today
from audiera.demo.stage import Stage
from audiera.manifest import catalogue_manifest
from audiera.protocol import WHOLE, ZERO_WORD, Kind, Split, TermsFlag, payee_of

__all__ = ["make_catalogue"]

_NAME: Final = "Small Sounds"


def make_catalogue(stage: Stage, members: tuple[Work, ...]) -> Offer:
    """Register a catalogue, offer it, and have the works join."""
    story, collective = stage.story, stage.cast.collective
    story.act(
        "Small collections join a catalogue",
        "A catalogue has no files. Its licence covers whatever has joined: the licence's price goes to the "
        "catalogue, and every use to the dataset that was used. Joining takes both owners.",
    )
    split = Split.of({payee_of(collective.address): WHOLE})
    manifest = catalogue_manifest(_NAME, description="", date=today(stage), creator=collective.address)
    stage.keep_bytes(manifest)
    content = Content(Kind.Catalogue, 0, 0, ZERO_WORD, sha256(manifest).digest())
    receipt = stage.carry_out(collective, lambda client: client.datasets.register(content, split))
    dataset = receipt.event(DatasetRegistered).id
    story.step(f"{collective.name} registers the catalogue “{_NAME}”: it is dataset {dataset}", receipt)
    offer = draft(
        stage,
        Work(dataset, _NAME, collective, split),
        "training",
        "90 USDC",
        per="0.0011 USDC/megabyte",
        duration="1 year",
        notice="30 days",
        flags=TermsFlag.Revocable | TermsFlag.DerivativesSurvive,
    )
    make_offers(stage, [offer])
    for member in members:
        _join(stage, offer, member)
    poor = stage.cast.second
    had = (stage.node.balance(poor.address), stage.node.nonce(poor.address))
    story.equal(f"{poor.name} did all this without any ETH, and without sending a transaction", had, (0, 0))
    return offer


def _join(stage: Stage, offer: Offer, member: Work) -> None:
    story, collective, terms_id = stage.story, stage.cast.collective, offer.terms.id()
    asked = stage.carry_out(member.owner, lambda client: client.licenses.join(offer.dataset, terms_id, member.dataset))
    story.step(f"{member.owner.name} asks to join with “{member.name}”{member.owner.aside}", asked)
    admitted = stage.carry_out(
        collective, lambda client: client.licenses.admit(offer.dataset, terms_id, member.dataset)
    )
    story.step(f"{collective.name} admits it", admitted)
    story.check(f"“{member.name}” is a member of the catalogue", len(admitted.events(MembershipStarted)) == 1)
