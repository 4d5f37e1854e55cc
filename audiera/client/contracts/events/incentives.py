"""Events of the incentive pool. Fields are the Solidity arguments, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.client.contracts.events.base import Event
from audiera.client.contracts.model import Campaign

__all__ = [
    "CampaignFunded",
    "CampaignOpened",
    "FundingReturned",
    "RewardCredited",
    "StatementEntered",
]


@dataclass(frozen=True, slots=True)
class CampaignFunded(Event):
    """`funder` put `amount` of the reward token into the pot."""

    campaign: int
    funder: ChecksumAddress
    amount: int


@dataclass(frozen=True, slots=True)
class CampaignOpened(Event):
    """A campaign stands from now on, exactly so."""

    campaign: int
    sponsor: ChecksumAddress
    terms: Campaign
    closes_at: int


@dataclass(frozen=True, slots=True)
class FundingReturned(Event):
    """Nothing counted, and `funder`'s recipient has what `funder` put in."""

    campaign: int
    funder: ChecksumAddress
    recipient: ChecksumAddress
    amount: int


@dataclass(frozen=True, slots=True)
class RewardCredited(Event):
    """The dataset's account was credited `amount`, its part of the pot."""

    campaign: int
    dataset: int
    amount: int


@dataclass(frozen=True, slots=True)
class StatementEntered(Event):
    """A statement counts for the dataset with `amount`, what its uses paid."""

    campaign: int
    dataset: int
    batch_id: bytes
    index: int
    amount: int
