"""What each licence grants, and when: its terms, the spans in which it lived, who held it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from audiera.indexer.tables import LICENSES, MEMBERSHIPS, PURCHASES, TERMS, TRANSFERS
from audiera.protocol import PERPETUAL, Meter, TermsFlag

__all__ = ["CLOCKS", "Granted", "read_granted", "read_members"]

CLOCKS = 600
"""Seconds by which the clock of whoever asks, and signs for when, may differ from the chain's."""

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
    spans: tuple[tuple[int, int], ...]
    """From when (Unix seconds) until when (exclusive) it lived, `CLOCKS` included at both ends."""
    holders: tuple[tuple[int, int, str], ...]
    """From when (Unix seconds) until when (exclusive) who held it, by the chain's clock."""

    def lives(self, at: int) -> bool:
        """Say whether it lived at a moment."""
        return any(first <= at < end for first, end in self.spans)

    def holder(self, at: int) -> str | None:
        """Return who held it at a moment of the chain."""
        return next((who for since, _, who in reversed(self.holders) if since <= at), None)

    def was_held_by(self, account: str, at: int) -> bool:
        """Say whether an account held it at a moment, as near as clocks tell."""
        return any(who == account and since - CLOCKS <= at < until + CLOCKS for since, until, who in self.holders)


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


def read_members(connection: Connection) -> dict[tuple[int, str, int], int]:
    """Return until when (Unix seconds, exclusive) each dataset was a member, by catalogue, terms and dataset."""
    rows = connection.execute(select(MEMBERSHIPS).where(MEMBERSHIPS.c.since > 0))
    return {(it.catalogue, it.terms, it.dataset): it.until for it in rows}


def _spans(connection: Connection) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for it in connection.execute(select(PURCHASES).order_by(PURCHASES.c.block, PURCHASES.c.log_index)):
        spans = found[it.license]
        if spans and it.at <= spans[-1][1]:
            spans[-1] = (spans[-1][0], it.expires_at)
        else:
            spans.append((it.at, it.expires_at))
    yield from found.items()


def _clipped(spans: list[tuple[int, int]], expires_at: int) -> tuple[tuple[int, int], ...]:
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
