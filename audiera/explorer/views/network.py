"""The suite in figures: what there is, what was used and paid, who serves it, and how far the index is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from sqlalchemy import Column, func, select

from audiera.explorer.asked import Reading
from audiera.explorer.money import Money
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.view import View
from audiera.indexer import read_status
from audiera.indexer.tables import (
    FOLLOWING,
    GATEWAYS,
    GATEWAYS_NAMED,
    KIND_TOTALS,
    LEDGER_TOTALS,
    LICENSES,
    TERMS,
    TOKEN_TOTALS,
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
        counted = {it.what: it.number for it in connection.execute(select(LEDGER_TOTALS))}
        licenses = _last(reading, LICENSES.c.id)
        ended = select(func.count()).select_from(LICENSES).where(LICENSES.c.expires_at <= reading.index.at)
        return cls(
            index=reading.index,
            datasets=sum(it.datasets for it in kinds),
            kinds=kinds,
            terms=_last(reading, TERMS.c.index),
            licenses=licenses,
            in_force=licenses - connection.execute(ended).scalar_one(),
            uses=counted.get("uses", 0),
            batches=counted.get("batches", 0),
            money=_money(reading),
            gateways=_gateways(paging),
            contracts=tuple(Contract(name, address) for name, address in reading.index.suite.items()),
            following=_following(reading),
            stretches=paging.stretches,
        )


def _last(reading: Reading, column: Column[int]) -> int:
    """Return the last of the numbers that a contract counts up."""
    return reading.connection.execute(select(func.max(column))).scalar_one() or 0


def _kinds(reading: Reading) -> tuple[KindCount, ...]:
    rows = reading.connection.execute(select(KIND_TOTALS).order_by(KIND_TOTALS.c.kind))
    return tuple(KindCount(Kind(it.kind), it.datasets, it.items) for it in rows)


def _money(reading: Reading) -> tuple[Flow, ...]:
    of = TOKEN_TOTALS.c
    rows = reading.connection.execute(select(TOKEN_TOTALS).order_by(of.payments.desc(), of.token).limit(_TOKENS))
    return tuple(Flow(reading.tokens.money(int(it.amount), it.token), it.payments, it.last_at) for it in rows)


def _gateways(paging: Paging) -> tuple[Announced, ...]:
    naming = select(func.count()).where(GATEWAYS_NAMED.c.gateway == GATEWAYS.c.gateway).scalar_subquery()
    query = select(GATEWAYS, naming.label("datasets")).order_by(GATEWAYS.c.gateway)
    return tuple(Announced(it.gateway, it.url, it.datasets, it.at) for it in paging.rows("gateways", query))


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
