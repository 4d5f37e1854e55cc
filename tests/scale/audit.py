"""An audit's reading of a million uses: from the log of a batch to sums that are checked, beside hashing them alone."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert

from audiera.audit.batches import read_books
from audiera.audit.logs import bring_logs
from audiera.audit.report import Subject
from audiera.audit.scope import scope_of
from audiera.audit.works import Works
from audiera.client.contracts import Suite
from audiera.indexer import open_index, upgrade, writing
from audiera.indexer.tables import BATCHES, DATASETS, LICENSES, PURCHASES, TERMS, TRANSFERS, VERSIONS
from audiera.metering import Batch, PricedUse, log_name, uses_of, write_log
from audiera.protocol import CONTRACTS, ETHER, PERPETUAL, Meter, Right, right_bit
from audiera.text import hex_of
from tests.scale.measure import Measured, peak_mebibytes

__all__ = ["CASES"]

_USES: Final = 1_000_000
_AT_ONCE: Final = 1_000  # uses of one access
_MEMORY_MIB: Final = 384
_PROMISE: Final = 15.0
_AT: Final = 1_800_000_000
_WHO: Final = "0x" + "11" * 20


def auditing() -> Measured:
    """The log of a batch read, hashed, kept and each use held to its licence, against the hashes of its leaves.

    Memory is bounded, too, whatever is measured of time.
    """
    hashing, took, peak = _audited()
    if peak > _MEMORY_MIB:
        raise AssertionError(f"{peak:,.0f} MiB were held, where {_MEMORY_MIB} is the most")
    return Measured(
        f"audit {_USES:,} uses of one batch",
        f"{_USES / took:,.0f} uses/s, {peak:,.0f} MiB at most",
        f"{_USES / hashing:,.0f}/s: hashing those uses alone",
        took / hashing,
        _PROMISE,
    )


def _audited() -> tuple[float, float, float]:
    """Return the seconds of hashing, those of the audit, and the most memory in MiB."""
    hashing, batch = 0.0, Batch()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_log(folder / "log", _uses())
        for access in _accesses():
            begun = time.perf_counter()
            for it in access:
                it.node()
            hashing += time.perf_counter() - begun
            batch = batch.extend(access)
        log = folder / log_name(batch.root().hash)
        log.parent.mkdir(parents=True)
        (folder / "log").rename(log)
        engine = open_index(f"sqlite:///{folder / 'index.sqlite'}")
        with writing(engine) as connection:
            upgrade(connection)
            with connection.begin():
                _write(connection, batch)
        begun = time.perf_counter()
        missing = bring_logs(engine, [log.parent], [], folder / "spool", _AT, lambda _: lambda *_: None)
        with engine.connect() as connection:
            works = Works(connection)
            history = _History(connection)
            books = read_books(history, scope_of(connection, works, Subject("dataset", ("1",))), works)  # type: ignore[arg-type]
        took = time.perf_counter() - begun
        engine.dispose()
    (line,) = [it.line for it in books.stated.values()]
    if missing or line is None or (line.calls, line.charged, line.problems) != (_USES, _USES * 5, {}):
        raise AssertionError(f"{missing} {line}")
    return hashing, took, peak_mebibytes()


class _History:
    """As much of a history as uses are read from."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.suite = Suite.at(31_337, dict.fromkeys(CONTRACTS, _WHO))


def _accesses() -> Iterator[tuple[PricedUse, ...]]:
    for access in range(_USES // _AT_ONCE):
        yield uses_of(
            [((access * _AT_ONCE + it + 1).to_bytes(32, "big"), 1) for it in range(_AT_ONCE)],
            license=1,
            dataset=1,
            version=1,
            right=right_bit(Right.Training),
            at=_AT + access,
            nonce=access.to_bytes(32, "big"),
            unit_price=5,
        )


def _uses() -> Iterator[PricedUse]:
    for access in _accesses():
        yield from access


def _write(connection: Connection, batch: Batch) -> None:
    """Write what the chain would say of it."""
    voucher = batch.voucher(payer=_WHO, gateway=_WHO, token=ETHER, batch=1)
    word, here = hex_of(bytes(32)), {"block": 1, "log_index": 0, "at": _AT - 1, "transaction": hex_of(bytes(32))}
    content = {"flags": 0, "version": 1, "item_count": 1, "content_root": word, "manifest": word}
    owned = {"creator": _WHO, "owner": _WHO, "kind": 0, "epoch": 0, "account": word, "split": word}
    terms = {"unit_price": 5, "token": ETHER, "duration": 0, "notice": 0, "max_units": 0, "derivative_ppm": 0}
    settled = {it: getattr(voucher, it) for it in ("payer", "gateway", "token", "batch", "amount", "fee", "calls")}
    collected = {"statements": 1, "collected": 0, "collected_amount": 0, "fee_released": False}
    rows = (
        (DATASETS, {"id": 1, **content, **owned}),
        (VERSIONS, {"dataset": 1, **content}),
        (TERMS, {"id": word, "index": 1, "rights": int(Right.Training), "meter": int(Meter.Call), **terms}
         | {"flags": 0, "text": word}),
        (LICENSES, {"id": 1, "dataset": 1, "terms": word, "holder": _WHO, "expires_at": PERPETUAL, "revoked": False}
         | {"locked": False, "ref": word}),
        (PURCHASES, {"license": 1, "dataset": 1, "renewal": False, "payer": _WHO, "licensee": ETHER, "token": ETHER}
         | {"price": 0, "expires_at": PERPETUAL}),
        (TRANSFERS, {"contract": 1, "token_id": 1, "from_": ETHER, "to": _WHO}),
        (BATCHES, {"id": hex_of(voucher.batch_id()), "root": hex_of(voucher.root),
          "voucher": hex_of(voucher.struct_hash()), "settled_at": _AT + _USES}
         | settled | collected),
    )  # fmt: skip
    for table, row in rows:
        connection.execute(insert(table).values(**row, **here))


CASES = {auditing.__name__: auditing}
