"""One licence: what it grants, who holds it, how it stands, what was paid for it and what it was used for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from sqlalchemy import Row, func, literal, select

from audiera.explorer.asked import Reading
from audiera.explorer.conditions import Conditions, conditions_of
from audiera.explorer.exact import sum_parts, whole_sum
from audiera.explorer.holding import standing_of, state_of
from audiera.explorer.money import Money
from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.refusals import not_found
from audiera.explorer.view import View
from audiera.indexer.search import standing_offers
from audiera.indexer.tables import (
    BATCHES,
    CLEARANCES,
    LICENSE_USAGE,
    LICENSES,
    MEMBERSHIPS,
    OFFERS,
    PARENTS,
    PURCHASES,
    RECORDED_USES,
    STATEMENTS,
    TERMS,
    TRANSFERS,
)
from audiera.protocol import ETHER, PERPETUAL, Right

__all__ = ["Cleared", "Covered", "LicenseView", "Purchase", "Recorded", "Stated"]

_OF_LICENSES: Final = 1
"""What `TRANSFERS.contract` says of licences."""
_CLEARED: Final = 200


@dataclass(frozen=True, slots=True)
class Purchase:
    """What was paid for the licence once."""

    renewal: bool
    price: Money
    payer: str
    at: int
    expires_at: int
    """What it ran until from then on."""
    transaction: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A collected statement of uses under the licence."""

    batch: str
    index: int
    dataset: int
    calls: int
    units: int
    amount: Money
    counted: bool
    """Whether the ledger counts it towards the quota, and as use of the licence."""
    at: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A use that was recorded on chain, without a gateway."""

    dataset: int
    right: Right
    units: int
    amount: Money
    account: str
    ref: str
    at: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """A dataset whose clearance rests on the licence."""

    dataset: Named
    until: int


@dataclass(frozen=True, slots=True)
class Covered:
    """A member of the catalogue that is licensed."""

    dataset: Named
    until: int


@dataclass(frozen=True, slots=True)
class LicenseView(View):
    """A licence as it stands."""

    TABLES: ClassVar[tuple[str, ...]] = ("purchases", "statements", "recorded", "cleared", "covered")

    id: int
    dataset: Named
    conditions: Conditions
    holder: str
    held_since: int
    """When this holder got it."""
    acquired_at: int
    expires_at: int
    revoked: bool
    locked: bool
    """A clearance rests on it: it can no longer be transferred."""
    state: str
    """How it stands, in a word or two."""
    standing: str
    """The same in a sentence."""
    renewable: bool
    """Whether an offer to its holder or to anyone can be taken, at which it is renewed."""
    later: int | None
    """A licence of the same dataset and terms that its holder took later, which supersedes it; None: there is none."""
    ref: str
    calls: int
    units: int
    """Used, as far as it counted."""
    last_used_at: int
    """0: not yet."""
    paid: Money
    """For the licence and its renewals together."""
    purchases: tuple[Purchase, ...]
    stated: int
    """How many statements counted, on all pages: anybody may settle for nothing what names the licence."""
    stated_calls: int
    """Of those."""
    statements: tuple[Stated, ...]
    recorded: tuple[Recorded, ...]
    cleared: tuple[Cleared, ...]
    covered: tuple[Covered, ...]
    stretches: Mapping[str, Stretch]
    block: int
    transaction: str
    registry: str

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Licence {self.id} of {self.dataset.name or f'dataset {self.dataset.id}'}"

    @property
    def summary(self) -> str:
        """What it says."""
        return f"{self.standing} It allows: {', '.join(self.conditions.granted)}."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the licence that the path names.

        Raises:
            RefusalError: there is none.
        """
        license_ = reading.asked.number("licence")
        row = reading.connection.execute(select(LICENSES).where(LICENSES.c.id == license_)).first()
        if row is None:
            raise not_found(f"There is no licence {license_:,} up to block {reading.index.block:,}.")
        terms = reading.connection.execute(
            select(TERMS, TERMS.c.index.label("number")).where(TERMS.c.id == row.terms)
        ).one()
        used = reading.connection.execute(select(LICENSE_USAGE).where(LICENSE_USAGE.c.license == license_)).first()
        paging, now = Paging(reading), reading.index.at
        return cls(
            index=reading.index,
            id=license_,
            dataset=named(reading, [row.dataset])[row.dataset],
            conditions=conditions_of(reading, terms),
            holder=row.holder,
            held_since=_held_since(reading, license_, row.at),
            acquired_at=row.at,
            expires_at=row.expires_at,
            revoked=row.revoked,
            locked=row.locked,
            state=state_of(row.expires_at, now, revoked=row.revoked),
            standing=standing_of(row.expires_at, now, revoked=row.revoked),
            renewable=not row.revoked and _is_offered(reading, row.dataset, row.terms, row.holder),
            later=_later(reading, row),
            ref=row.ref,
            calls=used.calls if used else 0,
            units=used.units if used else 0,
            last_used_at=used.last_at if used else 0,
            paid=_paid(reading, license_, terms.token),
            purchases=_purchases(paging, license_),
            **_stated(reading, license_),
            statements=_statements(paging, license_),
            recorded=_recorded(paging, license_, terms.token),
            cleared=_cleared(reading, license_, row.dataset, row.terms) if row.locked else (),
            covered=_covered(paging, row.dataset, row.terms),
            stretches=paging.stretches,
            block=row.block,
            transaction=row.transaction,
            registry=reading.index.suite["LicenseRegistry"],
        )


def _held_since(reading: Reading, license_: int, acquired_at: int) -> int:
    query = select(func.max(TRANSFERS.c.at)).where(
        TRANSFERS.c.contract == _OF_LICENSES, TRANSFERS.c.token_id == license_
    )
    return reading.connection.execute(query).scalar() or acquired_at


def _is_offered(reading: Reading, dataset: int, terms: str, holder: str) -> bool:
    offer = standing_offers(reading.index.at).where(
        OFFERS.c.dataset == dataset, OFFERS.c.terms == terms, OFFERS.c.licensee.in_((holder, ETHER))
    )
    return reading.connection.execute(offer.limit(1)).first() is not None


def _later(reading: Reading, row: Row[*tuple[Any, ...]]) -> int | None:
    query = select(func.max(LICENSES.c.id)).where(
        LICENSES.c.holder == row.holder,
        LICENSES.c.dataset == row.dataset,
        LICENSES.c.terms == row.terms,
        LICENSES.c.id > row.id,
        LICENSES.c.expires_at > row.expires_at,
    )
    return reading.connection.execute(query).scalar()


def _paid(reading: Reading, license_: int, token: str) -> Money:
    query = select(*sum_parts(reading.connection, PURCHASES.c.price)).where(PURCHASES.c.license == license_)
    parts = reading.connection.execute(query).one()
    return reading.tokens.money(whole_sum([part or 0 for part in parts]), token)


def _purchases(paging: Paging, license_: int) -> tuple[Purchase, ...]:
    query = (
        select(PURCHASES)
        .where(PURCHASES.c.license == license_)
        .order_by(PURCHASES.c.block.desc(), PURCHASES.c.log_index.desc())
    )
    money = paging.reading.tokens.money
    return tuple(
        Purchase(it.renewal, money(it.price, it.token), it.payer, it.at, it.expires_at, it.transaction)
        for it in paging.rows("purchases", query)
    )


def _stated(reading: Reading, license_: int) -> dict[str, int]:
    """Return how many statements counted, and of how many calls."""
    query = select(func.count(), *sum_parts(reading.connection, STATEMENTS.c.calls)).where(
        STATEMENTS.c.license == license_, STATEMENTS.c.counted.is_(True)
    )
    count, *parts = reading.connection.execute(query).one()
    return {"stated": count, "stated_calls": whole_sum([part or 0 for part in parts])}


def _statements(paging: Paging, license_: int) -> tuple[Stated, ...]:
    query = (
        select(STATEMENTS, STATEMENTS.c.index.label("number"), BATCHES.c.token)
        .join(BATCHES, BATCHES.c.id == STATEMENTS.c.batch)
        .where(STATEMENTS.c.license == license_)
        .order_by(STATEMENTS.c.block.desc(), STATEMENTS.c.log_index.desc())
    )
    money = paging.reading.tokens.money
    return tuple(
        Stated(it.batch, it.number, it.dataset, it.calls, it.units, money(it.amount, it.token), it.counted, it.at)
        for it in paging.rows("statements", query)
    )


def _recorded(paging: Paging, license_: int, token: str) -> tuple[Recorded, ...]:
    query = (
        select(RECORDED_USES)
        .where(RECORDED_USES.c.license == license_)
        .order_by(RECORDED_USES.c.block.desc(), RECORDED_USES.c.log_index.desc())
    )
    return tuple(
        Recorded(
            dataset=it.dataset,
            right=Right(1 << it.right),
            units=it.units,
            amount=paging.reading.tokens.money(it.amount, token),
            account=it.account,
            ref=it.ref,
            at=it.at,
            transaction=it.transaction,
        )
        for it in paging.rows("recorded", query)
    )


def _cleared(reading: Reading, license_: int, dataset: int, terms: str) -> tuple[Cleared, ...]:
    """Return what rests on the licence: among what was made from what it covers."""
    members = select(MEMBERSHIPS.c.dataset).where(MEMBERSHIPS.c.catalogue == dataset, MEMBERSHIPS.c.terms == terms)
    made = select(PARENTS.c.dataset).where(PARENTS.c.parent.in_(members.union(select(literal(dataset)))))
    query = (
        select(CLEARANCES.c.dataset, CLEARANCES.c.until, CLEARANCES.c.licenses)
        .where(CLEARANCES.c.dataset.in_(made))
        .order_by(CLEARANCES.c.dataset)
    )
    rows = [it for it in reading.connection.execute(query) if license_ in json.loads(it.licenses)][:_CLEARED]
    names = named(reading, (it.dataset for it in rows))
    return tuple(Cleared(names[it.dataset], it.until) for it in rows)


def _covered(paging: Paging, dataset: int, terms: str) -> tuple[Covered, ...]:
    now = paging.reading.index.at
    query = (
        select(MEMBERSHIPS.c.dataset, MEMBERSHIPS.c.until)
        .where(
            MEMBERSHIPS.c.catalogue == dataset,
            MEMBERSHIPS.c.terms == terms,
            MEMBERSHIPS.c.since > 0,
            MEMBERSHIPS.c.until > now,
        )
        .order_by(MEMBERSHIPS.c.dataset)
    )
    rows = paging.rows("covered", query)
    names = named(paging.reading, (it.dataset for it in rows))
    return tuple(Covered(names[it.dataset], min(it.until, PERPETUAL)) for it in rows)
