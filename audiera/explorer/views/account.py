"""One account: an address, or whoever else is paid; its datasets, licences, shares, income and channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from eth_typing import ChecksumAddress
from sqlalchemy import and_, or_, select, union

from audiera.explorer.asked import Reading
from audiera.explorer.calling import payee_in
from audiera.explorer.holding import state_of
from audiera.explorer.money import Money
from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.refusals import not_found
from audiera.explorer.view import View
from audiera.indexer.tables import (
    ACCOUNTS,
    ASSIGNMENTS,
    BATCHES,
    CHANNELS,
    CLAIMED,
    CLAIMS,
    DATASETS,
    GATEWAYS,
    LICENSES,
    RECEIVED,
    RECIPIENTS,
    SHARES,
    SIGNERS,
    SPLITS,
    TERMS,
)
from audiera.protocol import WHOLE, Kind, is_account, payee_address
from audiera.text import hex_of

__all__ = ["AccountView", "Channel", "Claim", "Held", "Income", "Owned", "Settled", "Signing", "Total"]

_INCOME: Final = 1_000
"""Sources and tokens that are added up."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A dataset of the account's."""

    dataset: Named
    kind: Kind
    items: int
    owner: bool
    """Whether it owns it now."""
    creator: bool
    """Whether it registered it."""
    registered_at: int


@dataclass(frozen=True, slots=True)
class Held:
    """A licence that the account holds."""

    license: int
    dataset: Named
    terms: int
    """Their number."""
    state: str
    expires_at: int


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


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that the account pays by, or is paid by."""

    payer: str
    gateway: str
    pays: bool
    """Whether this account is its payer; else its gateway."""
    balance: Money
    thawing: Money
    thaws_at: int
    """0: nothing thaws."""
    settled: Money


@dataclass(frozen=True, slots=True)
class Settled:
    """A batch that the account paid, or was the gateway of."""

    batch: str
    number: int
    payer: str
    gateway: str
    amount: Money
    calls: int
    statements: int
    collected: int
    settled_at: int


@dataclass(frozen=True, slots=True)
class Signing:
    """Who acts for whom until when, in Unix seconds; 0: not."""

    account: str
    signer: str
    access_until: int
    pay_until: int
    settle_until: int


@dataclass(frozen=True, slots=True)
class AccountView(View):
    """An account as it stands."""

    TABLES: ClassVar[tuple[str, ...]] = (
        *("datasets", "licenses", "totals", "income", "claims", "channels", "batches", "signers"),
    )

    address: str | None
    """None: it is not an address."""
    payee: str
    """As splits name it: the address with zeros in front, or the account's id."""
    dataset: Named | None
    """The dataset whose royalty account it is."""
    controller: str | None
    """Who says where its money goes, if it is not an address."""
    url: str | None
    """Where it answers, if it is a gateway."""
    recipient: str | None
    """Where its claims are paid, if not to itself."""
    datasets: tuple[Owned, ...]
    licenses: tuple[Held, ...]
    totals: tuple[Total, ...]
    income: tuple[Income, ...]
    is_all: bool
    """Whether every source is in the income and in its totals."""
    claims: tuple[Claim, ...]
    channels: tuple[Channel, ...]
    batches: tuple[Settled, ...]
    signers: tuple[Signing, ...]
    stretches: Mapping[str, Stretch]

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Account {(self.address or self.payee)[:10]}…"

    @property
    def summary(self) -> str:
        """What it says."""
        return f"Datasets, licences, shares and income of {self.address or self.payee}."

    @property
    def can_claim(self) -> bool:
        """Whether anything waits for it."""
        return any(it.claimable.amount != "0" for it in self.totals)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.datasets or self.licenses or self.income or self.channels or self.batches or self.signers)

    @classmethod
    def _made(cls, reading: Reading, address: ChecksumAddress | None, payee: str) -> Self:
        """Return what is known of a payee."""
        paging = Paging(reading)
        row = reading.connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == payee)).first()
        income = _income(reading, payee)
        return cls(
            index=reading.index,
            address=address,
            payee=payee,
            dataset=named(reading, [row.dataset])[row.dataset] if row and row.dataset else None,
            controller=row.controller if row else None,
            url=_url(reading, address),
            recipient=_recipient(reading, address),
            datasets=_datasets(paging, address),
            licenses=_licenses(paging, address),
            totals=_totals(reading, income),
            income=income[:_INCOME],
            is_all=len(income) <= _INCOME,
            claims=_claims(paging, payee),
            channels=_channels(paging, address),
            batches=_batches(paging, address),
            signers=_signers(paging, address),
            stretches=paging.stretches,
        )

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the account that the path names: an address, or the id of an account or a split.

        Raises:
            RefusalError: it is none of them, or nobody is paid under that id.
        """
        word = payee_in(reading.asked.part("account"))
        payee = hex_of(word)
        if not is_account(word):
            return cls._made(reading, payee_address(word), payee)
        found = union(
            select(ACCOUNTS.c.id).where(ACCOUNTS.c.id == payee),
            select(SPLITS.c.id).where(SPLITS.c.id == payee),
            select(SHARES.c.payee).where(SHARES.c.payee == payee),
        )
        if reading.connection.execute(found).first() is None:
            raise not_found(f"Nobody is paid under {payee[:10]}… up to block {reading.index.block:,}.")
        return cls._made(reading, None, payee)


def _url(reading: Reading, address: str | None) -> str | None:
    return reading.connection.execute(select(GATEWAYS.c.url).where(GATEWAYS.c.gateway == address)).scalar()


def _recipient(reading: Reading, address: str | None) -> str | None:
    return reading.connection.execute(select(RECIPIENTS.c.recipient).where(RECIPIENTS.c.payee == address)).scalar()


def _datasets(paging: Paging, address: str | None) -> tuple[Owned, ...]:
    query = (
        select(DATASETS)
        .where(or_(DATASETS.c.owner == address, DATASETS.c.creator == address))
        .order_by(DATASETS.c.id.desc())
    )
    rows = paging.rows("datasets", query)
    names = named(paging.reading, (it.id for it in rows))
    return tuple(
        Owned(names[it.id], Kind(it.kind), it.item_count, it.owner == address, it.creator == address, it.at)
        for it in rows
    )


def _licenses(paging: Paging, address: str | None) -> tuple[Held, ...]:
    query = (
        select(LICENSES, TERMS.c.index.label("number"))
        .join(TERMS, TERMS.c.id == LICENSES.c.terms)
        .where(LICENSES.c.holder == address)
        .order_by(LICENSES.c.id.desc())
    )
    rows = paging.rows("licenses", query)
    names, now = named(paging.reading, (it.dataset for it in rows)), paging.reading.index.at
    return tuple(
        Held(
            license=it.id,
            dataset=names[it.dataset],
            terms=it.number,
            state=state_of(it.expires_at, now, revoked=it.revoked),
            expires_at=it.expires_at,
        )
        for it in rows
    )


def _income(reading: Reading, payee: str) -> tuple[Income, ...]:
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
        .limit(_INCOME + 1)
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
    """Return of each split whose income it divides, or divided, and whether it does so now."""
    ids = list(splits)
    before = (
        select(ASSIGNMENTS.c.split, ACCOUNTS.c.dataset)
        .join(ACCOUNTS, ACCOUNTS.c.id == ASSIGNMENTS.c.account)
        .where(ASSIGNMENTS.c.split.in_(ids))
    )
    now = select(ACCOUNTS.c.split, ACCOUNTS.c.dataset).where(ACCOUNTS.c.split.in_(ids))
    return {it.split: (it.dataset, False) for it in reading.connection.execute(before)} | {
        it.split: (it.dataset, True) for it in reading.connection.execute(now)
    }


def _totals(reading: Reading, income: Iterable[Income]) -> tuple[Total, ...]:
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


def _claims(paging: Paging, payee: str) -> tuple[Claim, ...]:
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


def _channels(paging: Paging, address: str | None) -> tuple[Channel, ...]:
    query = (
        select(CHANNELS)
        .where(or_(CHANNELS.c.payer == address, CHANNELS.c.gateway == address))
        .order_by(CHANNELS.c.payer, CHANNELS.c.gateway, CHANNELS.c.token)
    )
    money = paging.reading.tokens.money
    return tuple(
        Channel(
            payer=it.payer,
            gateway=it.gateway,
            pays=it.payer == address,
            balance=money(it.balance, it.token),
            thawing=money(it.thawing, it.token),
            thaws_at=it.thaws_at,
            settled=money(it.settled, it.token),
        )
        for it in paging.rows("channels", query)
    )


def _batches(paging: Paging, address: str | None) -> tuple[Settled, ...]:
    query = (
        select(BATCHES)
        .where(or_(BATCHES.c.payer == address, BATCHES.c.gateway == address))
        .order_by(BATCHES.c.block.desc(), BATCHES.c.log_index.desc())
    )
    return tuple(
        Settled(
            batch=it.id,
            number=it.batch,
            payer=it.payer,
            gateway=it.gateway,
            amount=paging.reading.tokens.money(it.amount, it.token),
            calls=it.calls,
            statements=it.statements,
            collected=it.collected,
            settled_at=it.settled_at,
        )
        for it in paging.rows("batches", query)
    )


def _signers(paging: Paging, address: str | None) -> tuple[Signing, ...]:
    query = (
        select(SIGNERS)
        .where(or_(SIGNERS.c.account == address, SIGNERS.c.signer == address))
        .order_by(SIGNERS.c.account, SIGNERS.c.signer)
    )
    return tuple(
        Signing(it.account, it.signer, it.access_until, it.pay_until, it.settle_until)
        for it in paging.rows("signers", query)
    )
