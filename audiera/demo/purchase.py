"""Act: the developer buys licences, in ETH and in an ERC-20."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiera.client import Acquisition, TxReceipt
from audiera.client.contracts.events import LicenseAcquired
from audiera.demo.cast import Player
from audiera.demo.offers import Offer, Offers
from audiera.demo.publish import Work
from audiera.demo.stage import Stage
from audiera.protocol import Right, Status

__all__ = ["Licence", "Licences", "buy", "buy_licences"]


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence that somebody holds."""

    number: int
    offer: Offer


@dataclass(frozen=True, slots=True)
class Licences:
    """What the developer holds."""

    training: Licence
    generative: Licence
    samples: Licence
    catalogue: Licence


def buy_licences(stage: Stage, offers: Offers, catalogue: Offer, member: Work) -> Licences:
    """Buy the album for ETH and the rest for USDC."""
    story, developer = stage.story, stage.cast.developer
    story.act(
        "A developer buys licences",
        f"{developer.name} pays what the offers say, straight to the accounts of the datasets. Each licence is a "
        "token.",
    )
    generative = buy(stage, developer, offers.generative)
    training, samples, blanket = _buy_in_usdc(stage, [offers.training, offers.samples, catalogue])
    licences = Licences(training, generative, samples, blanket)
    story.table(
        ["Licence", "Of", "Text", "Paid"],
        [
            (
                str(it.number),
                f"“{it.offer.work.name}”",
                it.offer.text,
                stage.money(it.offer.price, it.offer.terms.token),
            )
            for it in (generative, training, samples, blanket)
        ],
        right=["Paid"],
    )
    _check_rights(stage, licences, offers, member)
    return licences


def buy(stage: Stage, buyer: Player, offer: Offer) -> Licence:
    """Buy one licence for ETH."""
    token = stage.token(offer.terms.token)
    account = stage.client.datasets.account_of(offer.dataset)
    split = stage.client.royalty.split_of(account)
    before = stage.client.royalty.received_of(split, token.address)
    receipt = stage.acting(buyer).licenses.acquire(offer.dataset, offer.terms.id(), buyer.address)
    stage.credit(offer.dataset, token.address, offer.price)
    stage.story.step(
        f"{buyer.name} buys a {offer.text} licence of “{offer.work.name}” for {token.amount(offer.price)}", receipt
    )
    received = stage.client.royalty.received_of(split, token.address) - before
    stage.story.equal("the whole price has reached the dataset's split", received, offer.price)
    return Licence(receipt.event(LicenseAcquired).license_id, offer)


def _buy_in_usdc(stage: Stage, offers: Sequence[Offer]) -> list[Licence]:
    developer = stage.cast.developer
    client, total = stage.acting(developer), sum(it.price for it in offers)
    spender, deadline = client.licenses.address, stage.node.timestamp() + 3600
    permit = stage.token(stage.usdc).sign_permit(developer.signer, spender, total, deadline)
    wanted = [
        Acquisition(dataset=it.dataset, terms_id=it.terms.id(), max_price=it.price, to=developer.address)
        for it in offers
    ]
    encoding = client.encoding().licenses
    receipt: TxReceipt = client.licenses.multicall([encoding.permit(permit), encoding.acquire_many(wanted)])
    for offer in offers:
        stage.credit(offer.dataset, stage.usdc, offer.price)
    paid = stage.money(total, stage.usdc)
    stage.story.step(
        f"{developer.name} buys {len(offers)} licences for {paid}, with one permit and no approval", receipt
    )
    bought = {it.dataset: it.license_id for it in receipt.events(LicenseAcquired)}
    return [Licence(bought[it.dataset], it) for it in offers]


def _check_rights(stage: Stage, licences: Licences, offers: Offers, member: Work) -> None:
    story, licenses, me = stage.story, stage.client.licenses, stage.cast.developer.address
    album = offers.training.work
    training, blanket = licences.training.number, licences.catalogue.number
    status = licenses.status_of
    story.equal(
        "the training licence allows Training", status(training, me, album.dataset, Right.Training), Status.Valid
    )
    voice = status(training, me, album.dataset, Right.VoiceCloning)
    story.equal("and it does not allow VoiceCloning", voice, Status.RightNotGranted)
    covered = status(blanket, me, member.dataset, Right.Training)
    story.equal(f"the catalogue's licence covers “{member.name}”", covered, Status.Valid)
    other = status(blanket, me, album.dataset, Right.Training)
    story.equal(f"and it does not cover “{album.name}”, which has not joined", other, Status.NotCovered)
