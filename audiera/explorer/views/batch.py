"""One settled batch: what was paid, how much of it was collected, and by which root every use in it is proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlalchemy import Row, exists, func, select

from audiera.explorer.asked import Reading
from audiera.explorer.exact import sum_parts, whole_sum
from audiera.explorer.money import Money
from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.refusals import not_found
from audiera.explorer.view import View
from audiera.indexer.documents import Paper
from audiera.indexer.tables import BATCHES, DOCUMENTS, GATEWAYS, STATEMENTS, USES

__all__ = ["BatchView", "Collected", "Open"]


@dataclass(frozen=True, slots=True)
class Collected:
    """A statement that was collected: its amount went to those whom its dataset pays."""

    index: int
    license: int | None
    """None: the statement names a number that no licence has."""
    dataset: Named
    calls: int
    units: int
    amount: Money
    counted: bool
    at: int


@dataclass(frozen=True, slots=True)
class Open:
    """A statement that was not collected yet, as the published log of the batch makes it."""

    license: int
    dataset: Named
    calls: int
    units: int
    amount: Money


@dataclass(frozen=True, slots=True)
class BatchView(View):
    """A batch as it stands."""

    TABLES: ClassVar[tuple[str, ...]] = ("statements", "open")

    id: str
    number: int
    """Within its channel."""
    payer: str
    gateway: str
    gateway_url: str | None
    """Where the gateway says that it answers."""
    amount: Money
    fee: Money
    fee_released: bool
    """Whether the gateway had its fee: once everything is collected."""
    calls: int
    settled_at: int
    count: int
    """Statements."""
    collected: int
    """Of them."""
    collected_amount: Money
    open_amount: Money
    root: str
    statements: tuple[Collected, ...]
    is_published: bool
    """Whether the log of its uses is here."""
    open: tuple[Open, ...]
    """Statements that can be collected yet, if the log is here."""
    stretches: Mapping[str, Stretch]
    block: int
    transaction: str
    ledger: str

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Batch {self.number} of {self.payer[:8]}… at {self.gateway[:8]}…"

    @property
    def summary(self) -> str:
        """What it says."""
        return f"{self.amount} for {self.calls:,} uses; {self.collected:,} of {self.count:,} statements collected."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the batch that the path names.

        Raises:
            RefusalError: there is none.
        """
        batch = reading.asked.word("batch")
        row = reading.connection.execute(
            select(BATCHES, GATEWAYS.c.url)
            .outerjoin(GATEWAYS, GATEWAYS.c.gateway == BATCHES.c.gateway)
            .where(BATCHES.c.id == batch)
        ).first()
        if row is None:
            raise not_found(f"There is no settled batch {batch[:10]}… up to block {reading.index.block:,}.")
        published = exists().where(DOCUMENTS.c.digest == row.voucher, DOCUMENTS.c.kind == Paper.LOG)
        is_published = bool(reading.connection.execute(select(published)).scalar())
        paging, money = Paging(reading), reading.tokens.money
        return cls(
            index=reading.index,
            id=batch,
            number=row.batch,
            payer=row.payer,
            gateway=row.gateway,
            gateway_url=row.url,
            amount=money(row.amount, row.token),
            fee=money(row.fee, row.token),
            fee_released=row.fee_released,
            calls=row.calls,
            settled_at=row.settled_at,
            count=row.statements,
            collected=row.collected,
            collected_amount=money(row.collected_amount, row.token),
            open_amount=money(row.amount - row.collected_amount, row.token),
            root=row.root,
            statements=_collected(paging, batch, row.token),
            is_published=is_published,
            open=_open(paging, row) if is_published and row.collected < row.statements else (),
            stretches=paging.stretches,
            block=row.block,
            transaction=row.transaction,
            ledger=reading.index.suite["UsageLedger"],
        )


def _collected(paging: Paging, batch: str, token: str) -> tuple[Collected, ...]:
    query = (
        select(STATEMENTS, STATEMENTS.c.index.label("number"))
        .where(STATEMENTS.c.batch == batch)
        .order_by(STATEMENTS.c.index)
    )
    rows = paging.rows("statements", query)
    names = named(paging.reading, (it.dataset for it in rows))
    return tuple(
        Collected(
            index=it.number,
            license=it.license,
            dataset=names[it.dataset],
            calls=it.calls,
            units=it.units,
            amount=paging.reading.tokens.money(it.amount, token),
            counted=it.counted,
            at=it.at,
        )
        for it in rows
    )


def _open(paging: Paging, batch: Row[Any]) -> tuple[Open, ...]:
    reading = paging.reading
    done = select(STATEMENTS.c.index).where(
        STATEMENTS.c.batch == batch.id, STATEMENTS.c.license == USES.c.license, STATEMENTS.c.dataset == USES.c.dataset
    )
    prices, units = sum_parts(reading.connection, USES.c.price), sum_parts(reading.connection, USES.c.units)
    query = (
        select(USES.c.license, USES.c.dataset, func.count().label("calls"), *prices, *units)
        .where(USES.c.voucher == batch.voucher, ~exists(done))
        .group_by(USES.c.license, USES.c.dataset)
        .order_by(USES.c.license, USES.c.dataset)
    )
    rows = paging.rows("open", query)
    names = named(reading, (it.dataset for it in rows))
    return tuple(
        Open(
            license=license_,
            dataset=names[dataset],
            calls=calls,
            units=whole_sum(sums[len(prices) :]),
            amount=reading.tokens.money(whole_sum(sums[: len(prices)]), batch.token),
        )
        for license_, dataset, calls, *sums in rows
    )
