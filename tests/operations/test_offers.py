from __future__ import annotations

from audiera.licensing.standing import StandingOffer
from audiera.operations.offers import offers_in_force, standing_of
from audiera.operations.tokens import TokenBook
from audiera.protocol.ids import ETHER
from audiera.quantities.amounts import Amount
from tests.support.studio import As, Studio, some_terms


def test_offers_in_force_say_how_many_are_left(as_: As, studio: Studio) -> None:
    buyer, friend, dataset = as_("buyer"), as_("friend"), studio.dataset()
    terms, licenses = some_terms(), studio.creator.licenses
    terms_id = studio.offer(dataset, terms, price=30)
    licenses.offer(dataset, terms_id, 7, friend.account, left=1)
    book = TokenBook.of(buyer)

    found = list(offers_in_force(buyer, book, datasets=[dataset]))

    assert found == [
        StandingOffer(dataset, terms, Amount(30, ETHER, "ETH", 18), ETHER, None),
        StandingOffer(dataset, terms, Amount(7, ETHER, "ETH", 18), friend.account, 1),
    ]

    studio.license(dataset, terms_id, friend)

    assert [it.licensee for it in offers_in_force(buyer, book, terms_id=terms_id)] == [ETHER]
    assert standing_of(buyer, book, dataset).offers == (found[0],)


def test_an_earlier_epochs_offers_are_not_in_force(as_: As, studio: Studio) -> None:
    dataset, reader = studio.dataset(), as_("reader")
    studio.offer(dataset, some_terms())

    studio.creator.datasets.withdraw_all(dataset)

    assert list(offers_in_force(reader, TokenBook.of(reader), datasets=[dataset])) == []
