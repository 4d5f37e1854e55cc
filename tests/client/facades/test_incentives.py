from __future__ import annotations

from collections.abc import Callable

import pytest
from eth_typing import ChecksumAddress

from audiera.client import Campaign, Standing, SumProof
from audiera.client.contracts import events
from audiera.errors import ChainError, RevertError
from audiera.metering.batch import Batch, PricedUse
from audiera.protocol.ids import ETHER
from audiera.protocol.structs import Use, Voucher
from tests.client.conftest import As, Client, Studio, some_terms

DAY = 86_400


def campaign_of(client: Client, gateway: Client, *, reward: str = ETHER) -> Campaign:
    """Ten days from now on, for uses paid in ETH at one gateway."""
    now = client.node.timestamp()
    return Campaign(client.token(reward).address, ETHER, (gateway.account,), now, now + 10 * DAY)


def open_campaign(sponsor: Client, gateway: Client, *, reward: str = ETHER) -> int:
    terms = campaign_of(sponsor, gateway, reward=reward)
    return sponsor.incentives.open(terms).event(events.CampaignOpened).campaign


def settled_batch(payer: Client, gateway: Client, studio: Studio) -> tuple[Batch, Voucher, int]:
    """A batch of two datasets: one use at 30 wei, one at 10."""
    uses = []
    for number, price in enumerate((30, 10)):
        dataset = studio.dataset()
        license_id = studio.license(dataset, studio.offer(dataset, some_terms(unit_price=price)), payer)
        use = Use(license=license_id, dataset=dataset, version=1, right=2, units=1, at=1, nonce=bytes([number]) * 32)
        uses.append(PricedUse(use, price))
    batch = Batch().extend(uses)
    voucher = batch.voucher(payer=payer.account, gateway=gateway.account, token=ETHER, batch=1)
    payer.usage.deposit(payer.account, gateway.account, ETHER, voucher.amount)
    settled = gateway.usage.settle(voucher, payer.sign_voucher(voucher)).event(events.BatchSettled)
    return batch, voucher, settled.settled_at


def close(client: Client, campaign: int) -> None:
    """Let time pass until the campaign is closed."""
    closes_at = client.incentives.campaign_of(campaign).closes_at
    client.node.request("evm_setNextBlockTimestamp", closes_at)
    client.node.request("evm_mine")


def test_a_campaign_is_opened_and_read_as_it_was_meant(as_: As) -> None:
    sponsor, gateway, stranger = as_("sponsor"), as_("gateway"), as_("stranger")
    terms = campaign_of(sponsor, gateway)

    opened = sponsor.incentives.open(terms).event(events.CampaignOpened)

    pool = as_("reader").incentives
    closes_at = terms.end + 30 * DAY
    assert opened == events.CampaignOpened(1, sponsor.account, terms, closes_at)
    assert pool.opening(1) == opened
    assert [it.event for it in pool.opened()] == [opened]
    assert pool.campaign_count() == 1
    assert pool.campaign_of(1) == Standing(ETHER, ETHER, terms.start, terms.end, closes_at, 0, 0)
    assert pool.counts_gateway(1, gateway.account) is True
    assert pool.counts_gateway(1, stranger.account) is False


def test_a_pot_of_ether_is_shared_out_as_uses_paid(as_: As, studio: Studio) -> None:
    sponsor, gateway, anyone = as_("sponsor"), as_("gateway"), as_("anyone")
    campaign = open_campaign(sponsor, gateway)
    batch, voucher, settled_at = settled_batch(as_("buyer"), gateway, studio)
    lines = batch.statements()
    pool = anyone.incentives

    funded = sponsor.incentives.fund(campaign, 1_000).event(events.CampaignFunded)
    statements, proofs = [it.statement for it in lines], [SumProof.of(batch.proof(it.line), it.amount) for it in lines]
    entered = pool.enter(campaign, voucher, settled_at, statements, proofs).events(events.StatementEntered)

    assert funded == events.CampaignFunded(campaign, sponsor.account, 1_000)
    assert pool.funding_of(campaign, sponsor.account) == 1_000
    assert entered == (
        events.StatementEntered(campaign, 1, voucher.batch_id(), 0, 30),
        events.StatementEntered(campaign, 2, voucher.batch_id(), 1, 10),
    )
    assert pool.is_entered(campaign, voucher.batch_id(), 1) is True
    assert pool.is_entered(campaign, voucher.batch_id(), 2) is False
    assert (pool.campaign_of(campaign).pot, pool.campaign_of(campaign).weight) == (1_000, 40)
    assert pool.weight_of(campaign, 1) == (30, False)

    close(anyone, campaign)
    credited = pool.credit(campaign, 1)

    assert credited.event(events.RewardCredited) == events.RewardCredited(campaign, 1, 750)
    arrived = credited.event(events.Credited)
    assert (arrived.account, arrived.payer, arrived.amount) == (anyone.datasets.account_of(1), pool.address, 750)
    assert pool.weight_of(campaign, 1) == (30, True)


def test_a_pot_in_a_token_takes_what_was_approved_and_gives_it_back_where_nothing_counted(
    as_: As, usdc: ChecksumAddress, mint: Callable[[str, int], None]
) -> None:
    sponsor = as_("sponsor")
    campaign = open_campaign(sponsor, as_("gateway"), reward=usdc)
    mint(sponsor.account, 50)
    sponsor.approve("IncentivePool", usdc, 50)

    sponsor.incentives.fund(campaign, 50)

    assert sponsor.token(usdc).balance_of(sponsor.incentives.address) == 50

    close(sponsor, campaign)
    returned = as_("anyone").incentives.refund(campaign, sponsor.account).event(events.FundingReturned)

    assert returned == events.FundingReturned(campaign, sponsor.account, sponsor.account, 50)
    assert sponsor.token(usdc).balance_of(sponsor.account) == 50
    assert sponsor.incentives.funding_of(campaign, sponsor.account) == 0


def test_nothing_is_paid_out_before_the_close(as_: As) -> None:
    sponsor = as_("sponsor")
    campaign = open_campaign(sponsor, as_("gateway"))
    closes_at = sponsor.incentives.campaign_of(campaign).closes_at

    with pytest.raises(RevertError, match=f"Wait until the Unix second {closes_at}") as refused:
        sponsor.incentives.credit(campaign, 1)

    assert refused.value.name == "Pool_NotClosed"


def test_a_campaign_that_nobody_opened_is_not_found(as_: As) -> None:
    reader = as_("reader").incentives

    with pytest.raises(RevertError, match="There is no campaign 9; look up its number") as refused:
        reader.campaign_of(9)
    with pytest.raises(ChainError, match="There is no campaign 9"):
        reader.opening(9)

    assert refused.value.name == "Pool_UnknownCampaign"
