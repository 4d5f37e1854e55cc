"""Offers are counted: each licence and each renewal takes one of what is left, and a private one is its licensee's."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.licenses import SignerScope
from audiera.protocol.lineage import Parent
from tests.support.chain import Chain, Deployed, Sent, reverts
from tests.support.licensing import DAY, ENDLESS, REF, Market, make_terms
from tests.support.relay import relayed

TERMS = make_terms(duration=10 * DAY)
PRICE, PRIVATE = 1_000, 30


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    market.publish(TERMS)
    return market.dataset(owner)


def licensees(sent: Sent) -> list[object]:
    """Whom the offers that a transaction took were made to."""
    return [event.fields["licensee"] for event in sent.events if "licensee" in event.fields]


def test_of_an_offer_of_one_the_second_buyer_gets_none(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    market.offer(owner, dataset, TERMS, PRICE, left=1)

    market.acquire(buyer, dataset, TERMS, PRICE)
    before = chain.ether(stranger)
    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=stranger.address):
        chain.send(licenses.acquire(dataset, TERMS.id(), PRICE, stranger.address, REF), stranger, value=PRICE)

    assert market.offered(dataset, TERMS) == (PRICE, 0)
    assert (licenses.licenseCount().call(), market.received(dataset)) == (1, PRICE)
    assert chain.ether(stranger) == before


@pytest.mark.parametrize("left", [3, ENDLESS - 1])
def test_every_licence_takes_one(
    market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount, stranger: LocalAccount, left: int
) -> None:
    """AUD-L2"""
    market.offer(owner, dataset, TERMS, PRICE, left=left)
    found = []

    for each in (buyer, stranger, buyer):
        market.acquire(each, dataset, TERMS, PRICE)
        found.append(market.offered(dataset, TERMS))

    assert found == [(PRICE, left - 1), (PRICE, left - 2), (PRICE, left - 3)]


def test_an_endless_offer_is_never_counted(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, 0, left=ENDLESS)

    chain.send(licenses.acquireMany([(dataset, TERMS.id(), 0, buyer.address, REF)] * 3), buyer)
    chain.send(licenses.renew(1, 0), buyer)

    assert market.offered(dataset, TERMS) == (0, ENDLESS)


def test_a_refused_purchase_takes_none(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, PRICE, left=1)
    call = licenses.acquire(dataset, TERMS.id(), PRICE, buyer.address, REF)

    with reverts("Payments_WrongValue", due=PRICE, sent=PRICE - 1):
        chain.send(call, buyer, value=PRICE - 1)

    assert market.offered(dataset, TERMS) == (PRICE, 1)
    chain.send(call, buyer, value=PRICE)


def test_a_renewal_takes_one_like_a_licence(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """AUD-L2"""
    market.offer(owner, dataset, TERMS, PRICE, left=2)
    licence = market.acquire(buyer, dataset, TERMS, PRICE)

    chain.send(licenses.renew(licence, PRICE), buyer, value=PRICE)
    before = licenses.licenseOf(licence).call()
    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
        chain.send(licenses.renew(licence, PRICE), buyer, value=PRICE)

    assert market.offered(dataset, TERMS) == (PRICE, 0)
    assert licenses.licenseOf(licence).call() == before
    assert market.received(dataset) == 2 * PRICE


def test_one_free_trial_is_one(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """Attack: a private trial with a quota, taken or renewed as often as its licensee likes."""
    trial, dataset = make_terms(duration=7 * DAY, max_units=100), market.dataset(owner)
    market.offer(owner, dataset, trial, licensee=buyer.address, left=1)
    licence = market.acquire(buyer, dataset, trial)

    for call in (licenses.acquire(dataset, trial.id(), 0, buyer.address, REF), licenses.renew(licence, 0)):
        with reverts("License_NotOffered", dataset=dataset, termsId=trial.id(), licensee=buyer.address):
            chain.send(call, buyer)

    assert licenses.licenseCount().call() == 1


def test_an_own_offer_that_is_used_up_leaves_anyones(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, PRICE, left=5)
    market.offer(owner, dataset, TERMS, PRIVATE, licensee=buyer.address, left=2)
    call = licenses.acquire(dataset, TERMS.id(), PRICE, buyer.address, REF)

    taken = [
        licensees(chain.send(call, buyer, value=PRIVATE)),
        licensees(chain.send(licenses.renew(1, PRICE), buyer, value=PRIVATE)),
        licensees(chain.send(call, buyer, value=PRICE)),
        licensees(chain.send(licenses.renew(1, PRICE), buyer, value=PRICE)),
    ]

    assert taken == [[buyer.address], [buyer.address], [ETHER], [ETHER]]
    assert market.offered(dataset, TERMS, buyer.address) == (PRIVATE, 0)
    assert market.offered(dataset, TERMS) == (PRICE, 3)
    assert market.received(dataset) == 2 * PRIVATE + 2 * PRICE


@pytest.mark.parametrize("renewing", [False, True], ids=["acquire", "renew"])
def test_a_stranger_who_pays_for_a_licensee_takes_anyones_offer(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount, renewing: bool,
) -> None:  # fmt: skip
    """AUD-L3, AUD-A33: Attack: using up what was offered to one."""
    market.offer(owner, dataset, TERMS, PRICE, left=5)
    licence = market.acquire(buyer, dataset, TERMS, PRICE)
    market.offer(owner, dataset, TERMS, PRIVATE, licensee=buyer.address, left=1)
    acquire = licenses.acquire(dataset, TERMS.id(), PRICE, buyer.address, REF)

    sent = chain.send(licenses.renew(licence, PRICE) if renewing else acquire, stranger, value=PRICE)

    assert licensees(sent) == [ETHER]
    assert market.offered(dataset, TERMS, buyer.address) == (PRIVATE, 1)
    assert market.offered(dataset, TERMS) == (PRICE, 3)


def test_a_stranger_buys_nothing_for_a_licensee_who_alone_has_an_offer(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A33: The dataset's owner neither."""
    market.offer(owner, dataset, TERMS, 0, licensee=buyer.address, left=1)

    for caller in (stranger, owner):
        with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
            chain.send(licenses.acquire(dataset, TERMS.id(), 0, buyer.address, REF), caller)

    assert market.offered(dataset, TERMS, buyer.address) == (0, 1)


@pytest.mark.parametrize("scopes", range(8))
@pytest.mark.parametrize("renewing", [False, True], ids=["acquire", "renew"])
def test_a_licensees_signer_needs_the_scope_pay_to_take_its_offer(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    signer: LocalAccount, scopes: int, renewing: bool,
) -> None:  # fmt: skip
    """AUD-L3, AUD-A33: With it the signer pays, and the licensee holds."""
    market.offer(owner, dataset, TERMS, PRICE)
    licence = market.acquire(buyer, dataset, TERMS, PRICE)
    market.offer(owner, dataset, TERMS, PRIVATE, licensee=buyer.address, left=1)
    chain.send(licenses.setSigner(signer.address, scopes, 2**64 - 1), buyer)
    pays = bool(scopes & SignerScope.Pay)
    acquire = licenses.acquire(dataset, TERMS.id(), PRICE, buyer.address, REF)
    call = licenses.renew(licence, PRICE) if renewing else acquire

    sent = chain.send(call, signer, value=PRIVATE if pays else PRICE)

    assert licensees(sent) == [buyer.address if pays else ETHER]
    assert market.offered(dataset, TERMS, buyer.address) == (PRIVATE, 0 if pays else 1)
    assert licenses.ownerOf(licenses.licenseCount().call()).call() == buyer.address


def test_a_signer_takes_the_offer_only_until_its_second(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    signer: LocalAccount,
) -> None:  # fmt: skip
    market.offer(owner, dataset, TERMS, 0, licensee=buyer.address)
    until = chain.now() + 1_000
    chain.send(licenses.setSigner(signer.address, int(SignerScope.Pay), until), buyer)
    call = licenses.acquire(dataset, TERMS.id(), 0, buyer.address, REF)

    chain.at_time(until - 1)
    chain.send(call, signer)
    chain.at_time(until)
    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
        chain.send(call, signer)

    assert licenses.licenseCount().call() == 1


def test_it_is_the_one_who_acts_that_counts_through_a_relay_too(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    market.offer(owner, dataset, TERMS, 0, licensee=buyer.address, left=1)
    call = licenses.acquire(dataset, TERMS.id(), 0, buyer.address, REF)

    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
        chain.send(relayed(chain, licenses, stranger, call), buyer)
    sent = chain.send(relayed(chain, licenses, buyer, call), stranger)

    assert licensees(sent) == [buyer.address]
    assert market.offered(dataset, TERMS, buyer.address) == (0, 0)


def test_several_at_once_are_counted_one_by_one(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """The buyer's own first, then anyone's; for somebody else anyone's; another dataset's apart."""
    other = market.dataset(owner)
    market.offer(owner, dataset, TERMS, PRIVATE, licensee=buyer.address, left=1)
    market.offer(owner, dataset, TERMS, PRICE, left=2)
    market.offer(owner, other, TERMS, 5, left=1)
    own = (dataset, TERMS.id(), PRICE, buyer.address, REF)
    purchases = [own, own, (dataset, TERMS.id(), PRICE, stranger.address, REF), (other, *own[1:])]

    sent = chain.send(licenses.acquireMany(purchases), buyer, value=PRIVATE + 2 * PRICE + 5)

    assert licensees(sent) == [buyer.address, ETHER, ETHER, ETHER]
    assert market.offered(dataset, TERMS, buyer.address) == (PRIVATE, 0)
    assert market.offered(dataset, TERMS) == (PRICE, 0)
    assert market.offered(other, TERMS) == (5, 0)
    assert (market.received(dataset), market.received(other)) == (PRIVATE + 2 * PRICE, 5)


def test_more_at_once_than_are_left_buys_none(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, PRICE, left=2)
    purchases = [(dataset, TERMS.id(), PRICE, buyer.address, REF)] * 3

    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
        chain.send(licenses.acquireMany(purchases), buyer, value=3 * PRICE)

    assert market.offered(dataset, TERMS) == (PRICE, 2)
    assert (licenses.licenseCount().call(), market.received(dataset)) == (0, 0)


@pytest.mark.parametrize("left", [1, ENDLESS], ids=["one more", "any number"])
def test_what_is_used_up_can_be_offered_again(
    market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount, left: int
) -> None:
    """So a limited edition is a promise of the owner's and no more."""
    market.offer(owner, dataset, TERMS, PRICE, left=1)
    market.acquire(buyer, dataset, TERMS, PRICE)

    market.offer(owner, dataset, TERMS, PRICE, left=left)
    market.acquire(buyer, dataset, TERMS, PRICE)

    assert market.offered(dataset, TERMS) == (PRICE, 0 if left == 1 else ENDLESS)


def test_of_an_endless_offer_changed_to_one_there_is_one(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, 0)
    market.acquire(buyer, dataset, TERMS)

    market.offer(owner, dataset, TERMS, 0, left=1)
    market.acquire(buyer, dataset, TERMS)
    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
        chain.send(licenses.acquire(dataset, TERMS.id(), 0, buyer.address, REF), buyer)

    assert licenses.licenseCount().call() == 2


def test_each_terms_and_each_licensee_has_a_number_of_its_own(
    market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount, stranger: LocalAccount
) -> None:
    others = make_terms(duration=20 * DAY)
    market.offer(owner, dataset, others, 0, left=4)
    market.offer(owner, dataset, TERMS, 0, left=3)
    market.offer(owner, dataset, TERMS, 0, licensee=buyer.address, left=2)
    market.offer(owner, dataset, TERMS, 0, licensee=stranger.address, left=1)

    market.acquire(buyer, dataset, TERMS)

    assert market.offered(dataset, others) == (0, 4)
    assert market.offered(dataset, TERMS) == (0, 3)
    assert market.offered(dataset, TERMS, buyer.address) == (0, 1)
    assert market.offered(dataset, TERMS, stranger.address) == (0, 1)


def test_what_was_left_lapses_with_the_epoch(
    chain: Chain, datasets: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, 0, left=5)
    market.acquire(buyer, dataset, TERMS)

    chain.send(datasets.withdrawAll(dataset), owner)
    lapsed = market.offered(dataset, TERMS)
    market.offer(owner, dataset, TERMS, 1, left=2)

    assert lapsed == (0, 0)
    assert market.offered(dataset, TERMS) == (1, 2)


def test_what_was_left_is_gone_when_the_offer_is_withdrawn(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount
) -> None:
    market.offer(owner, dataset, TERMS, 0, licensee=buyer.address, left=5)
    market.acquire(buyer, dataset, TERMS)

    chain.send(licenses.withdrawOffer(dataset, TERMS.id(), buyer.address), owner)
    with reverts("License_NotOffered", dataset=dataset, termsId=TERMS.id(), licensee=buyer.address):
        chain.send(licenses.renew(1, 0), buyer)

    assert market.offered(dataset, TERMS, buyer.address) == (0, 0)


@pytest.mark.parametrize("renewing", [False, True], ids=["acquire", "renew"])
def test_one_is_taken_before_the_money_moves(
    chain: Chain, licenses: Deployed, market: Market, buyer: LocalAccount, renewing: bool
) -> None:
    """Attack: a token that owns the dataset makes the offer anew while it is paid with. What it says last stands."""
    coin = chain.deploy("ReentrantToken")
    terms, dataset = make_terms(token=coin.address), market.dataset(coin)
    market.offer(coin, dataset, terms, 0, left=1)
    licence = market.acquire(buyer, dataset, terms)
    market.offer(coin, dataset, terms, PRICE, left=3)
    market.fund(coin, buyer, licenses, PRICE)
    again = licenses.offer(dataset, terms.id(), ETHER, 5, 9)
    chain.send(coin.plan(licenses.address, again._encode_transaction_data()))
    acquire = licenses.acquire(dataset, terms.id(), PRICE, buyer.address, REF)

    chain.send(licenses.renew(licence, PRICE) if renewing else acquire, buyer)

    assert coin.succeeded().call()
    assert market.offered(dataset, terms) == (5, 9)


def test_a_licence_that_never_moves_is_given_anew_to_a_holders_new_address(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, buyer: LocalAccount,
    signer: LocalAccount,
) -> None:  # fmt: skip
    """For a merger or a lost key: a private offer of one, for nothing."""
    market.offer(owner, dataset, TERMS, PRICE)
    licence = market.acquire(buyer, dataset, TERMS, PRICE)
    with reverts("License_NotTransferable", licenseId=licence):
        chain.send(licenses.transferFrom(buyer.address, signer.address, licence), buyer)

    market.offer(owner, dataset, TERMS, 0, licensee=signer.address, left=1)
    market.acquire(signer, dataset, TERMS)

    assert market.offered(dataset, TERMS, signer.address) == (0, 0)
    assert licenses.ownerOf(2).call() == signer.address
    assert market.received(dataset) == PRICE


def test_a_derived_datasets_refusal_takes_none(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, owner: LocalAccount, maker: LocalAccount,
    buyer: LocalAccount,
) -> None:  # fmt: skip
    parents = [Parent(dataset, 0)]
    child = market.dataset(maker, parents=parents)
    market.clear(maker, child, parents, [market.licence(owner, dataset, maker, duration=15 * DAY)])
    market.offer(maker, child, TERMS, 0, left=2)
    licence = market.acquire(buyer, child, TERMS)
    expires, until = licenses.licenseOf(licence).call()[2], licenses.clearanceOf(child).call()[1]

    with reverts("Clearance_Outlived", dataset=child, until=expires + 10 * DAY, clearedUntil=until):
        chain.send(licenses.renew(licence, 0), buyer)

    assert market.offered(child, TERMS) == (0, 1)
