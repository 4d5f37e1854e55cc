"""The documents that are wanted and not here: when each is tried again, and why it is not here yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, exists, func, insert, literal_column, select, update
from sqlalchemy.sql.expression import ColumnElement

from audiera.indexer.documents.papers import NAMED, Paper
from audiera.indexer.tables import BATCHES, DOCUMENTS, GATEWAYS, GATEWAYS_NAMED, OFFERS, TERMS, VERSIONS, WANTED
from audiera.protocol import ZERO_WORD
from audiera.text import hex_of

__all__ = ["Due", "Failure", "due", "failed", "failures", "naming", "retry", "tidy_wanted"]

_FIRST: Final = 60  # seconds until a document is tried for the second time; then twice as long each time
_LAST: Final = 86_400  # seconds at most
_ALWAYS: Final = 2  # gateways that are asked for a document at each attempt
_IN_TURN: Final = 2  # and those of the others at one


@dataclass(frozen=True, slots=True)
class Due:
    """A document that is to be tried now."""

    paper: Paper
    digest: str
    most: int
    attempts: int
    gateways: tuple[str, ...]
    """URLs that strangers name."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that was tried and is not here."""

    paper: Paper
    digest: str
    dataset: int | None
    attempts: int
    next_try: int | None
    """Unix seconds; None: never, since these very bytes are no such document."""
    reason: str


def due(connection: Connection, now: int, most: int) -> list[Due]:
    """Return the documents that are to be tried now, those that waited longest first."""
    rows = connection.execute(
        select(WANTED).where(WANTED.c.next_try <= now).order_by(WANTED.c.next_try, WANTED.c.digest).limit(most)
    ).all()
    return [Due(Paper(it.kind), it.digest, it.most, it.attempts, _gateways(connection, it)) for it in rows]


def failed(connection: Connection, which: Due, reason: str, now: int) -> None:
    """Note that a document could not be had, and when it is tried again."""
    wait = min(_FIRST << min(which.attempts, 20), _LAST)
    connection.execute(
        update(WANTED)
        .where((WANTED.c.digest == which.digest) & (WANTED.c.kind == which.paper))
        .values(attempts=which.attempts + 1, next_try=now + wait, reason=reason.replace("\0", ""))
    )


def failures(connection: Connection) -> list[Failure]:
    """Return the documents that were tried and are not here, and those whose bytes are wrong, by dataset."""
    waiting = select(WANTED).where(WANTED.c.attempts > 0)
    found = [
        Failure(Paper(it.kind), it.digest, it.dataset, it.attempts, it.next_try, it.reason)
        for it in connection.execute(waiting)
    ]
    for it in connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.wrong != literal_column("''"))):
        first = select(func.min(naming(Paper(it.kind), it.digest).subquery().c.dataset))
        dataset = connection.execute(first).scalar()
        found.append(Failure(Paper(it.kind), it.digest, dataset, 1, None, it.wrong))
    return sorted(found, key=lambda it: (it.dataset or 0, it.paper, it.digest))


def retry(connection: Connection, dataset: int | None = None) -> int:
    """Have documents that failed tried at once, also those whose bytes were wrong, and return how many.

    Args:
        connection: in a transaction.
        dataset: only its; all unless told.
    """
    wrong = select(DOCUMENTS).where(DOCUMENTS.c.wrong != "")
    found = {(it.paper, it.digest): it.dataset for it in failures(connection) if dataset in (None, it.dataset)}
    taken = [it for it in connection.execute(wrong).all() if (it.kind, it.digest) in found]
    for it in taken:
        connection.execute(delete(DOCUMENTS).where((DOCUMENTS.c.digest == it.digest) & (DOCUMENTS.c.kind == it.kind)))
        of = found[Paper(it.kind), it.digest]
        row = {"digest": it.digest, "kind": it.kind, "dataset": of, "most": it.size, "attempts": 0, "next_try": 0}
        connection.execute(insert(WANTED), {**row, "reason": ""})
    again = update(WANTED).where(WANTED.c.attempts > 0).values(next_try=0)
    if dataset is not None:
        again = again.where(WANTED.c.dataset == dataset)
    return connection.execute(again).rowcount + len(taken)


def tidy_wanted(connection: Connection) -> None:
    """Forget what is wanted and here, or is not named any more."""
    connection.execute(delete(WANTED).where(WANTED.c.digest == hex_of(ZERO_WORD)))
    here = exists().where((DOCUMENTS.c.digest == WANTED.c.digest) & (DOCUMENTS.c.kind == WANTED.c.kind))
    connection.execute(delete(WANTED).where(here))
    named: tuple[tuple[Paper, ColumnElement[str]], ...] = (
        (Paper.MANIFEST, VERSIONS.c.manifest),
        (Paper.TEXT, TERMS.c.text),
        (Paper.LOG, BATCHES.c.voucher),
    )
    for paper, column in named:
        unnamed = ~exists().where(column == WANTED.c.digest)
        connection.execute(delete(WANTED).where((WANTED.c.kind == paper) & (WANTED.c.attempts > 0) & unnamed))


def _gateways(connection: Connection, wanted: Row[Any]) -> tuple[str, ...]:
    """Return where those say they answer who are asked for a document now: of a use log, its batch's gateway.

    Anybody can register another's manifest, and name gateways for it. So of the gateways that datasets name who name
    the document, those of the first datasets are asked at each attempt, and the others in turn.
    """
    if wanted.kind == Paper.LOG:
        log = select(GATEWAYS.c.url).join(BATCHES, BATCHES.c.gateway == GATEWAYS.c.gateway)
        return tuple(connection.execute(log.where(BATCHES.c.voucher == wanted.digest)).scalars())
    named = GATEWAYS_NAMED.c
    query = (
        select(GATEWAYS.c.url)
        .join(GATEWAYS_NAMED, named.gateway == GATEWAYS.c.gateway)
        .where(named.dataset.in_(naming(Paper(wanted.kind), wanted.digest)))
        .group_by(GATEWAYS.c.url)
        .order_by(func.min(named.position), func.min(named.dataset), GATEWAYS.c.url)
    )
    urls = list(connection.execute(query).scalars())
    others = urls[_ALWAYS:]
    turn = wanted.attempts * _IN_TURN % len(others) if others else 0
    return *urls[:_ALWAYS], *(others[turn:] + others[:turn])[:_IN_TURN]


def naming(paper: Paper, digest: str) -> Select[tuple[int]]:
    """Choose the datasets that name a document."""
    if paper is Paper.TEXT:
        return select(OFFERS.c.dataset).join(TERMS, TERMS.c.id == OFFERS.c.terms).where(TERMS.c.text == digest)
    if paper is Paper.MANIFEST:
        return select(VERSIONS.c.dataset).where(VERSIONS.c.manifest == digest)
    manifests = select(DOCUMENTS.c.digest).where((DOCUMENTS.c.kind == Paper.MANIFEST) & (NAMED[paper] == digest))
    return select(VERSIONS.c.dataset).where(VERSIONS.c.manifest.in_(manifests))
