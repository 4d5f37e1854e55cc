from dataclasses import replace

import pytest

from audiera.licensing.standing import StandingOffer
from audiera.licensing.texts import template
from audiera.protocol.ids import ETHER, to_address
from audiera.protocol.rights import Right
from audiera.protocol.terms import TermsFlag
from audiera.quantities.amounts import Amount
from tests.support.terms import plain_terms

FREE = StandingOffer(
    dataset=7,
    terms=plain_terms(rights=Right.Playback, text=template("open").digest),
    price=Amount(0, ETHER, "ETH", 18),
)


def test_an_offer_says_how_many_are_left_where_they_are_counted() -> None:
    title = FREE.title

    assert FREE.sentence() == f"{title} without a price; never ends; grants Playback."
    assert replace(FREE, left=1_200).sentence() == f"{title} without a price; 1,200 left; never ends; grants Playback."


def test_what_everybody_gets_for_nothing_and_for_ever_is_unconditional() -> None:
    assert FREE.is_unconditional


@pytest.mark.parametrize(
    "offer",
    [
        replace(FREE, left=1),
        replace(FREE, licensee=to_address("0x" + "1" * 40)),
        replace(FREE, price=Amount(1, ETHER, "ETH", 18)),
        replace(FREE, terms=replace(FREE.terms, flags=TermsFlag.Revocable)),
        replace(FREE, terms=replace(FREE.terms, unit_price=1)),
    ],
    ids=["a counted edition", "to one", "at a price", "until revoked", "by use"],
)
def test_any_condition_makes_an_offer_conditional(offer: StandingOffer) -> None:
    assert not offer.is_unconditional
