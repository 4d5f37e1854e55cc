"""The suite in figures: what there is, what was used and paid, who serves it, and how far the index is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from sqlalchemy import ColumnElement, Table, func, select

from audiera.explorer.asked import Reading
from audiera.explorer.exact import sum_parts, whole_sum
from audiera.explorer.money import Money
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.view import View
from audiera.indexer import read_status
from audiera.indexer.tables import (
    BATCHES,
    CREDITS,
    DATASETS,
    FOLLOWING,
    GATEWAYS,
    GATEWAYS_NAMED,
    LICENSES,
    RECORDED_USES,
    STATEMENTS,
    TERMS,
)
from audiera.protocol import Kind

__all__ = ["Announced", "Contract", "Flow", "Following", "KindCount", "NetworkView"]

_TOKENS: Final = 100


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many datasets there are of a kind."""

    kind: Kind
    datasets: int
    items: int


@dataclass(frozen=True, slots=True)
class Flow:
    """All that was paid for datasets in one token."""

    amount: Money
    payments: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Announced:
    """A gateway that says where it answers."""

    address: str
    url: str
    datasets: int
    """Whose owners name it."""
    announced_at: int


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract of the suite."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Following:
    """How the index follows the chain."""

    head: int
    """The newest block that the node had."""
    behind: int
    """Blocks that are not read yet."""
    looked_at: int
    logs: int
    orphaned_blocks: int
    orphaned_logs: int
    reorganisations: int
    late: int
    """Logs that the node gave only when it was asked again."""


@dataclass(frozen=True, slots=True)
class NetworkView(View):
    """The suite as it stands."""

    TABLES: ClassVar[tuple[str, ...]] = ("kinds", "money", "gateways", "contracts")

    datasets: int
    kinds: tuple[KindCount, ...]
    terms: int
    licenses: int
    in_force: int
    """Licences that have not ended."""
    uses: int
    """Recorded on chain, or collected of batches."""
    batches: int
    money: tuple[Flow, ...]
    gateways: tuple[Announced, ...]
    contracts: tuple[Contract, ...]
    following: Following | None
    """None: nothing follows the chain yet."""
    stretches: Mapping[str, Stretch]

    @property
    def title(self) -> str:
        """What the page is called."""
        return "The network in figures"

    @property
    def summary(self) -> str:
        """What it says."""
        return f"{self.datasets:,} datasets, {self.licenses:,} licences and {self.uses:,} uses on the chain."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the figures as of the block of the index."""
        connection, paging = reading.connection, Paging(reading)
        kinds = _kinds(reading)
        calls = connection.execute(select(*sum_parts(connection, STATEMENTS.c.calls))).one()
        return cls(
            index=reading.index,
            datasets=sum(it.datasets for it in kinds),
            kinds=kinds,
            terms=_count(reading, TERMS),
            licenses=_count(reading, LICENSES),
            in_force=_count(reading, LICENSES, LICENSES.c.expires_at > reading.index.at),
            uses=whole_sum([part or 0 for part in calls]) + _count(reading, RECORDED_USES),
            batches=_count(reading, BATCHES),
            money=_money(reading),
            gateways=_gateways(paging),
            contracts=tuple(Contract(name, address) for name, address in reading.index.suite.items()),
            following=_following(reading),
            stretches=paging.stretches,
        )


def _count(reading: Reading, table: Table, *where: ColumnElement[bool]) -> int:
    return reading.connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()


def _kinds(reading: Reading) -> tuple[KindCount, ...]:
    query = select(DATASETS.c.kind, func.count(), func.sum(DATASETS.c.item_count)).group_by(DATASETS.c.kind)
    found = {kind: (count, int(items)) for kind, count, items in reading.connection.execute(query)}
    return tuple(KindCount(kind, *found[kind]) for kind in Kind if kind in found)


def _money(reading: Reading) -> tuple[Flow, ...]:
    query = (
        select(CREDITS.c.token, func.count(), func.max(CREDITS.c.at), *sum_parts(reading.connection, CREDITS.c.amount))
        .group_by(CREDITS.c.token)
        .order_by(func.count().desc(), CREDITS.c.token)
        .limit(_TOKENS)
    )
    return tuple(
        Flow(reading.tokens.money(whole_sum(parts), token), payments, last_at)
        for token, payments, last_at, *parts in reading.connection.execute(query)
    )


def _gateways(paging: Paging) -> tuple[Announced, ...]:
    naming = (
        select(GATEWAYS_NAMED.c.gateway, func.count().label("datasets")).group_by(GATEWAYS_NAMED.c.gateway).subquery()
    )
    query = (
        select(GATEWAYS, naming.c.datasets)
        .outerjoin(naming, naming.c.gateway == GATEWAYS.c.gateway)
        .order_by(GATEWAYS.c.gateway)
    )
    return tuple(Announced(it.gateway, it.url, it.datasets or 0, it.at) for it in paging.rows("gateways", query))


def _following(reading: Reading) -> Following | None:
    if reading.connection.execute(select(FOLLOWING.c.head)).first() is None:
        return None
    status = read_status(reading.connection)
    return Following(
        head=status.head,
        behind=status.behind,
        looked_at=status.looked_at,
        logs=status.logs,
        orphaned_blocks=status.orphaned_blocks,
        orphaned_logs=status.orphaned_logs,
        reorganisations=status.reorganisations,
        late=status.late,
    )
