"""One account: an address, or whoever else is paid; its datasets, licences, shares, income and channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from eth_typing import ChecksumAddress
from sqlalchemy import or_, select, union

from audiera.explorer.asked import Reading
from audiera.explorer.calling import payee_in
from audiera.explorer.holding import state_of
from audiera.explorer.income import MOST, Claim, Income, Total, claims_of, income_of, totals_of
from audiera.explorer.money import Money
from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.refusals import not_found
from audiera.explorer.view import View
from audiera.indexer.tables import (
    ACCOUNTS,
    BATCHES,
    CHANNELS,
    DATASETS,
    GATEWAYS,
    LICENSES,
    RECIPIENTS,
    SHARES,
    SIGNERS,
    SPLITS,
    TERMS,
)
from audiera.protocol import Kind, is_account, payee_address
from audiera.text import hex_of

__all__ = ["AccountView", "Channel", "Held", "Owned", "Settled", "Signing"]


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
        income = income_of(reading, payee)
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
            totals=totals_of(reading, income),
            income=income[:MOST],
            is_all=len(income) <= MOST,
            claims=claims_of(paging, payee),
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
