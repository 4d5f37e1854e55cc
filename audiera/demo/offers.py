"""Act: creators offer licences of different rights, at different prices, in different money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiera.client import Offer as OnChain
from audiera.demo.publish import Work
from audiera.demo.stage import Stage
from audiera.licensing import template, terms_of
from audiera.protocol import Meter, Right, Terms, TermsFlag, describe_rights
from audiera.quantities import format_duration, format_ppm, parse_duration, parse_ppm

__all__ = ["Offer", "Offers", "draft", "make_offers", "offer_music"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A standing promise of a licence."""

    work: Work
    text: str
    """Which licence text."""
    terms: Terms
    price: int

    @property
    def dataset(self) -> int:
        """What is offered."""
        return self.work.dataset


@dataclass(frozen=True, slots=True)
class Offers:
    """What the developer will choose from."""

    research: Offer
    training: Offer
    generative: Offer
    samples: Offer


def offer_music(stage: Stage, album: Work, samples: Work) -> Offers:
    """Offer the album in three ways and the samples in one."""
    stage.story.act(
        "They offer licences",
        "Terms name a licence text by its hash and state rights, price and meter. An offer binds its owner until "
        "withdrawn; the price of a licence already sold can never change.",
    )
    offers = Offers(
        research=draft(stage, album, "research", "0 USDC", duration="1 year"),
        training=draft(stage, album, "training", "250 USDC", per="0.0003 USDC/second", duration="1 year"),
        generative=draft(stage, album, "generative", "0.5 ETH", derivative="8 %", more=Right.Inference),
        samples=draft(
            stage, samples, "generative", "120 USDC", per="0.007 USDC/call", derivative="5 %", more=Right.Inference
        ),
    )
    make_offers(stage, [offers.research, offers.training, offers.generative])
    make_offers(stage, [offers.samples])
    return offers


def draft(
    stage: Stage,
    work: Work,
    text: str,
    price: str,
    *,
    per: str = "",
    duration: str = "perpetual",
    derivative: str = "0 %",
    notice: str = "",
    more: int = 0,
    flags: TermsFlag | None = None,
) -> Offer:
    """Put an offer in words as people use them: nothing is sent.

    Args:
        stage: for the tokens.
        work: what is offered.
        text: the licence text's name.
        price: of the licence.
        per: price of each unit of use; use is free unless told.
        duration: of the licence.
        derivative: the least share that what is made from it owes.
        notice: before a revocation, or a catalogue's member leaving, takes effect; revocable terms need it.
        more: rights beyond those that the text always grants.
        flags: the text's own unless told.
    """
    chosen, amount = template(text), stage.amount(price)
    terms = terms_of(
        chosen,
        token=amount.token,
        rights=chosen.granted | more,
        unit_price=stage.unit_price(per) if per else None,
        duration=parse_duration(duration),
        notice=parse_duration(notice) if notice else 0,
        derivative_ppm=parse_ppm(derivative),
        flags=flags,
    )
    return Offer(work, text, terms, amount.value)


def make_offers(stage: Stage, offers: Sequence[Offer]) -> None:
    """Publish the terms and make the offers of one work, in one transaction; show them and find them on chain."""
    for it in offers:
        stage.keep_bytes(template(it.text).text)
    work, licenses = offers[0].work, stage.client.encoding().licenses
    calls = [licenses.publish_terms(it.terms) for it in offers]
    calls += [licenses.offer(it.dataset, it.terms.id(), it.price) for it in offers]
    receipt = stage.carry_out(work.owner, lambda client: client.licenses.multicall(calls))
    noun = "a licence" if len(offers) == 1 else f"{len(offers)} kinds of licence"
    stage.story.step(f"{work.owner.name} offers {noun} of “{work.name}”{work.owner.aside}", receipt)
    rows = [(it.text, describe_rights(it.terms.rights), _price(stage, it), _conditions(it)) for it in offers]
    stage.story.table(["Text", "Rights", "Price", "Conditions"], rows)
    standing = [stage.client.licenses.offer_of(it.dataset, it.terms.id()) for it in offers]
    expected = [OnChain(it.price, None, it.terms.token) for it in offers]
    stage.story.equal("the offers stand at these prices", standing, expected)


def _price(stage: Stage, offer: Offer) -> str:
    terms = offer.terms
    once = stage.money(offer.price, terms.token) if offer.price else "free"
    if not terms.unit_price:
        return once
    return f"{once} + {stage.money(terms.unit_price, terms.token)}/{Meter(terms.meter).name.lower()}"


def _conditions(offer: Offer) -> str:
    terms = offer.terms
    said = [format_duration(terms.duration)]
    if terms.derivative_ppm:
        said.append(f"{format_ppm(terms.derivative_ppm)} of what is made from it")
    if terms.notice:
        said.append(f"members may leave after {format_duration(terms.notice)}")
    return ", ".join(said)
