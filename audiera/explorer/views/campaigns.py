"""Campaigns: pots that are divided by what was used; all of them, and one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlalchemy import Row, func, select

from audiera.explorer.asked import Reading
from audiera.explorer.money import Money
from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.refusals import not_found
from audiera.explorer.view import View
from audiera.indexer.tables import CAMPAIGN_DATASETS, CAMPAIGN_ENTRIES, CAMPAIGN_FUNDERS, CAMPAIGNS, GATEWAYS

__all__ = ["Campaign", "CampaignView", "CampaignsView", "Counted", "Funder", "Weighed"]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it stands."""

    id: int
    sponsor: str
    pot: Money
    weight: Money
    """What all uses that count were worth."""
    start: int
    end: int
    """Uses that are settled from `start` on and before `end` count."""
    closes_at: int
    """Statements are entered before it, and rewards credited from it on."""
    state: str


@dataclass(frozen=True, slots=True)
class CampaignsView(View):
    """All campaigns, the newest first."""

    TABLES: ClassVar[tuple[str, ...]] = ("campaigns",)

    campaigns: tuple[Campaign, ...]
    total: int
    stretches: Mapping[str, Stretch]

    @property
    def title(self) -> str:
        """What the page is called."""
        return "Campaigns"

    @property
    def summary(self) -> str:
        """What it says."""
        return "Pots that reward music data by what was used of it: how much is in each, and until when."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the page of the list that is asked for."""
        paging = Paging(reading)
        rows = paging.rows("campaigns", select(CAMPAIGNS).order_by(CAMPAIGNS.c.id.desc()))
        return cls(
            index=reading.index,
            campaigns=tuple(_campaign(reading, row) for row in rows),
            total=reading.connection.execute(select(func.count()).select_from(CAMPAIGNS)).scalar_one(),
            stretches=paging.stretches,
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """A gateway whose batches count."""

    address: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A dataset, by what was used of it."""

    dataset: Named
    weight: Money
    statements: int
    reward: Money
    """What its account was credited; until then its part of the pot as things stand."""
    is_credited: bool


@dataclass(frozen=True, slots=True)
class Funder:
    """One who put something into the pot."""

    address: str
    amount: Money
    returned: Money


@dataclass(frozen=True, slots=True)
class CampaignView(View):
    """One campaign."""

    TABLES: ClassVar[tuple[str, ...]] = ("datasets", "gateways", "funders")

    campaign: Campaign
    datasets: tuple[Weighed, ...]
    gateways: tuple[Counted, ...]
    funders: tuple[Funder, ...]
    stretches: Mapping[str, Stretch]
    block: int
    transaction: str
    pool: str

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Campaign {self.campaign.id}"

    @property
    def summary(self) -> str:
        """What it says."""
        return f"{self.campaign.pot} for whoever's music data is used most; {self.campaign.state}."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the campaign that the path names.

        Raises:
            RefusalError: there is none.
        """
        number = reading.asked.number("campaign")
        row = reading.connection.execute(select(CAMPAIGNS).where(CAMPAIGNS.c.id == number)).first()
        if row is None:
            raise not_found(f"There is no campaign {number:,} up to block {reading.index.block:,}.")
        paging = Paging(reading)
        return cls(
            index=reading.index,
            campaign=_campaign(reading, row),
            datasets=_weighed(paging, row),
            gateways=_gateways(reading, json.loads(row.gateways)),
            funders=_funders(paging, row),
            stretches=paging.stretches,
            block=row.block,
            transaction=row.transaction,
            pool=reading.index.suite["IncentivePool"],
        )


def _campaign(reading: Reading, row: Row[*tuple[Any, ...]]) -> Campaign:
    money = reading.tokens.money
    return Campaign(
        id=row.id,
        sponsor=row.sponsor,
        pot=money(row.pot, row.reward),
        weight=money(row.weight, row.token),
        start=row.start,
        end=row.end,
        closes_at=row.closes_at,
        state=_state(row, reading.index.at),
    )


def _state(row: Row[*tuple[Any, ...]], now: int) -> str:
    if now < row.start:
        return "not begun yet"
    if now < row.end:
        return "running"
    return "uses are being entered" if now < row.closes_at else "closed"


def _weighed(paging: Paging, row: Row[*tuple[Any, ...]]) -> tuple[Weighed, ...]:
    entries = (
        select(CAMPAIGN_ENTRIES.c.dataset, func.count().label("statements"))
        .where(CAMPAIGN_ENTRIES.c.campaign == row.id)
        .group_by(CAMPAIGN_ENTRIES.c.dataset)
        .subquery()
    )
    query = (
        select(CAMPAIGN_DATASETS, entries.c.statements)
        .outerjoin(entries, entries.c.dataset == CAMPAIGN_DATASETS.c.dataset)
        .where(CAMPAIGN_DATASETS.c.campaign == row.id)
        .order_by(CAMPAIGN_DATASETS.c.weight.desc(), CAMPAIGN_DATASETS.c.dataset)
    )
    rows, money = paging.rows("datasets", query), paging.reading.tokens.money
    names = named(paging.reading, (it.dataset for it in rows))
    return tuple(
        Weighed(
            dataset=names[it.dataset],
            weight=money(it.weight, row.token),
            statements=it.statements or 0,
            reward=money(it.credited if it.settled else row.pot * it.weight // (row.weight or 1), row.reward),
            is_credited=it.settled,
        )
        for it in rows
    )


def _gateways(reading: Reading, addresses: list[str]) -> tuple[Counted, ...]:
    query = select(GATEWAYS.c.gateway, GATEWAYS.c.url).where(GATEWAYS.c.gateway.in_(addresses))
    urls = {it.gateway: it.url for it in reading.connection.execute(query)}
    return tuple(Counted(address, urls.get(address)) for address in addresses)


def _funders(paging: Paging, row: Row[*tuple[Any, ...]]) -> tuple[Funder, ...]:
    query = (
        select(CAMPAIGN_FUNDERS)
        .where(CAMPAIGN_FUNDERS.c.campaign == row.id)
        .order_by(CAMPAIGN_FUNDERS.c.amount.desc(), CAMPAIGN_FUNDERS.c.funder)
    )
    money = paging.reading.tokens.money
    return tuple(
        Funder(it.funder, money(it.amount, row.reward), money(it.returned, row.reward))
        for it in paging.rows("funders", query)
    )
