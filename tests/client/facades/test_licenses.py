from __future__ import annotations

from collections.abc import Callable

import pytest
from eth_typing import ChecksumAddress
from web3 import Web3

from audiera.client import Acquisition, Audiera, Clearance, Membership, Offer
from audiera.client.contracts import events
from audiera.client.deployment.deployments import Deployment
from audiera.errors import ChainError, InputError, RevertError
from audiera.protocol.ids import ETHER
from audiera.protocol.kinds import Kind
from audiera.protocol.licenses import ENDLESS, SignerScope, Status
from audiera.protocol.lineage import Parent
from audiera.protocol.meters import Meter
from audiera.protocol.rights import Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.client.conftest import As, Studio, some_terms

DAY = 86_400


def test_terms_are_read_whole_and_as_stored(as_: As) -> None:
    owner, terms = as_("owner"), some_terms(duration=DAY, notice=60, max_units=9)
    assert owner.licenses.terms_of(terms.id()).index == 0
    with pytest.raises(InputError, match="publish them or check the id"):
        owner.licenses.known_terms(terms.id())

    receipt = owner.licenses.publish_terms(terms)

    assert receipt.event(events.TermsPublished) == events.TermsPublished(terms.id(), 1, terms)
    assert owner.licenses.terms(terms.id()) == terms
    assert owner.licenses.terms_id_at(1) == terms.id()
    stored = owner.licenses.known_terms(terms.id())
    assert (stored.rights, stored.meter, stored.unit_price, stored.token) == (terms.rights, Meter.Call, 5, ETHER)
    assert (stored.duration, stored.notice, stored.max_units, stored.flags) == (DAY, 60, 9, terms.flags)


def test_terms_that_nobody_published_are_not_found(as_: As) -> None:
    with pytest.raises(ChainError, match="There is no terms 0x0707"):
        as_("reader").licenses.terms(b"\x07" * 32)


def test_an_offer_stands_until_it_is_withdrawn(studio: Studio) -> None:
    dataset, terms = studio.dataset(), some_terms()
    licenses = studio.creator.licenses
    licenses.publish_terms(terms)
    assert licenses.offer_of(dataset, terms.id()) is None

    made = licenses.offer(dataset, terms.id(), 30).event(events.OfferMade)

    assert made == events.OfferMade(dataset, terms.id(), ETHER, 0, 30, ENDLESS)
    assert licenses.offer_of(dataset, terms.id()) == Offer(30, None, ETHER)

    licenses.withdraw_offer(dataset, terms.id())

    assert licenses.offer_of(dataset, terms.id()) is None


def test_a_limited_offer_is_counted_down_until_none_is_left(as_: As, studio: Studio) -> None:
    buyer, dataset = as_("buyer"), studio.dataset()
    terms_id = studio.offer(dataset, some_terms(), price=30)

    made = studio.creator.licenses.offer(dataset, terms_id, 30, left=2).event(events.OfferMade)
    studio.license(dataset, terms_id, buyer)

    assert made.left == 2
    assert buyer.licenses.offer_of(dataset, terms_id) == Offer(30, 1, ETHER)

    studio.license(dataset, terms_id, buyer)

    assert buyer.licenses.quote(dataset, terms_id, buyer.account) is None


def test_an_offer_of_no_licences_is_refused(studio: Studio) -> None:
    dataset = studio.dataset()
    terms_id = studio.offer(dataset, some_terms())

    with pytest.raises(RevertError, match="withdraw the offer instead") as refused:
        studio.creator.licenses.offer(dataset, terms_id, 30, left=0)

    assert refused.value.name == "License_NoneLeft"


def test_the_quote_is_the_licensees_own_offer_for_itself_and_its_signers_only(
    w3: Web3, deployment: Deployment, as_: As, studio: Studio
) -> None:
    friend, stranger, clerk, dataset = as_("friend"), as_("stranger"), as_("clerk"), studio.dataset()
    terms_id = studio.offer(dataset, some_terms(), price=30)
    studio.creator.licenses.offer(dataset, terms_id, 7, friend.account)
    own, public = Offer(7, None, ETHER), Offer(30, None, ETHER)
    nobody = Audiera.connect(w3, None, deployment)

    friend.licenses.set_signer(clerk.account, SignerScope.Pay, friend.node.timestamp() + DAY)

    assert friend.licenses.quote(dataset, terms_id, friend.account) == own
    assert clerk.licenses.quote(dataset, terms_id, friend.account) == own
    assert nobody.licenses.quote(dataset, terms_id, friend.account) == own
    assert stranger.licenses.quote(dataset, terms_id, friend.account) == public
    assert friend.licenses.quote(dataset, terms_id, stranger.account) == public


def test_who_buys_for_another_pays_the_price_that_stands_for_the_buyer(as_: As, studio: Studio) -> None:
    friend, sponsor, dataset = as_("friend"), as_("sponsor"), studio.dataset()
    terms_id = studio.offer(dataset, some_terms(), price=30)
    studio.creator.licenses.offer(dataset, terms_id, 7, friend.account, left=1)

    given = sponsor.licenses.acquire(dataset, terms_id, friend.account).event(events.LicenseAcquired)
    own = friend.licenses.acquire(dataset, terms_id, friend.account).event(events.LicenseAcquired)
    later = friend.licenses.acquire(dataset, terms_id, friend.account).event(events.LicenseAcquired)

    assert (given.price, given.licensee) == (30, ETHER)
    assert (own.price, own.licensee) == (7, friend.account)
    assert (later.price, later.licensee) == (30, ETHER)


def test_acquire_pays_ether_and_answers_the_licence(as_: As, studio: Studio) -> None:
    buyer, dataset = as_("buyer"), studio.dataset()
    terms_id = studio.offer(dataset, some_terms(), price=30)

    receipt = buyer.licenses.acquire(dataset, terms_id, buyer.account, ref=b"\x42" * 32)

    acquired = receipt.event(events.LicenseAcquired)
    assert (acquired.license_id, acquired.dataset, acquired.to, acquired.payer) == (1, dataset, *(buyer.account,) * 2)
    assert (acquired.price, acquired.expires_at, acquired.ref) == (30, PERPETUAL, b"\x42" * 32)
    assert buyer.licenses.license_count() == buyer.licenses.total_supply() == 1
    assert buyer.licenses.held_by(buyer.account) == (1,)
    found = buyer.licenses.license_of(1)
    assert (found.holder, found.dataset, found.terms_id) == (buyer.account, dataset, terms_id)
    assert (found.expires_at, found.revoked, found.locked) == (PERPETUAL, False, False)
    assert buyer.licenses.locked(1) is True
    assert buyer.licenses.token_uri(1).startswith("data:")
    assert buyer.royalty.owed_of(studio.split(), ETHER, studio.split().shares[0].payee) == 30


def test_acquire_refuses_a_price_above_the_most_that_is_agreed(as_: As, studio: Studio) -> None:
    buyer, dataset = as_("buyer"), studio.dataset()
    terms_id = studio.offer(dataset, some_terms(), price=30)

    with pytest.raises(RevertError, match="Agree to 30") as refused:
        buyer.licenses.acquire(dataset, terms_id, buyer.account, max_price=29)

    assert (refused.value.name, refused.value.fields) == ("License_PriceAbove", {"price": 30, "maxPrice": 29})


def test_acquire_without_an_offer_reverts_with_every_field(as_: As, studio: Studio) -> None:
    buyer, dataset = as_("buyer"), studio.dataset()
    buyer.licenses.publish_terms(some_terms())
    terms_id = some_terms().id()

    with pytest.raises(RevertError) as refused:
        buyer.licenses.acquire(dataset, terms_id, buyer.account)

    assert refused.value.name == "License_NotOffered"
    assert refused.value.fields == {"dataset": dataset, "termsId": terms_id, "licensee": buyer.account}


def test_acquire_many_sends_the_sum_of_the_prices(as_: As, studio: Studio) -> None:
    buyer, first, second = as_("buyer"), studio.dataset(), studio.dataset()
    terms_id = studio.offer(first, some_terms(), price=30)
    studio.offer(second, some_terms(), price=12)
    wanted = [
        Acquisition(dataset=it, terms_id=terms_id, max_price=price, to=buyer.account)
        for it, price in ((first, 30), (second, 12))
    ]

    receipt = buyer.licenses.acquire_many(wanted)

    assert [it.price for it in receipt.events(events.LicenseAcquired)] == [30, 12]


def test_acquire_many_pays_each_the_price_that_stands_after_those_before_it(as_: As, studio: Studio) -> None:
    """The buyer's own offer is used up by the first, anyone's of the one dataset by the second."""
    buyer, first, second = as_("buyer"), studio.dataset(), studio.dataset()
    terms_id = studio.offer(first, some_terms(), price=30)
    studio.offer(second, some_terms(), price=12)
    studio.creator.licenses.offer(first, terms_id, 30, left=2)
    studio.creator.licenses.offer(first, terms_id, 7, buyer.account, left=1)
    bought = [(it, terms_id, buyer.account) for it in (first, first, second)]
    wanted = [Acquisition(dataset=it, terms_id=by, max_price=30, to=to) for it, by, to in bought]

    quoted = buyer.licenses.quotes([*bought, *[bought[0]] * 2])
    receipt = buyer.licenses.acquire_many(wanted)

    own, public, other = Offer(7, 1, ETHER), Offer(30, 2, ETHER), Offer(12, None, ETHER)
    assert quoted == (own, public, other, Offer(30, 1, ETHER), None)
    assert [it.price for it in receipt.events(events.LicenseAcquired)] == [7, 30, 12]
    assert buyer.licenses.quote(*bought[0]) == Offer(30, 1, ETHER)


def test_a_permit_and_a_purchase_are_one_transaction(
    as_: As, studio: Studio, usdc: ChecksumAddress, mint: Callable[[str, int], None]
) -> None:
    buyer, dataset = as_("buyer"), studio.dataset()
    terms_id = studio.offer(dataset, some_terms(token=usdc), price=30)
    mint(buyer.account, 30)
    assert buyer.signer
    permit = buyer.token(usdc).sign_permit(buyer.signer, buyer.licenses.address, 30, buyer.node.timestamp() + 600)
    parts = buyer.encoding().licenses

    receipt = buyer.licenses.multicall([parts.permit(permit), parts.acquire(dataset, terms_id, buyer.account)])

    assert receipt.event(events.LicenseAcquired).price == 30
    assert buyer.token(usdc).balance_of(buyer.account) == 0


def test_renew_extends_and_revoke_ends(as_: As, studio: Studio) -> None:
    buyer, dataset = as_("buyer"), studio.dataset()
    terms = some_terms(duration=DAY, notice=60, flags=TermsFlag.Revocable)
    license_id = studio.license(dataset, studio.offer(dataset, terms, price=3), buyer)
    first = buyer.licenses.license_of(license_id).expires_at

    receipt = buyer.licenses.renew(license_id)

    renewed = events.LicenseRenewed(license_id, buyer.account, 3, first + DAY, ETHER)
    assert receipt.event(events.LicenseRenewed) == renewed
    assert receipt.event(events.MetadataUpdate) == events.MetadataUpdate(license_id)

    revoked = studio.creator.licenses.revoke(license_id).event(events.LicenseRevoked)

    assert revoked.expires_at == buyer.node.timestamp() + 60
    assert buyer.licenses.license_of(license_id).revoked is True


def test_status_says_the_first_reason_why_not(as_: As, studio: Studio) -> None:
    buyer, stranger = as_("buyer"), as_("stranger")
    dataset, other = studio.dataset(), studio.dataset()
    licenses, license_id = buyer.licenses, studio.license(dataset, studio.offer(dataset, some_terms()), buyer)

    assert licenses.status_of(license_id, buyer.account, dataset, Right.Training) is Status.Valid
    assert licenses.is_authorized(license_id, buyer.account, dataset, Right.Training) is True
    assert licenses.status_of(9, buyer.account, dataset, Right.Training) is Status.Unknown
    assert licenses.status_of(license_id, stranger.account, dataset, Right.Training) is Status.NotHolder
    assert licenses.status_of(license_id, buyer.account, other, Right.Training) is Status.NotCovered
    assert licenses.status_of(license_id, buyer.account, dataset, Right.Playback) is Status.RightNotGranted
    assert licenses.is_authorized(license_id, buyer.account, dataset, Right.Playback) is False
    now = buyer.node.timestamp()
    assert licenses.covers(license_id, dataset, now) is True
    assert licenses.covers(license_id, other, now) is False
    asked = licenses.usage_terms_of(license_id, dataset, now)
    assert (asked.holder, asked.covered, asked.unit_price, asked.token) == (buyer.account, True, 5, ETHER)


def test_a_signer_has_its_scopes_until_they_end(as_: As) -> None:
    holder, key = as_("holder"), as_("hot key")
    until = holder.node.timestamp() + 10 * DAY
    both = SignerScope.Access | SignerScope.Pay

    receipt = holder.licenses.set_signer(key.account, both, until)

    assert receipt.event(events.SignerSet) == events.SignerSet(holder.account, key.account, until, until, 0)
    assert holder.licenses.signer_until(holder.account, key.account, both) == until
    assert holder.licenses.is_signer(holder.account, key.account, SignerScope.Pay) is True
    assert holder.licenses.is_signer(holder.account, key.account, SignerScope.Settle) is False


def test_a_catalogue_covers_who_joined_and_was_admitted(as_: As, studio: Studio) -> None:

    label, buyer = Studio(as_("label")), as_("buyer")
    catalogue, member = label.dataset(kind=Kind.Catalogue), studio.dataset()
    terms_id = label.offer(catalogue, some_terms(flags=TermsFlag.Revocable, notice=DAY))
    license_id = label.license(catalogue, terms_id, buyer)

    agreed = studio.creator.licenses.join(catalogue, terms_id, member).event(events.MembershipAgreed)
    started = label.creator.licenses.admit(catalogue, terms_id, member).event(events.MembershipStarted)

    assert (agreed.owner, agreed.by_member) == (studio.creator.account, True)
    assert buyer.licenses.membership_of(catalogue, terms_id, member) == Membership(
        since=started.since, until=PERPETUAL, joined=False, admitted=False, member_epoch=0, host_epoch=0
    )
    assert buyer.licenses.covers(license_id, member, buyer.node.timestamp()) is True

    ended = studio.creator.licenses.leave(catalogue, terms_id, member).event(events.MembershipEnded)

    assert ended.until == buyer.node.timestamp() + DAY
    assert buyer.licenses.membership_of(catalogue, terms_id, member).until == ended.until


def test_a_derived_dataset_is_cleared_by_licences(as_: As, studio: Studio) -> None:

    lab = Studio(as_("lab"))
    parent = studio.dataset()
    license_id = studio.license(parent, studio.offer(parent, some_terms()), lab.creator)
    parents = (Parent(parent, 50_000),)
    model = lab.dataset(kind=Kind.Model, parents=parents)
    assert lab.creator.licenses.clearance_of(model).until == 0

    cleared = lab.creator.licenses.clear(model, parents, [license_id]).event(events.DatasetCleared)

    assert cleared.license_ids == (license_id,)
    clearance = lab.creator.licenses.clearance_of(model)
    assert (clearance.rights_ceiling, clearance.until) == (Right.Training | Right.Derivation, PERPETUAL)


def test_a_clearance_in_force_is_not_narrowed(as_: As, studio: Studio) -> None:
    lab, parent = Studio(as_("lab")), studio.dataset()
    wide, narrow = (
        studio.license(parent, studio.offer(parent, some_terms(rights=rights)), lab.creator)
        for rights in (Right.Training | Right.Derivation, Right.Derivation)
    )
    parents = (Parent(parent, 50_000),)
    model = lab.dataset(kind=Kind.Model, parents=parents)
    lab.creator.licenses.clear(model, parents, [wide])

    with pytest.raises(RevertError, match="Show licences that allow at least what") as refused:
        lab.creator.licenses.clear(model, parents, [narrow])

    assert refused.value.name == "Clearance_Narrower"
    assert refused.value.fields == {
        "dataset": model,
        "given": Clearance(Right.Derivation, PERPETUAL),
        "current": Clearance(Right.Training | Right.Derivation, PERPETUAL),
    }


def test_clear_wants_one_licence_for_each_parent(as_: As) -> None:

    with pytest.raises(InputError, match="0 licences for 1 parents"):
        as_("lab").licenses.clear(1, [Parent(1, 0)], [])
