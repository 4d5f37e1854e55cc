"""What each licence grants, and when: its terms, the spans in which it lived, who held it, what a catalogue covered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, select

from audiera.client.contracts import Suite
from audiera.client.contracts.events import ItemsWithdrawn, MembershipEnded, MembershipStarted
from audiera.indexer import Happened, happened
from audiera.indexer.tables import LICENSES, PURCHASES, TERMS, TRANSFERS, VERSIONS
from audiera.protocol import PERPETUAL, Meter, TermsFlag
from audiera.text import hex_of

__all__ = ["CLOCKS", "Granted", "Grants", "Spans", "Withdrawal", "read_granted", "read_grants"]

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""From when (Unix seconds) until when (exclusive), by the chain's clock."""
Members: TypeAlias = Mapping[tuple[int, str, int], Spans]
"""When each dataset was a member, by catalogue, terms and dataset."""

CLOCKS = 600
"""Seconds by which the clock of whoever asks, and signs for when, may differ from the chain's."""

_EVER: Spans = ((0, 1 << 63),)
_LICENSES = 1  # in `TRANSFERS.contract`


@dataclass(frozen=True, slots=True)
class Granted:
    """A licence, as far as uses are held to it."""

    license: int
    dataset: int
    terms: str
    rights: int
    meter: Meter
    unit_price: int
    token: str
    notice: int
    max_units: int
    """0: any number."""
    revocable: bool
    acquired: tuple[int, int]
    """The block, and the place among its logs."""
    spans: Spans
    """When it lived, `CLOCKS` included at both ends."""
    holders: tuple[tuple[int, int, str], ...]
    """From when (Unix seconds) until when (exclusive) who held it, by the chain's clock."""

    def lives(self, at: int) -> bool:
        """Say whether it lived at a moment."""
        return any(first <= at < end for first, end in self.spans)

    def holder(self, at: int) -> str | None:
        """Return who held it at a moment of the chain."""
        return next((who for since, _, who in reversed(self.holders) if since <= at), None)

    def covered(self, members: Members, dataset: int) -> Spans:
        """Return when it covered a dataset, its own or a member of its catalogue, `CLOCKS` included at both ends."""
        if dataset == self.dataset:
            return _EVER
        spans = members.get((self.dataset, self.terms, dataset), ())
        return tuple((since - CLOCKS, until + CLOCKS) for since, until in spans)

    def was_ever_held_by(self, account: str) -> bool:
        """Say whether an account ever held it."""
        return any(who == account for _, _, who in self.holders)

    def was_held_by(self, account: str, at: int) -> bool:
        """Say whether an account held it at a moment, as near as clocks tell."""
        return any(who == account and since - CLOCKS <= at < until + CLOCKS for since, until, who in self.holders)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That an owner withdrew consent to an item, in the versions up to then."""

    version: int
    place: tuple[int, int]
    """The block, and the place among its logs."""
    at: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class Grants:
    """All that uses are held to."""

    licences: Mapping[int, Granted]
    """By their numbers."""
    members: Members
    withdrawn: Mapping[int, Mapping[bytes, Sequence[Withdrawal]]]
    """By dataset and leaf, in their order."""


def read_grants(connection: Connection, suite: Suite) -> Grants:
    """Return them."""
    return Grants(read_granted(connection), _members(connection, suite), _withdrawn(connection, suite))


def read_granted(connection: Connection) -> dict[int, Granted]:
    """Return all licences by their numbers."""
    spans, holders = dict(_spans(connection)), _holders(connection)
    of = TERMS.c
    columns = (of.rights, of.meter, of.unit_price, of.token, of.notice, of.max_units, of.flags)
    query = select(LICENSES, *columns).join(TERMS, of.id == LICENSES.c.terms)
    return {
        it.id: Granted(
            license=it.id,
            dataset=it.dataset,
            terms=it.terms,
            rights=it.rights,
            meter=Meter(it.meter),
            unit_price=it.unit_price,
            token=it.token,
            notice=it.notice,
            max_units=it.max_units,
            revocable=bool(it.flags & TermsFlag.Revocable),
            acquired=(it.block, it.log_index),
            spans=_clipped(spans[it.id], it.expires_at),
            holders=_held(holders[it.id]),
        )
        for it in connection.execute(query)
    }


def _withdrawn(connection: Connection, suite: Suite) -> Mapping[int, Mapping[bytes, Sequence[Withdrawal]]]:
    published: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in connection.execute(select(VERSIONS)):
        published[row.dataset].append((row.block, row.log_index))
    found: dict[int, dict[bytes, list[Withdrawal]]] = defaultdict(lambda: defaultdict(list))
    for it in happened(connection, suite, "DatasetRegistry", ItemsWithdrawn):
        version = sum(place < it.place for place in published[it.event.id])
        for leaf in it.event.items:
            found[it.event.id][leaf].append(Withdrawal(version, it.place, it.at))
    return found


def _members(connection: Connection, suite: Suite) -> Members:
    """Return when datasets were members of catalogues: who left and joined again was none in between."""
    found: dict[tuple[int, str, int], list[tuple[int, int]]] = defaultdict(list)
    moves: Iterator[Happened[MembershipStarted | MembershipEnded]] = happened(
        connection, suite, "LicenseRegistry", MembershipStarted, MembershipEnded
    )
    for it in moves:
        spans = found[it.event.catalogue, hex_of(it.event.terms_id), it.event.dataset]
        if isinstance(it.event, MembershipEnded):
            if spans:  # else a consent was taken back, and nothing had begun
                spans[-1] = (spans[-1][0], it.event.until)
        else:
            spans.append((it.event.since, PERPETUAL))
    return {member: tuple(spans) for member, spans in found.items()}


def _spans(connection: Connection) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for it in connection.execute(select(PURCHASES).order_by(PURCHASES.c.block, PURCHASES.c.log_index)):
        spans = found[it.license]
        if spans and it.at <= spans[-1][1]:
            spans[-1] = (spans[-1][0], it.expires_at)
        else:
            spans.append((it.at, it.expires_at))
    yield from found.items()


def _clipped(spans: list[tuple[int, int]], expires_at: int) -> Spans:
    """Return the spans with the last as it ended: revoking brings that forward."""
    *before, (first, end) = spans
    made = (*before, (first, min(end, expires_at)))
    return tuple((first - CLOCKS, end + CLOCKS) for first, end in made)


def _held(moves: list[tuple[int, str]]) -> tuple[tuple[int, int, str], ...]:
    ends = [*(since for since, _ in moves[1:]), PERPETUAL]
    return tuple((since, until, who) for (since, who), until in zip(moves, ends, strict=False))


def _holders(connection: Connection) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    moved = select(TRANSFERS).where(TRANSFERS.c.contract == _LICENSES)
    for it in connection.execute(moved.order_by(TRANSFERS.c.block, TRANSFERS.c.log_index)):
        found[it.token_id].append((it.at, it.to))
    return found
