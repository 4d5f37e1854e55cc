"""One round of fetching: whatever is due is looked for, a few at a time, and written down as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from audiera.errors import AudieraError, StorageError
from audiera.indexer.documents.kept import keep, keep_uses
from audiera.indexer.documents.papers import Paper
from audiera.indexer.documents.reading import Facts, facts_of, uses_of
from audiera.indexer.documents.sources import Sources
from audiera.indexer.documents.waiting import Due, due, failed, tidy_wanted
from audiera.indexer.tables import BATCHES
from audiera.metering import PricedUse, rebuild
from audiera.protocol import Voucher
from audiera.text import from_hex
from audiera.work import in_parallel

__all__ = ["Round", "fetch_due", "voucher_of"]

_AT_ONCE: Final = 512  # documents of one round
_WORKERS: Final = 8
_LANES: Final = 2  # at most, that ask the same gateways: those that are slow hold up their own documents
_PATIENCE: Final = 60.0  # seconds after which a lane leaves what it has not begun to the next round
_HELD: Final = 1 << 25  # bytes after which it does, too


@dataclass(frozen=True, slots=True)
class Round:
    """What a round came to."""

    fetched: int = 0
    wrong: int = 0
    """Bytes that are what they are named by, and no such document."""
    failed: int = 0

    @property
    def tried(self) -> int:
        """How many documents were looked for."""
        return self.fetched + self.wrong + self.failed


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What looking for one document came to: its bytes with what they say, or why there are none."""

    due: Due
    body: bytes | None = None
    found: Facts | tuple[PricedUse, ...] | None = None
    reason: str = ""


def fetch_due(
    writing: Callable[[], AbstractContextManager[Connection]], sources: Sources, now: int, *, most: int = _AT_ONCE
) -> Round:
    """Look for what is wanted and due, and keep what is found; what is not is tried again later.

    Nothing is held of the database while others are waited for. A document that is missing, wrong or slow keeps no
    other from being fetched.

    Args:
        writing: gives a connection in a transaction that may write, as often as it is asked.
        sources: where to look.
        now: Unix seconds.
        most: documents at most.
    """
    with writing() as connection:
        tidy_wanted(connection)
        found = due(connection, now, most)
        vouchers = _vouchers(connection, [it.digest for it in found if it.paper is Paper.LOG])
    done = Round()
    for _, outcomes in in_parallel(lambda lane: _walk(lane, sources, vouchers), _lanes(found), _WORKERS):
        for outcome in outcomes:
            with writing() as connection:
                done = _write(connection, outcome, now, done)
    return done


def _lanes(found: Sequence[Due]) -> list[tuple[Due, ...]]:
    """Sort documents by whom they are asked of; those of nobody in particular are shared out."""
    by_gateways: dict[tuple[str, ...], list[Due]] = {}
    for it in found:
        by_gateways.setdefault(it.gateways, []).append(it)
    lanes = []
    for gateways, documents in by_gateways.items():
        count = _LANES if gateways else _WORKERS
        lanes += [tuple(documents[start::count]) for start in range(min(count, len(documents)))]
    return lanes


def _walk(lane: Iterable[Due], sources: Sources, vouchers: Mapping[str, Voucher]) -> list[_Outcome]:
    outcomes: list[_Outcome] = []
    until = monotonic() + _PATIENCE
    held = 0
    for it in lane:
        if monotonic() > until or held > _HELD:
            break
        outcomes.append(_look(it, sources, vouchers.get(it.digest)))
        held += len(outcomes[-1].body or b"")
    return outcomes


def _look(wanted: Due, sources: Sources, voucher: Voucher | None) -> _Outcome:
    if wanted.paper is Paper.LOG:
        return _look_for_log(wanted, sources, voucher)
    try:
        body = next(sources.get(wanted.paper, from_hex(wanted.digest), wanted.most, wanted.gateways))
    except AudieraError as error:
        return _Outcome(wanted, reason=str(error))
    try:
        return _Outcome(wanted, body, facts_of(wanted.paper, body))
    except AudieraError as error:
        return _Outcome(wanted, body, reason=str(error))


def _look_for_log(wanted: Due, sources: Sources, voucher: Voucher | None) -> _Outcome:
    """Look for a log that makes the batch that was settled: no source is believed to have the right one."""
    if voucher is None:
        return _Outcome(wanted, reason="No settled batch has this voucher.")
    said: list[str] = []
    try:
        for body in sources.get(wanted.paper, voucher.root, wanted.most, wanted.gateways):
            try:
                uses = tuple(uses_of(body))
                rebuild(voucher, uses)
                return _Outcome(wanted, body, uses)
            except AudieraError as error:
                said.append(str(error))
    except StorageError as error:
        said.append(str(error))
    return _Outcome(wanted, reason=" ".join(said))


def _write(connection: Connection, outcome: _Outcome, now: int, done: Round) -> Round:
    wanted, body, found = outcome.due, outcome.body, outcome.found
    if body is not None and isinstance(found, tuple):
        keep_uses(connection, wanted.digest, len(body), found, now)
        return replace(done, fetched=done.fetched + 1)
    if body is not None and isinstance(found, Facts):
        keep(connection, wanted.paper, wanted.digest, body, facts=found, now=now)
        return replace(done, fetched=done.fetched + 1)
    if body is not None:
        keep(connection, wanted.paper, wanted.digest, body, facts=outcome.reason, now=now)
        return replace(done, wrong=done.wrong + 1)
    failed(connection, wanted, outcome.reason, now)
    return replace(done, failed=done.failed + 1)


def voucher_of(row: Row[Any]) -> Voucher:
    """Return what was settled, from a row of `BATCHES`."""
    names = ("payer", "gateway", "token", "batch", "amount", "fee", "calls", "statements")
    return Voucher(**{it: getattr(row, it) for it in names}, root=from_hex(row.root))


def _vouchers(connection: Connection, hashes: Sequence[str]) -> dict[str, Voucher]:
    """Return what was settled, by the hash that names its log."""
    rows = connection.execute(select(BATCHES).where(BATCHES.c.voucher.in_(hashes)))
    return {it.voucher: voucher_of(it) for it in rows}
