"""What a payee is due: by source and token, in all, and what was claimed of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, func, select

from audiera.explorer.asked import Reading
from audiera.explorer.money import Money
from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging
from audiera.indexer.tables import ACCOUNTS, ASSIGNMENTS, CLAIMED, CLAIMS, RECEIVED, SHARES
from audiera.protocol import WHOLE

__all__ = ["MOST", "Claim", "Income", "Total", "claims_of", "income_of", "totals_of"]

MOST: Final = 1_000
"""Sources and tokens that are added up."""


@dataclass(frozen=True, slots=True)
class Income:
    """What comes from one split, in one token."""

    split: str
    dataset: Named | None
    """Whose income the split divides, or divided; None: that of an account that is no dataset's."""
    is_current: bool
    """Whether it divides what arrives now: when a share moves, another split takes its place."""
    ppm: int
    received: Money | None
    """By the split, for all its payees; None: nothing yet."""
    due: Money | None
    """This account's part of that."""
    claimed: Money | None
    claimable: Money | None


@dataclass(frozen=True, slots=True)
class Total:
    """All income in one token."""

    due: Money
    claimed: Money
    claimable: Money


@dataclass(frozen=True, slots=True)
class Claim:
    """What was paid out once."""

    at: int
    split: str
    dataset: Named | None
    amount: Money
    recipient: str
    transaction: str


def income_of(reading: Reading, payee: str) -> tuple[Income, ...]:
    """Return every source, one more than are added up if there are that many."""
    query = (
        select(
            *(SHARES.c.split, SHARES.c.ppm, RECEIVED.c.token, RECEIVED.c.amount),
            CLAIMED.c.amount.label("claimed"),
        )
        .outerjoin(RECEIVED, RECEIVED.c.split == SHARES.c.split)
        .outerjoin(
            CLAIMED,
            and_(
                CLAIMED.c.split == SHARES.c.split,
                CLAIMED.c.token == RECEIVED.c.token,
                CLAIMED.c.payee == SHARES.c.payee,
            ),
        )
        .where(SHARES.c.payee == payee)
        .order_by(SHARES.c.split, RECEIVED.c.token)
        .limit(MOST + 1)
    )
    rows = reading.connection.execute(query).all()
    sources = _sources(reading, {it.split for it in rows})
    names = named(reading, (dataset for dataset, _ in sources.values()))
    money = reading.tokens.money
    found = []
    for it in rows:
        dataset, is_current = sources.get(it.split, (None, False))
        of = names[dataset] if dataset is not None else None
        if it.token is None:
            found.append(Income(it.split, of, is_current, it.ppm, None, None, None, None))
            continue
        due, claimed = it.amount * it.ppm // WHOLE, it.claimed or 0
        sums = (money(value, it.token) for value in (it.amount, due, claimed, due - claimed))
        found.append(Income(it.split, of, is_current, it.ppm, *sums))
    found.sort(key=lambda it: (it.received is None, it.dataset.id if it.dataset else 0, not it.is_current))
    return tuple(found)


def _sources(reading: Reading, splits: Iterable[str]) -> dict[str, tuple[int | None, bool]]:
    """Return of each split whose income it divides, or divided, and whether it does so now.

    Of several it is the first dataset: anybody can register another under a split that is there.
    """
    ids, first = list(splits), func.min(ACCOUNTS.c.dataset)
    before = (
        select(ASSIGNMENTS.c.split, first)
        .join(ACCOUNTS, ACCOUNTS.c.id == ASSIGNMENTS.c.account)
        .where(ASSIGNMENTS.c.split.in_(ids))
        .group_by(ASSIGNMENTS.c.split)
    )
    now = select(ACCOUNTS.c.split, first).where(ACCOUNTS.c.split.in_(ids)).group_by(ACCOUNTS.c.split)
    found: dict[str, tuple[int | None, bool]] = {it: (of, False) for it, of in reading.connection.execute(before)}
    for split, dataset in reading.connection.execute(now):
        earlier = found.get(split, (None, False))[0]
        if earlier is None or (dataset is not None and dataset <= earlier):
            found[split] = dataset, True
    return found


def totals_of(reading: Reading, income: Iterable[Income]) -> tuple[Total, ...]:
    """Return what several sources come to, by token."""
    sums: dict[str, tuple[int, int]] = {}
    for it in income:
        if it.due and it.claimed:
            due, claimed = sums.get(it.due.token, (0, 0))
            sums[it.due.token] = due + int(it.due.amount), claimed + int(it.claimed.amount)
    money = reading.tokens.money
    return tuple(
        Total(money(due, token), money(claimed, token), money(due - claimed, token))
        for token, (due, claimed) in sorted(sums.items())
    )


def claims_of(paging: Paging, payee: str) -> tuple[Claim, ...]:
    """Return what was paid out to a payee, the last first, a page at a time."""
    query = select(CLAIMS).where(CLAIMS.c.payee == payee).order_by(CLAIMS.c.block.desc(), CLAIMS.c.log_index.desc())
    rows, reading = paging.rows("claims", query), paging.reading
    sources = _sources(reading, {it.split for it in rows})
    names = named(reading, (dataset for dataset, _ in sources.values()))
    return tuple(
        Claim(
            at=it.at,
            split=it.split,
            dataset=names.get(sources.get(it.split, (None, False))[0] or 0),
            amount=reading.tokens.money(it.amount, it.token),
            recipient=it.recipient,
            transaction=it.transaction,
        )
        for it in rows
    )
