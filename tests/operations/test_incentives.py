"""P17: each statement counts once, and what is owed of a pot is what the contract credits."""

from __future__ import annotations

import pytest

from audiera.client import Campaign
from audiera.client.contracts import events
from audiera.errors import InputError, RevertError
from audiera.metering.batch import Batch, PricedUse
from audiera.operations import carrying
from audiera.operations.collecting import collect
from audiera.operations.incentives import Reward, counting_batches, enter, not_entered, rewards
from audiera.protocol.ids import ETHER
from audiera.protocol.structs import Use, Voucher
from tests.support.studio import As, Client, Studio, some_terms

DAY = 86_400
PRICES = (50, 30, 20)


@pytest.fixture
def batch(as_: As, studio: Studio) -> Batch:
    """One use of each of three datasets, under a licence of each."""
    uses = []
    for number, price in enumerate(PRICES):
        dataset = studio.dataset()
        license_id = studio.license(dataset, studio.offer(dataset, some_terms(unit_price=price)), as_("buyer"))
        use = Use(license=license_id, dataset=dataset, version=1, right=2, units=1, at=1, nonce=number.to_bytes(32))
        uses.append(PricedUse(use, price))
    return Batch().extend(uses)


def settle(payer: Client, gateway: Client, batch: Batch, number: int = 1) -> Voucher:
    voucher = batch.voucher(payer=payer.account, gateway=gateway.account, token=ETHER, batch=number)
    payer.usage.deposit(payer.account, gateway.account, ETHER, voucher.amount)
    gateway.usage.settle(voucher, payer.sign_voucher(voucher))
    return voucher


def open_campaign(sponsor: Client, *gateways: Client, pot: int = 1_000) -> int:
    now = sponsor.node.timestamp()
    addresses = tuple(sorted((it.account for it in gateways), key=str.lower))
    terms = Campaign(ETHER, ETHER, addresses, now, now + 10 * DAY)
    campaign = sponsor.incentives.open(terms).event(events.CampaignOpened).campaign
    sponsor.incentives.fund(campaign, pot)
    return campaign


def test_a_batch_is_entered_once_and_shared_out_by_what_uses_paid(as_: As, batch: Batch) -> None:
    sponsor, gateway, anyone = as_("sponsor"), as_("gateway"), as_("anyone")
    campaign = open_campaign(sponsor, gateway)
    voucher = settle(as_("buyer"), gateway, batch)
    collected = collect(anyone, voucher, anyone.usage.batch_of(voucher.batch_id()).settled_at, batch, [1])

    first = enter(anyone, campaign, voucher, batch, [1])
    left = not_entered(anyone, campaign, voucher)
    rest = enter(anyone, campaign, voucher, batch, [0, 1, 2])

    assert len(collected.statements) == 1
    assert [(it.dataset, it.amount) for it in first.statements] == [(2, 30)]
    assert left == [0, 2]
    assert [(it.dataset, it.amount) for it in rest.statements] == [(1, 50), (3, 20)]
    assert not_entered(anyone, campaign, voucher) == []
    owed = rewards(anyone, campaign)
    assert owed == (Reward(1, 50, 500, False), Reward(2, 30, 300, False), Reward(3, 20, 200, False))

    anyone.node.request("evm_setNextBlockTimestamp", anyone.incentives.campaign_of(campaign).closes_at)
    credited = [anyone.incentives.credit(campaign, it.dataset).event(events.RewardCredited) for it in owed]

    assert [it.amount for it in credited] == [it.amount for it in owed]
    assert {it.credited for it in rewards(anyone, campaign)} == {True}


def test_statements_are_entered_in_chunks_that_fit(as_: As, batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, anyone = as_("gateway"), as_("anyone")
    campaign = open_campaign(as_("sponsor"), gateway)
    voucher = settle(as_("buyer"), gateway, batch)
    monkeypatch.setattr(carrying, "_MAX_DATA", 1_400)
    done: list[int] = []

    outcome = enter(anyone, campaign, voucher, batch, [0, 1, 2], progress=done.append)

    assert sum(done) == len(outcome.statements) == 3
    assert len(outcome.receipts) > 1


def test_a_statement_of_no_dataset_is_refused_alone(as_: As, batch: Batch) -> None:
    gateway, anyone = as_("gateway"), as_("anyone")
    campaign = open_campaign(as_("sponsor"), gateway)
    strange = Use(license=1, dataset=999, version=1, right=2, units=1, at=1, nonce=b"\x09" * 32)
    more = batch.extend([PricedUse(strange, 7)])
    voucher = settle(as_("buyer"), gateway, more)

    outcome = enter(anyone, campaign, voucher, more, not_entered(anyone, campaign, voucher))

    assert [it.amount for it in outcome.statements] == list(PRICES)
    ((line, error),) = outcome.refused
    assert (line.statement.dataset, error.name) == (999, "Registry_UnknownDataset")


def test_a_batch_that_does_not_count_is_refused_as_a_whole(as_: As, batch: Batch) -> None:
    gateway, stranger, anyone = as_("gateway"), as_("stranger"), as_("anyone")
    campaign = open_campaign(as_("sponsor"), gateway)
    voucher = settle(as_("buyer"), stranger, batch)

    with pytest.raises(RevertError, match="the gateways that the campaign names") as refused:
        enter(anyone, campaign, voucher, batch, [0, 1, 2])

    assert refused.value.name == "Pool_WrongGateway"
    assert not_entered(anyone, campaign, voucher) == [0, 1, 2]


def test_a_batch_that_is_not_settled_is_refused(as_: As, batch: Batch) -> None:
    gateway, anyone = as_("gateway"), as_("anyone")
    campaign = open_campaign(as_("sponsor"), gateway)
    voucher = batch.voucher(payer=as_("buyer").account, gateway=gateway.account, token=ETHER, batch=5)

    with pytest.raises(InputError, match="Batch 5 of this channel is not settled yet"):
        enter(anyone, campaign, voucher, batch, [0])


def test_the_batches_that_count_are_found(as_: As, batch: Batch) -> None:
    buyer, gateway, second, stranger = as_("buyer"), as_("gateway"), as_("second gateway"), as_("stranger")
    settle(buyer, gateway, batch, number=8)
    gateway.node.request("evm_increaseTime", DAY)
    gateway.node.request("evm_mine")
    campaign = open_campaign(as_("sponsor"), gateway, second)
    counting = [settle(buyer, it, batch) for it in (gateway, second)]
    settle(buyer, stranger, batch)

    found = {it.batch_id for it in counting_batches(as_("anyone"), campaign)}

    assert found == {it.batch_id() for it in counting}
