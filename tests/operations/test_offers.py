from __future__ import annotations

from web3.types import RPCEndpoint

from audiera.licensing.standing import StandingOffer
from audiera.operations.offers import offers_in_force, standing_of
from audiera.operations.tokens import TokenBook
from audiera.protocol.ids import ETHER
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent
from audiera.protocol.rights import Right
from audiera.quantities.amounts import Amount
from tests.support.studio import As, Studio, some_terms

DAY = 86_400


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


def test_an_offer_of_a_derived_dataset_ends_with_what_clears_it(as_: As, studio: Studio) -> None:
    lab, parent, reader = Studio(as_("lab")), studio.dataset(), as_("reader")
    lent = some_terms(rights=Right.Derivation | Right.Training, duration=3 * DAY, flags=0)
    model = lab.dataset(kind=Kind.Model, parents=(Parent(parent, 10_000),))
    held = studio.license(parent, studio.offer(parent, lent), lab.creator)
    lab.creator.licenses.clear(model, [Parent(parent, 10_000)], [held])
    lab.offer(model, some_terms(rights=Right.Training, duration=2 * DAY), price=5)

    def found() -> list[int]:
        return [it.price.value for it in offers_in_force(reader, TokenBook.of(reader), datasets=[model])]

    before = found()
    for method, parameters in (("evm_increaseTime", [2 * DAY]), ("evm_mine", [])):
        reader.node.web3.provider.make_request(RPCEndpoint(method), parameters)

    assert (before, found()) == ([5], [])
