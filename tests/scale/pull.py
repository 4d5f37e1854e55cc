"""A pull, beside a plain parallel download of the same bytes from the same kind of server.

The gateway is a real one over HTTP, with rows of an index that are made up; of the chain only what an access asks it
is there, which takes no time.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import urllib3
import uvicorn
from sqlalchemy import delete, insert, update
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from audiera.client import Audiera, TxReceipt
from audiera.consumer import Accesses, Deal, Keeping, Limits, Pull, Version, Wanted
from audiera.credits import Party
from audiera.gateway.whose import ledger_of
from audiera.indexer import batch, open_index
from audiera.indexer.tables import DATASETS, ENTRIES, ITEMS
from audiera.manifest import Description, build_documents
from audiera.protocol import Item, Metadata, Right, TableRow, Voucher, right_bit
from audiera.remote import Remote
from audiera.storage import Store, StoredObject
from tests.scale.gateway import GATEWAY, TOKEN, listening, payer_of, serve_gateway, write_index
from tests.scale.measure import Measured
from tests.support.terms import plain_terms

__all__ = ["CASES"]

_PROMISE: Final = 1.25
_PRICE: Final = 5
_THREADS: Final = 8
_RUNS: Final = 3
_DESCRIPTION: Final = Description(
    name="Made up", description="Items.", creators=(Party("Ada Moreau"),), date="2026-03-01"
)


def pull_small() -> Measured:
    """Many small files."""
    return _pull(2_000, 16_384, "16 KiB")


def pull_large() -> Measured:
    """Few large files."""
    return _pull(50, 8 << 20, "8 MiB")


def _pull(count: int, size: int, told: str) -> Measured:
    best = [float("inf"), float("inf")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = _stored(folder, count, size)
        index = f"sqlite:///{folder}/index.db"
        write_index(index, 1)
        _write_items(index, rows)
        places = [f"{it.item.sha256[:1].hex()}/{it.item.sha256.hex()}" for it in rows]
        for run in range(_RUNS):
            with listening(lambda port: _files(folder, port)) as port:
                best[0] = min(best[0], _timed(lambda: _download(port, places, folder / "plain")))
            shutil.rmtree(folder / "plain")
            (folder / "journal.db").unlink(missing_ok=True)
            with listening(lambda port: serve_gateway(folder, port)) as port:
                to = folder / f"pulled-{run}"
                best[1] = min(best[1], _timed(partial(_bring, port, index, rows, to)))
            shutil.rmtree(to)
    mebibytes = count * size / (1 << 20)
    return Measured(
        f"pull {count:,} files of {told}",
        f"{count / best[1]:,.0f} files/s, {mebibytes / best[1]:,.0f} MiB/s",
        f"{count / best[0]:,.0f} files/s: a plain download by as many threads",
        best[1] / best[0],
        _PROMISE,
    )


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _stored(folder: Path, count: int, size: int) -> list[TableRow]:
    store, rows = Store.open(str(folder)), []
    for number in range(count):
        data = os.urandom(size)
        sha256 = hashlib.sha256(data).digest()
        store.put(StoredObject(sha256, size, data))
        metadata = Metadata(path=f"{number:05}.bin", media_type="application/octet-stream")
        rows.append(TableRow(Item(sha256, size, 0, metadata.hash()), metadata))
    return rows


def _write_items(index: str, rows: Sequence[TableRow]) -> None:
    engine = open_index(index)
    with batch(engine) as connection:
        connection.execute(delete(ITEMS))
        connection.execute(insert(ITEMS), [_row(place, it) for place, it in enumerate(rows)])
        for table in (DATASETS, ENTRIES):
            connection.execute(update(table).values(item_count=len(rows)))
    engine.dispose()


def _row(place: int, row: TableRow) -> dict[str, object]:
    item = row.item
    named = {"sha256": f"0x{item.sha256.hex()}", "leaf": f"0x{item.leaf().hex()}", "path": row.metadata.path}
    said = {"people": "[]", "media_type": row.metadata.media_type, "duration_ms": 0, "bytes": item.size}
    return {"dataset": 1, "position": place, **named, **said}


def _files(folder: Path, port: int) -> None:
    app = Starlette(routes=[Mount("/", StaticFiles(directory=folder / "sha256"))])
    uvicorn.run(app, port=port, log_level="critical")


def _download(port: int, places: Sequence[str], to: Path) -> None:
    to.mkdir()
    http = urllib3.PoolManager(maxsize=_THREADS)

    def fetch(place: str) -> None:
        answer = http.request("GET", f"http://127.0.0.1:{port}/{place}", preload_content=False)
        with (to / place.rpartition("/")[2]).open("wb") as file:
            shutil.copyfileobj(answer, file, 1 << 20)
        answer.release_conn()

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(fetch, places))


def _bring(port: int, index: str, rows: Sequence[TableRow], to: Path) -> None:
    domain, signer = ledger_of(index), payer_of(0)
    client: Any = SimpleNamespace(
        domain=lambda _: domain,
        node=SimpleNamespace(timestamp=lambda: 0),
        sign_voucher=lambda voucher: signer.sign_struct(domain, cast("Voucher", voucher)),
    )
    terms = plain_terms(unit_price=_PRICE, token=TOKEN)
    deal = Deal(
        gateway=GATEWAY.address,
        payer=signer.address,
        right=right_bit(Right.Training),
        fee_ppm=0,
        items=256,
        bought=0,
        limits=Limits(spend=1 << 40, exposure=1 << 40),
    )
    version = Version(1, 1, "Made up", bytes(32), build_documents(_DESCRIPTION, rows).manifest, b"", tuple(rows))
    with Keeping.opened(to / ".audiera") as keeping:
        pull = Pull(keeping, [version], to)
        (need,) = pull.look()
        accesses = Accesses(cast("Audiera[TxReceipt]", client), Remote(f"http://127.0.0.1:{port}"), keeping, deal)
        pull.bring(accesses, {1: Wanted(1, 1, 1, terms, need.rows, whole=False)})
    done = pull.pulled()
    assert (done.fetched, done.failed) == (len(rows), ())
    assert accesses.signed == _PRICE * len(rows)


CASES: Final[dict[str, Callable[[], Measured]]] = {"pull_small": pull_small, "pull_large": pull_large}
