"""The documents that are here."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, literal_column, select, update

from audiera.indexer.bulk import write_rows
from audiera.indexer.documents.papers import NAMED, Paper
from audiera.indexer.documents.reading import Facts
from audiera.indexer.documents.waiting import naming
from audiera.indexer.revision import revise
from audiera.indexer.tables import DOCUMENTS, ENTRIES, ITEMS, PEAKS, STALE, TERMS, USES, VERSIONS, WANTED
from audiera.manifest import PEAK_COLUMNS
from audiera.metering import PricedUse
from audiera.text import hex_of

__all__ = ["body_of", "keep", "keep_uses", "peaks_of", "text_of"]

_PART: Final = 64  # items whose peaks are kept together: a page needs a few, and a row should not be small
_ROWS: Final = 10_000  # uses that are written together
_SPEED: Final = 6  # of zlib: half as large, and as quick as a disk


def body_of(connection: Connection, paper: Paper, digest: str) -> bytes | None:
    """Return a document's bytes; None if it is not here, or is no document of the kind."""
    where = (DOCUMENTS.c.digest == digest) & (DOCUMENTS.c.kind == paper)
    packed = connection.execute(select(DOCUMENTS.c.body).where(where)).scalar()
    return None if packed is None else zlib.decompress(packed)


def text_of(connection: Connection, digest: str) -> bytes | None:
    """Return a legal text; None if it is not here, or was an item before any terms named it.

    Terms may name anything. So that nobody has lyrics by naming them in terms, what a dataset listed first is its item;
    what it listed later is not, or it could take the text from terms of others.
    """
    terms = select(func.min(TERMS.c.block)).where(TERMS.c.text == digest).scalar_subquery()
    listed = (
        select(ITEMS.c.dataset)
        .join(ENTRIES, ENTRIES.c.dataset == ITEMS.c.dataset)
        .join(VERSIONS, (VERSIONS.c.dataset == ENTRIES.c.dataset) & (VERSIONS.c.version == ENTRIES.c.described))
        .where(ITEMS.c.sha256 == digest, ITEMS.c.media_type.not_like(literal_column("'audio/%'")))
        .where(VERSIONS.c.block <= terms)
    )
    return None if connection.execute(listed.limit(1)).first() else body_of(connection, Paper.TEXT, digest)


def peaks_of(connection: Connection, digest: str, start: int, most: int) -> list[bytes]:
    """Return the peaks of some items of a document of waveforms, as far as it is here.

    Args:
        connection: to read.
        digest: of the document.
        start: position of the first item.
        most: items.
    """
    first, last = start // _PART, (start + most - 1) // _PART
    where = (PEAKS.c.digest == digest) & PEAKS.c.part.between(first, last)
    parts = connection.execute(select(PEAKS.c.body).where(where).order_by(PEAKS.c.part)).scalars()
    whole = b"".join(parts)[(start - first * _PART) * PEAK_COLUMNS :]
    return [whole[at : at + PEAK_COLUMNS] for at in range(0, min(len(whole), most * PEAK_COLUMNS), PEAK_COLUMNS)]


def keep(connection: Connection, paper: Paper, digest: str, body: bytes, *, facts: Facts | str, now: int) -> None:
    """Keep a document, ask for what it names, and mark the datasets that it describes as stale.

    Args:
        connection: in a transaction.
        paper: what it is.
        digest: its name.
        body: its bytes, which are those that the name says.
        facts: what it states; or, in words, why it is no such document. Then its bytes are not kept.
        now: Unix seconds.
    """
    row: dict[str, Any] = {"digest": digest, "kind": paper, "size": len(body), "fetched_at": now, "wrong": ""}
    if isinstance(facts, str):
        row["wrong"] = facts.replace("\0", "")
    else:
        row["item_count"] = facts.item_count
        row["content_root"] = hex_of(facts.content_root) if facts.content_root else None
        row |= {NAMED[named].name: hex_of(file.sha256) for named, file in facts.named.items()}
        if paper is Paper.PEAKS:
            _keep_peaks(connection, digest, body)
        else:
            row["body"] = zlib.compress(body, _SPEED)
    _put(connection, paper, digest, row)
    if paper is Paper.MANIFEST and not isinstance(facts, str):
        first = select(func.min(VERSIONS.c.dataset)).where(VERSIONS.c.manifest == digest)
        dataset = connection.execute(first).scalar()
        for wanted, file in facts.named.items():
            _want(connection, wanted, hex_of(file.sha256), file.size, dataset)
    if paper is not Paper.TEXT:
        for named_by in connection.execute(naming(paper, digest).distinct()).all():
            _mark(connection, named_by.dataset)


def keep_uses(connection: Connection, voucher: str, size: int, uses: Iterable[PricedUse], now: int) -> None:
    """Keep the uses of a log under the hash of the voucher that they make, some of which are held at a time."""
    connection.execute(delete(USES).where(USES.c.voucher == voucher))
    count, left, key = 0, iter(uses), bytes.fromhex(voucher.removeprefix("0x"))
    while some := [_row_of(key, count + at, it) for at, it in enumerate(islice(left, _ROWS))]:
        write_rows(connection, USES, some)
        count += len(some)
    row = {"digest": voucher, "kind": Paper.LOG, "size": size, "fetched_at": now, "wrong": "", "item_count": count}
    _put(connection, Paper.LOG, voucher, row)


def _row_of(voucher: bytes, position: int, priced: PricedUse) -> dict[str, object]:
    use = priced.use
    return {
        "voucher": voucher,
        "position": position,
        "license": use.license,
        "dataset": use.dataset,
        "version": use.version,
        "item": use.item,
        "right": use.right,
        "units": use.units,
        "at": use.at,
        "nonce": use.nonce,
        "price": priced.price,
    }


def _keep_peaks(connection: Connection, digest: str, body: bytes) -> None:
    connection.execute(delete(PEAKS).where(PEAKS.c.digest == digest))
    size = _PART * PEAK_COLUMNS
    rows = [
        {"digest": digest, "part": part, "body": body[part * size : (part + 1) * size]}
        for part in range(-(-len(body) // size))
    ]
    connection.execute(insert(PEAKS), rows)


def _put(connection: Connection, paper: Paper, digest: str, row: dict[str, Any]) -> None:
    for table in (WANTED, DOCUMENTS):
        connection.execute(delete(table).where((table.c.digest == digest) & (table.c.kind == paper)))
    connection.execute(insert(DOCUMENTS), row)
    revise(connection)


def _want(connection: Connection, paper: Paper, digest: str, most: int, dataset: int | None) -> None:
    here = (DOCUMENTS.c.digest == digest) & (DOCUMENTS.c.kind == paper)
    if connection.execute(select(DOCUMENTS.c.digest).where(here)).first():
        return
    wanted = (WANTED.c.digest == digest) & (WANTED.c.kind == paper)
    if (before := connection.execute(select(WANTED.c.most).where(wanted)).scalar()) is not None:
        if before < most:  # another manifest that names it says a size that is too small
            connection.execute(update(WANTED).where(wanted).values(most=most, next_try=0))
        return
    row = {"digest": digest, "kind": paper, "dataset": dataset, "most": most}
    connection.execute(insert(WANTED), {**row, "attempts": 0, "next_try": 0, "reason": ""})


def _mark(connection: Connection, dataset: int) -> None:
    connection.execute(delete(STALE).where(STALE.c.dataset == dataset))
    connection.execute(insert(STALE), {"dataset": dataset})
