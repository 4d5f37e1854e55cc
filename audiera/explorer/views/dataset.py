"""One dataset: what it is, who is paid, what may be done with it, where it comes from, and what proves that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from sqlalchemy import Row, func, select

from audiera.explorer.asked import Reading
from audiera.explorer.covers import cover_path
from audiera.explorer.described import Described, described
from audiera.explorer.exact import sum_parts, whole_sum
from audiera.explorer.gathered import Membership, catalogues_of, members_of
from audiera.explorer.items import ItemRow, items_of
from audiera.explorer.money import Money
from audiera.explorer.offered import Offered, offers_of
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.pictures import Lineage
from audiera.explorer.registered import dataset_row
from audiera.explorer.relatives import lineage_of
from audiera.explorer.standing import croissant_of
from audiera.explorer.using import Uses, uses_of
from audiera.explorer.versions import Version, version_rows, versions_of
from audiera.explorer.view import View
from audiera.explorer.words import KINDS, contents
from audiera.indexer.tables import (
    ACCOUNTS,
    CLEARANCES,
    CREDITS,
    DATASET_USAGE,
    GATEWAYS,
    GATEWAYS_NAMED,
    PEOPLE,
    SHARES,
    WITHDRAWN_ITEMS,
)
from audiera.protocol import DatasetFlag, Kind, Right, cid_of, is_account, payee_address
from audiera.text import as_object, from_hex, read_json

__all__ = ["Clearance", "DatasetView", "Gateway", "Payee", "Person", "Received"]

_CROISSANT: Final = 20_000  # bytes
_ITEMS: Final = 10
_PEOPLE: Final = 200
_PAYEES: Final = 1_000
"""The most that a split has."""
_VERSIONS: Final = 100
_TOKENS: Final = 50


@dataclass(frozen=True, slots=True)
class Person:
    """One who is credited, as the manifest says."""

    name: str
    roles: tuple[str, ...]
    creator: bool
    """Whether as a creator; else as a contributor."""
    organization: bool
    isni: str | None
    orcid: str | None


@dataclass(frozen=True, slots=True)
class Payee:
    """One who is paid."""

    payee: str
    """An address, or the id of a royalty account."""
    is_account: bool
    dataset: int | None
    """Whose account it is, if a dataset's: a parent."""
    ppm: int


@dataclass(frozen=True, slots=True)
class Received:
    """All that came in from outside, in one token."""

    amount: Money
    payments: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Gateway:
    """A server that gives the bytes, as the owner says."""

    address: str
    url: str | None
    """Where it says that it answers."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """What a derived dataset may be offered for at most, by the licences of its parents."""

    rights: tuple[Right, ...]
    until: int


@dataclass(frozen=True, slots=True)
class DatasetView(View):
    """A dataset as it stands."""

    TABLES: ClassVar[tuple[str, ...]] = (
        *("payees", "offers", "versions", "uses", "received", "gateways", "people"),
        *("members", "catalogues"),
    )

    id: int
    described: Described
    cover: str | None
    """Where its picture is; None: it has none, or there is no store to take it from."""
    kind: Kind
    synthetic: bool
    derived: bool
    creator: str
    owner: str
    registered_at: int
    version: int
    items: int
    account: str
    split: str
    content_root: str
    manifest: str
    """The CID of the manifest."""
    manifest_digest: str
    block: int
    transaction: str
    registry: str
    people: tuple[Person, ...]
    payees: tuple[Payee, ...]
    offers: tuple[Offered, ...]
    clearance: Clearance | None
    members: tuple[Membership, ...]
    """Of a catalogue, what its licences cover."""
    catalogues: tuple[Membership, ...]
    """Whose licences cover it."""
    stretches: Mapping[str, Stretch]
    first_items: tuple[ItemRow, ...]
    lineage: Lineage
    versions: tuple[Version, ...]
    withdrawn: int
    """Items whose consent was withdrawn."""
    uses: tuple[Uses, ...]
    calls: int
    """Uses in all, as far as they counted."""
    last_used_at: int
    """0: not yet."""
    received: tuple[Received, ...]
    gateways: tuple[Gateway, ...]
    croissant: Mapping[str, object] | None
    """The manifest with the terms in force, as Croissant; None: it is not here, or is too large for a page."""

    @property
    def title(self) -> str:
        """Its name, by its creator; its number if that is unknown."""
        return self.described.name or f"Dataset {self.id}"

    @property
    def summary(self) -> str:
        """What it is, in a sentence."""
        by = f" by {', '.join(self.described.people[:3])}" if self.described.people else ""
        granted = dict.fromkeys(words for offer in self.public_offers for words in offer.conditions.granted)
        offered = f" Licences: {', '.join(granted)}." if granted else " Not offered now."
        return f"{KINDS[self.kind].capitalize()}{by}, {contents(self.kind, self.items)}.{offered}"

    @property
    def public_offers(self) -> tuple[Offered, ...]:
        """What anyone may take."""
        return tuple(offer for offer in self.offers if offer.licensee is None)

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the dataset that the path names.

        Raises:
            RefusalError: there is none.
        """
        row = dataset_row(reading)
        dataset = row.id
        paging = Paging(reading)
        return cls(
            index=reading.index,
            id=dataset,
            described=described(reading.connection, [dataset])[dataset],
            cover=cover_path(reading, dataset),
            kind=Kind(row.kind),
            synthetic=bool(row.flags & DatasetFlag.Synthetic),
            derived=bool(row.flags & DatasetFlag.Derived),
            creator=row.creator,
            owner=row.owner,
            registered_at=row.at,
            version=row.version,
            items=row.item_count,
            account=row.account,
            split=row.split,
            content_root=row.content_root,
            manifest=cid_of(from_hex(row.manifest)),
            manifest_digest=row.manifest,
            block=row.block,
            transaction=row.transaction,
            registry=reading.index.suite["DatasetRegistry"],
            people=_people(reading, dataset),
            payees=_payees(reading, row.split),
            offers=offers_of(reading, [dataset])[dataset],
            clearance=_clearance(reading, dataset),
            members=members_of(paging, dataset),
            catalogues=catalogues_of(paging, dataset),
            stretches=paging.stretches,
            first_items=items_of(reading, dataset, start=0, most=_ITEMS),
            lineage=lineage_of(reading, dataset),
            versions=versions_of(version_rows(reading, dataset, row.version, _VERSIONS), _VERSIONS),
            withdrawn=reading.connection.execute(
                select(func.count()).select_from(WITHDRAWN_ITEMS).where(WITHDRAWN_ITEMS.c.dataset == dataset)
            ).scalar_one(),
            uses=uses_of(reading, dataset),
            **_used(reading, dataset),
            received=_received(reading, dataset),
            gateways=_gateways(reading, dataset),
            croissant=_croissant(reading),
        )


def _croissant(reading: Reading) -> Mapping[str, object] | None:
    document = croissant_of(reading)
    return as_object(read_json(document)) if document and len(document) <= _CROISSANT else None


def _people(reading: Reading, dataset: int) -> tuple[Person, ...]:
    query = select(PEOPLE).where(PEOPLE.c.dataset == dataset).order_by(PEOPLE.c.position).limit(_PEOPLE)
    return tuple(
        Person(row.name, tuple(json.loads(row.roles)), row.creator, row.organization, row.isni, row.orcid)
        for row in reading.connection.execute(query)
    )


def _payees(reading: Reading, split: str) -> tuple[Payee, ...]:
    query = (
        select(SHARES.c.payee, SHARES.c.ppm, ACCOUNTS.c.dataset)
        .outerjoin(ACCOUNTS, ACCOUNTS.c.id == SHARES.c.payee)
        .where(SHARES.c.split == split)
        .order_by(SHARES.c.ppm.desc(), SHARES.c.position)
        .limit(_PAYEES)
    )
    return tuple(_payee(row) for row in reading.connection.execute(query))


def _payee(row: Row[str, int, int | None]) -> Payee:
    word = from_hex(row.payee)
    held = is_account(word)
    return Payee(row.payee if held else payee_address(word), held, row.dataset, row.ppm)


def _clearance(reading: Reading, dataset: int) -> Clearance | None:
    row = reading.connection.execute(select(CLEARANCES).where(CLEARANCES.c.dataset == dataset)).first()
    if row is None:
        return None
    return Clearance(tuple(right for right in Right if row.rights_ceiling & right), row.until)


def _used(reading: Reading, dataset: int) -> dict[str, int]:
    """Return how often it was used in all, and when last."""
    query = select(DATASET_USAGE.c.calls, DATASET_USAGE.c.last_at).where(DATASET_USAGE.c.dataset == dataset)
    row = reading.connection.execute(query).first()
    return {"calls": row.calls if row else 0, "last_used_at": row.last_at if row else 0}


def _received(reading: Reading, dataset: int) -> tuple[Received, ...]:
    query = (
        select(CREDITS.c.token, func.count(), func.max(CREDITS.c.at), *sum_parts(reading.connection, CREDITS.c.amount))
        .where(CREDITS.c.dataset == dataset)
        .group_by(CREDITS.c.token)
        .order_by(func.count().desc(), CREDITS.c.token)
        .limit(_TOKENS)
    )
    return tuple(
        Received(reading.tokens.money(whole_sum(parts), token), payments, last_at)
        for token, payments, last_at, *parts in reading.connection.execute(query)
    )


def _gateways(reading: Reading, dataset: int) -> tuple[Gateway, ...]:
    query = (
        select(GATEWAYS_NAMED.c.gateway, GATEWAYS.c.url)
        .outerjoin(GATEWAYS, GATEWAYS.c.gateway == GATEWAYS_NAMED.c.gateway)
        .where(GATEWAYS_NAMED.c.dataset == dataset)
        .order_by(GATEWAYS_NAMED.c.position)
        .limit(50)
    )
    return tuple(Gateway(row.gateway, row.url) for row in reading.connection.execute(query))
