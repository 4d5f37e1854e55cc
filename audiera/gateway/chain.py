"""What the chain says, as the index has it: no node is asked while somebody waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from audiera.gateway.looking import Index, Looking, rows
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Settings
from audiera.gateway.taken import Grant
from audiera.indexer.tables import (
    BATCHES,
    BLOCKS,
    CHAIN,
    CHANNEL_MOVES,
    CHANNELS,
    DATASETS,
    ENTRIES,
    ITEMS,
    LICENSE_USAGE,
    LICENSES,
    MEMBERSHIPS,
    SIGNERS,
    TERMS,
    WITHDRAWN_ITEMS,
)
from audiera.protocol import ALL_RIGHTS, ETHER, ZERO_WORD, Meter, Right, TermsFlag, units_of
from audiera.text import as_hash, hex_of

__all__ = [
    "Conditions",
    "Moment",
    "Object",
    "balance_of",
    "check_withdrawn",
    "conditions_of",
    "found_items",
    "is_settler",
    "items_of",
    "moment_of",
    "next_batch",
    "settled_root",
    "signer_problem",
    "terms_of",
    "units_for",
    "used_of",
]

_SOME: Final = 500  # values in one statement: databases limit them
_ITEM: Final = select(
    ITEMS.c.leaf, ITEMS.c.sha256, ITEMS.c.bytes, ITEMS.c.duration_ms, ITEMS.c.media_type, ITEMS.c.path
)
_ALL: Final = _ITEM.where(ITEMS.c.dataset == bindparam("dataset")).order_by(ITEMS.c.position)
_TERMS: Final = tuple(it for it in TERMS.c if it.name not in LICENSES.c)
_LICENSE: Final = (
    select(LICENSES, *_TERMS).join(TERMS, TERMS.c.id == LICENSES.c.terms).where(LICENSES.c.id == bindparam("license"))
)
_NOW: Final = select(
    CHAIN.c.next_block, CHAIN.c.revision, select(func.max(BLOCKS.c.time)).scalar_subquery().label("time")
)
_SIGNER: Final = select(SIGNERS).where(
    SIGNERS.c.account == bindparam("account"), SIGNERS.c.signer == bindparam("signer")
)
_MEMBER: Final = select(MEMBERSHIPS.c.since, MEMBERSHIPS.c.until).where(
    MEMBERSHIPS.c.catalogue == bindparam("catalogue"),
    MEMBERSHIPS.c.terms == bindparam("terms"),
    MEMBERSHIPS.c.dataset == bindparam("dataset"),
)
_ENTRY: Final = (
    select(ENTRIES.c.version, ENTRIES.c.described, DATASETS.c.item_count)
    .join(DATASETS, DATASETS.c.id == ENTRIES.c.dataset)
    .where(ENTRIES.c.dataset == bindparam("dataset"))
)
_WITHDRAWN: Final = select(WITHDRAWN_ITEMS).where(WITHDRAWN_ITEMS.c.dataset == bindparam("dataset"))
_CHANNEL: Final = select(CHANNELS.c.balance, CHANNELS.c.thawing).where(
    CHANNELS.c.payer == bindparam("payer"),
    CHANNELS.c.gateway == bindparam("gateway"),
    CHANNELS.c.token == bindparam("token"),
)
_DEPOSITED: Final = select(CHANNEL_MOVES.c.amount).where(
    CHANNEL_MOVES.c.payer == bindparam("payer"),
    CHANNEL_MOVES.c.gateway == bindparam("gateway"),
    CHANNEL_MOVES.c.token == bindparam("token"),
    CHANNEL_MOVES.c.move == "deposited",
    CHANNEL_MOVES.c.block > bindparam("sure"),
)
_USED: Final = select(LICENSE_USAGE.c.units).where(LICENSE_USAGE.c.license == bindparam("license"))
_ROOT: Final = select(BATCHES.c.root).where(BATCHES.c.id == bindparam("batch"))
_NEWEST: Final = select(func.max(BATCHES.c.batch)).where(
    BATCHES.c.payer == bindparam("payer"),
    BATCHES.c.gateway == bindparam("gateway"),
    BATCHES.c.token == bindparam("token"),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """Up to where the chain is known."""

    block: int
    sure: int
    """The newest block that is taken for good."""
    now: int
    """Unix seconds: whatever ends before them has ended."""
    version: tuple[int, int]
    """Of the index: `version_of`."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """A licence as it bears on the use of one dataset."""

    token: str
    meter: Meter
    unit_price: int
    max_units: int
    """0: any number."""
    acquired: tuple[int, int]
    """Block and place in it."""
    revocable: bool
    notice: int


@dataclass(frozen=True, slots=True)
class Object:
    """An item, as it is served and counted."""

    grant: Grant
    duration_ms: int
    packed: bytes
    """What is granted, as the journal keeps it; made once, for it is of most of an access with many items."""
    told: str
    """Likewise, as it is answered."""

    @property
    def leaf(self) -> bytes:
        """The item's leaf."""
        return self.grant.leaf


def moment_of(index: Index, settings: Settings) -> Moment:
    """Return up to where the index is.

    Raises:
        Problem: it is empty.
    """
    row = next(iter(rows(index, _NOW)), None)
    if row is None or row.next_block == 0:
        raise Problem(Code.INDEX_BEHIND, "The gateway's index is empty; try again when it has read the chain.")
    block = row.next_block - 1
    now = max(int(time.time()), row.time or 0) + settings.ahead
    return Moment(block, block - settings.confirmations, now, (row.next_block, row.revision))


def conditions_of(index: Index, moment: Moment, asked: tuple[int, int, int], payer: str) -> Conditions:
    """Return the conditions on which a payer may exercise a right to a dataset under a licence.

    Args:
        index: what the chain says.
        moment: now.
        asked: licence, dataset, and the right's bit number.
        payer: who pays, which has to hold the licence.

    Raises:
        Problem: why it may not, the first reason in the order of the contract's `statusOf`.
    """
    license_id, dataset, right = asked
    row = None
    if license_id < 1 << 63:
        row = next(iter(rows(index, _LICENSE, license=license_id)), None)
    if row is None or row.holder == ETHER:
        raise Problem(Code.LICENSE_UNKNOWN, f"There is no licence {license_id} up to block {moment.block}.")
    if row.holder != payer:
        raise Problem(
            Code.NOT_HOLDER,
            f"Licence {license_id} is held by {row.holder} and not by {payer}; its holder has to pay.",
        )
    if row.expires_at <= moment.now:
        raise Problem(Code.LICENSE_ENDED, f"Licence {license_id} has ended, or ends in this minute; renew it first.")
    if not _covers(index, moment, row, dataset):
        raise Problem(Code.NOT_COVERED, f"Licence {license_id} does not cover dataset {dataset}.")
    if not ALL_RIGHTS & 1 << right or not row.rights & 1 << right:
        name = Right(1 << right).name if ALL_RIGHTS & 1 << right else right
        raise Problem(Code.RIGHT_NOT_GRANTED, f"Licence {license_id} does not grant {name}.")
    return _conditions(row)


def terms_of(index: Index, license_id: int) -> Conditions | None:
    """Return the conditions of a licence, whether it has ended or not; None: there is none."""
    row = next(iter(rows(index, _LICENSE, license=license_id)), None)
    return None if row is None else _conditions(row)


def _conditions(row: Row[Any]) -> Conditions:
    return Conditions(
        token=row.token,
        meter=Meter(row.meter),
        unit_price=row.unit_price,
        max_units=row.max_units,
        acquired=(row.block, row.log_index),
        revocable=bool(row.flags & TermsFlag.Revocable),
        notice=row.notice,
    )


def signer_problem(index: Index, moment: Moment, payer: str, signer: str) -> str:
    """Return why an account may not sign for a payer, in a sentence; empty: it may, for another day at least."""
    if signer == payer:
        return ""
    row = next(iter(rows(index, _SIGNER, account=payer, signer=signer)), None)
    enough = moment.now + 86_400  # a signer is cut off no sooner, so what it signed can still be settled
    if row is None or row.pay_until <= enough or row.access_until <= enough:
        return (
            f"{signer} signed, which may not access and pay for {payer} for another day; "
            "sign with the payer's key, or allow it by `setSigner`."
        )
    return ""


def is_settler(index: Index, moment: Moment, gateway: str, signer: str) -> bool:
    """Say whether an account may settle for a gateway, and so countersigns its heads."""
    row = next(iter(rows(index, _SIGNER, account=gateway, signer=signer)), None)
    return row is not None and int(row.settle_until) > moment.now


def _covers(index: Index, moment: Moment, license_: Row[Any], dataset: int) -> bool:
    covered = license_.dataset
    if dataset == covered:
        return True
    if dataset >= 1 << 63:
        return False
    found = rows(index, _MEMBER, catalogue=covered, terms=license_.terms, dataset=dataset)
    return any(0 < it.since <= moment.now < it.until for it in found)


def items_of(  # noqa: PLR0917  # all of them say which
    index: Index,
    moment: Moment,
    terms: Conditions,
    dataset: int,
    version: int,
    leaves: Sequence[bytes] | None,
    weigh: Callable[[int], None],
) -> tuple[Object, ...]:
    """Return items of a dataset that may be used, in the order asked for; all of them, by path, if none are named.

    `weigh` is told how many they are before they are read.

    Raises:
        Problem: the dataset, the version or an item is not served, or an item is withdrawn.
    """
    entry = next(iter(rows(index, _ENTRY, dataset=dataset)), None) if dataset < 1 << 63 else None
    if entry is None:
        raise Problem(Code.ITEM_UNKNOWN, f"Dataset {dataset} is not in the gateway's index.")
    if version != entry.described:
        raise Problem(
            Code.ITEM_UNKNOWN,
            f"Version {version} of dataset {dataset} is not served; its version {entry.described} is.",
            more={"version": str(entry.described)},
        )
    weigh(entry.item_count if leaves is None else len(leaves))
    names = None if leaves is None else [hex_of(it) for it in leaves]
    found = _all(index, dataset) if names is None else _named(index, dataset, names)
    if names is None:
        names = list(found)
        if len(names) != entry.item_count:
            raise Problem(Code.INDEX_BEHIND, f"The item table of dataset {dataset} is not here yet; try again later.")
    missing = next((it for it in names if it not in found), None)
    if missing is not None:
        raise Problem(
            Code.ITEM_UNKNOWN, f"Dataset {dataset} has no item {missing} in version {version}.", more={"item": missing}
        )
    check_withdrawn(index, moment, terms, dataset, version, set(names))
    return tuple(found[it] for it in names)


def found_items(index: Index, dataset: int, version: int, leaves: Sequence[bytes]) -> list[Object]:
    """Return those of a dataset's items that are here in a version."""
    entry = next(iter(rows(index, _ENTRY, dataset=dataset)), None)
    if entry is None or entry.described != version:
        return []
    names = [hex_of(it) for it in leaves]
    found = _named(index, dataset, names)
    return [found[it] for it in names if it in found]


def _all(index: Index, dataset: int) -> dict[str, Object]:
    return {row.leaf: _object(row) for row in rows(index, _ALL, dataset=dataset)}


def _named(index: Index, dataset: int, names: Sequence[str]) -> dict[str, Object]:
    known = index.answers if isinstance(index, Looking) else None
    keys = [(dataset, name) for name in names]
    looked = {} if known is None else known.those(keys)
    found = {name: looked[key] for key, name in zip(keys, names, strict=True) if key in looked}
    if not (rest := [name for name in names if name not in found]):
        return found
    connection = index.connection if isinstance(index, Looking) else index
    for at in range(0, len(rest), _SOME):
        query = _ITEM.where(ITEMS.c.dataset == dataset, ITEMS.c.leaf.in_(rest[at : at + _SOME]))
        found |= {row.leaf: _object(row) for row in connection.execute(query)}
    if known is not None:
        for name in rest:
            if (it := found.get(name)) is not None:
                known.put((dataset, name), it)
    return found


def _object(row: Any) -> Object:  # noqa: ANN401  # a row of `_ITEM`
    grant = Grant(as_hash(row.leaf), as_hash(row.sha256), row.bytes, row.media_type, row.path)
    return Object(grant, row.duration_ms, grant.packed(), grant.told())


def check_withdrawn(  # noqa: PLR0917  # likewise
    index: Index, moment: Moment, terms: Conditions, dataset: int, version: int, names: set[str]
) -> None:
    """Refuse items whose owner withdrew them, unless the licence keeps them.

    Raises:
        Problem: one is withdrawn.
    """
    for row in rows(index, _WITHDRAWN, dataset=dataset):
        if row.item not in names or row.version < version:
            continue
        sold_before = terms.acquired < (row.block, row.log_index)
        kept = sold_before and (not terms.revocable or moment.now < row.at + terms.notice)
        if not kept:
            raise Problem(
                Code.ITEM_WITHDRAWN,
                f"Item {row.item} of dataset {dataset} was withdrawn by its owner; use others.",
                more={"item": row.item},
            )


def units_for(objects: Sequence[Object], meter: Meter, *, whole: bool) -> list[tuple[bytes, int]]:
    """Return each use's leaf and units: one for each item, or one for the whole dataset (the sum, or one call)."""
    each = [(it.leaf, units_of(meter, size=it.grant.size, duration_ms=it.duration_ms)) for it in objects]
    if not whole:
        return each
    return [(ZERO_WORD, 1 if meter is Meter.Call else sum(units for _, units in each))]


def balance_of(index: Index, moment: Moment, payer: str, gateway: str, token: str) -> int:
    """Return what a channel holds that is not being withdrawn, as far as it is sure."""
    named = {"payer": payer, "gateway": gateway, "token": token}
    row = next(iter(rows(index, _CHANNEL, **named)), None)
    if row is None:
        return 0
    moves = rows(index, _DEPOSITED, **named, sure=moment.sure)
    unsure = sum(int(it.amount) for it in moves)
    return max(int(row.balance) - int(row.thawing) - unsure, 0)


def used_of(index: Index, license_id: int) -> int:
    """Return the units of a licence that the chain has counted."""
    return int(next((it.units for it in rows(index, _USED, license=license_id)), 0))


def next_batch(index: Index, payer: str, gateway: str, token: str) -> int:
    """Return the first number above those that the chain has settled in a channel."""
    ((newest,),) = rows(index, _NEWEST, payer=payer, gateway=gateway, token=token)
    return int(newest or 0) + 1


def settled_root(index: Index, batch: bytes) -> bytes | None:
    """Return the root that the chain has settled a batch with; none: it has not."""
    return next((as_hash(it.root) for it in rows(index, _ROOT, batch=hex_of(batch))), None)
