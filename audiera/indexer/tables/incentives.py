"""What is rewarded by use, from the events of `IncentivePool`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Table, Text

from audiera.indexer.tables.base import METADATA, address, amount, at_log, digest, number

__all__ = ["CAMPAIGNS", "CAMPAIGN_DATASETS", "CAMPAIGN_ENTRIES", "CAMPAIGN_FUNDERS"]

CAMPAIGNS: Final = Table(
    "campaigns",
    METADATA,
    number("id", primary=True),
    address("sponsor"),
    address("reward"),  # what the pot is in
    address("token"),  # what counted uses were paid in
    Column("gateways", Text, nullable=False),  # JSON: addresses
    number("start"),
    number("end"),
    number("closes_at"),
    amount("pot"),
    amount("weight"),
    *at_log(),
)

CAMPAIGN_FUNDERS: Final = Table(
    "campaign_funders",
    METADATA,
    number("campaign", primary=True),
    address("funder", primary=True),
    amount("amount"),
    amount("returned"),
)

CAMPAIGN_ENTRIES: Final = Table(
    "campaign_entries",
    METADATA,
    number("campaign", primary=True),
    digest("batch", primary=True),
    number("index", primary=True),
    number("dataset"),
    amount("amount"),
    *at_log(),
)
"""Each statement that counts for a campaign."""

CAMPAIGN_DATASETS: Final = Table(
    "campaign_datasets",
    METADATA,
    number("campaign", primary=True),
    number("dataset", primary=True),
    amount("weight"),
    amount("credited"),
    Column("settled", Boolean, nullable=False),  # its reward was credited
)
