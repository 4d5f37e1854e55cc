"""What the events of `IncentivePool` change."""

from __future__ import annotations

import json
from typing import Final

from audiera.client import events
from audiera.indexer.derive.batch import Batch, Rules
from audiera.indexer.tables import CAMPAIGN_DATASETS, CAMPAIGN_ENTRIES, CAMPAIGN_FUNDERS, CAMPAIGNS
from audiera.text import hex_of

__all__ = ["RULES"]

RULES: Final = Rules("IncentivePool")


@RULES.on(events.CampaignOpened)
def _campaign_opened(batch: Batch, event: events.CampaignOpened) -> None:
    """Its terms never change."""
    batch.count(CAMPAIGNS.c.id, event.campaign)
    terms = event.terms
    batch.rows.make(
        CAMPAIGNS,
        id=event.campaign,
        sponsor=event.sponsor,
        reward=terms.reward,
        token=terms.token,
        gateways=json.dumps(terms.gateways),
        start=terms.start,
        end=terms.end,
        closes_at=event.closes_at,
        pot=0,
        weight=0,
        **batch.here,
    )


@RULES.on(
    events.CampaignFunded,
    lambda it: [(CAMPAIGNS, (it.campaign,)), (CAMPAIGN_FUNDERS, (it.campaign, it.funder))],
)
def _campaign_funded(batch: Batch, event: events.CampaignFunded) -> None:
    """By anyone."""
    batch.rows.need(CAMPAIGNS, event.campaign).add(pot=event.amount)
    funder = batch.rows.row(CAMPAIGN_FUNDERS, event.campaign, event.funder)
    if funder.exists:
        funder.add(amount=event.amount)
    else:
        funder.put({"campaign": event.campaign, "funder": event.funder, "amount": event.amount, "returned": 0})


@RULES.on(
    events.StatementEntered,
    lambda it: [(CAMPAIGNS, (it.campaign,)), (CAMPAIGN_DATASETS, (it.campaign, it.dataset))],
)
def _statement_entered(batch: Batch, event: events.StatementEntered) -> None:
    """Once for each campaign and statement."""
    batch.rows.need(CAMPAIGNS, event.campaign).add(weight=event.amount)
    part = batch.rows.row(CAMPAIGN_DATASETS, event.campaign, event.dataset)
    if part.exists:
        part.add(weight=event.amount)
    else:
        key = {"campaign": event.campaign, "dataset": event.dataset}
        part.put({**key, "weight": event.amount, "credited": 0, "settled": False})
    batch.rows.make(
        CAMPAIGN_ENTRIES,
        campaign=event.campaign,
        batch=hex_of(event.batch_id),
        index=event.index,
        dataset=event.dataset,
        amount=event.amount,
        **batch.here,
    )


@RULES.on(events.RewardCredited, lambda it: [(CAMPAIGN_DATASETS, (it.campaign, it.dataset))])
def _reward_credited(batch: Batch, event: events.RewardCredited) -> None:
    """Once. The pot stays what was put in."""
    batch.rows.need(CAMPAIGN_DATASETS, event.campaign, event.dataset).set(credited=event.amount, settled=True)


@RULES.on(events.FundingReturned, lambda it: [(CAMPAIGN_FUNDERS, (it.campaign, it.funder))])
def _funding_returned(batch: Batch, event: events.FundingReturned) -> None:
    """All that the funder put in, since nothing counted."""
    batch.rows.need(CAMPAIGN_FUNDERS, event.campaign, event.funder).add(returned=event.amount)
