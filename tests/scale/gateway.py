"""How fast accesses are taken: beside a server that recovers the same signature, writes as durably, and no more.

Both serve the same number of channels at once over real HTTP, from a process of their own. What is sent is signed
beforehand, so that the client costs little.
"""

import json
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, Response
from sqlalchemy import Connection, bindparam, insert, update

from audiera.client import KeySigner
from audiera.gateway import Limits, Settings, create_app
from audiera.gateway.access import Desk
from audiera.gateway.journal import Journal
from audiera.gateway.tables import ACCESSES, BATCHES
from audiera.gateway.whose import ledger_of
from audiera.indexer import batch, open_index, upgrade, writing
from audiera.indexer.tables import BLOCKS, CHAIN, CHANNELS, DATASETS, ENTRIES, ITEMS, LICENSES, TERMS
from audiera.interface import AccessRequest
from audiera.metering import AccessUses, Batch, uses_of
from audiera.protocol import CONTRACTS, PERPETUAL, Domain, Frontier, Right, right_bit, to_address
from tests.scale.measure import Measured, alternate, peak_mebibytes

__all__ = [
    "CASES",
    "GATEWAY",
    "JSON",
    "PAYERS",
    "TOKEN",
    "Timed",
    "bodies_of",
    "body_of",
    "listening",
    "payer_of",
    "serve_gateway",
    "settings_of",
    "timed",
    "write_index",
]

PAYERS: Final = 8
_CHAIN_ID: Final = 31_337
_PRICE: Final = 5
_ITEMS: Final = 256
_PROMISE: Final = 2.0
_ACCESSES: Final = {1: 60, 256: 12}
"""Accesses of each channel, by the items of one."""
_OPEN: Final = 10_000
_MEMORY: Final = 512
_USES: Final = 1 << 20
JSON: Final = {"Content-Type": "application/json"}
TOKEN: Final = to_address("0x" + "cc" * 20)
GATEWAY: Final = KeySigner.from_key("0x" + "59" * 32)
_LEAVES: Final = [number.to_bytes(32) for number in range(1, _ITEMS + 1)]


def payer_of(channel: int) -> KeySigner:
    return KeySigner.from_key(f"0x{channel + 1:064x}")


def accesses_of_one() -> Measured:
    """Accesses of one item each."""
    return _accesses(1)


def accesses_of_many() -> Measured:
    """Accesses of 256 items each."""
    return _accesses(256)


def _accesses(items: int) -> Measured:
    best = {"gateway": float("inf"), "floor": float("inf")}
    number = PAYERS * _ACCESSES[items]
    for _ in range(3):
        for name, app in (("floor", _floor), ("gateway", serve_gateway)):
            with tempfile.TemporaryDirectory() as folder:
                index = f"sqlite:///{folder}/index.db"
                write_index(index)
                domain = ledger_of(index)
                requests = [
                    [(body, JSON) for body in bodies_of(channel, items, domain, 1 + _ACCESSES[items])]
                    for channel in range(PAYERS)
                ]
                took = timed(lambda port, app=app, folder=folder: app(Path(folder), port), requests)  # type: ignore[misc]
            best[name] = min(best[name], took.seconds)
    each = "one item" if items == 1 else f"{items} items"
    return Measured(
        f"{number} accesses of {each}, {PAYERS} channels",
        f"{number / best['gateway']:,.0f} accesses/s",
        f"{number / best['floor']:,.0f}/s: recovering, hashing the uses, and writing alone",
        best["gateway"] / best["floor"],
        _PROMISE,
    )


@dataclass(frozen=True, slots=True)
class Timed:
    """What requests took."""

    seconds: float
    """All of them."""
    each: Sequence[float]
    """Each of them, the shortest first."""


def timed(serve: Callable[[int], None], requests: Sequence[Sequence[tuple[bytes, Mapping[str, str]]]]) -> Timed:
    """Send the requests of each channel one after another, those of all channels at once, and return what they took.

    Args:
        serve: is given a port, in a process of its own.
        requests: body and headers of each, of each channel; the first of each is sent before, and not counted: it
            begins its batch, and has statements compiled and items read.
    """
    with listening(serve) as port:
        connections = [_connected(port) for _ in requests]
        for connection, each in zip(connections, requests, strict=True):
            _send(connection, each[:1])
        with ThreadPoolExecutor(len(connections)) as pool:
            start = time.perf_counter()
            took = list(pool.map(_send, connections, [it[1:] for it in requests]))
            return Timed(time.perf_counter() - start, sorted(chain.from_iterable(took)))


@contextmanager
def listening(serve: Callable[[int], None]) -> Iterator[int]:
    """Serve in a process of its own, and yield the port once it is listened at."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = multiprocessing.get_context("fork").Process(target=serve, args=(port,))
    server.start()
    try:
        _connected(port).close()
        yield port
    finally:
        server.terminate()
        server.join()


def _connected(port: int) -> HTTPConnection:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(1_000):
        try:
            connection.connect()
        except OSError:
            time.sleep(0.02)
        else:
            return connection
    raise TimeoutError("the server does not answer")


def _send(connection: HTTPConnection, requests: Sequence[tuple[bytes, Mapping[str, str]]]) -> list[float]:
    took = []
    for body, headers in requests:
        start = time.perf_counter()
        connection.request("POST", "/v1/access", body, dict(headers))
        answer = connection.getresponse()
        said = answer.read()
        took.append(time.perf_counter() - start)
        assert answer.status == 200, said
    return took


def bodies_of(channel: int, items: int, domain: Domain, accesses: int) -> list[bytes]:
    """Return so many accesses of one channel and batch, as they are sent one after another."""
    kept, made = Batch(), []
    for number in range(accesses):
        body, kept = body_of(channel, items, domain, number, kept)
        made.append(body)
    return made


def body_of(channel: int, items: int, domain: Domain, number: int, kept: Batch) -> tuple[bytes, Batch]:
    """Return an access as it is sent, and the batch with its uses.

    Args:
        channel: whose.
        items: how many it is of.
        domain: of the ledger.
        number: no other access of the channel has.
        kept: the batch before.
    """
    payer = payer_of(channel)
    request: dict[str, Any] = {
        "payer": payer.address,
        "license": str(channel + 1),
        "dataset": "1",
        "version": "1",
        "right": "Training",
        "items": [f"0x{it.hex()}" for it in _LEAVES[:items]],
        "at": str(int(time.time())),
        "nonce": f"0x{number + 1:064x}",
    }
    uses = uses_of(
        [(leaf, 1) for leaf in _LEAVES[:items]],
        license=channel + 1,
        dataset=1,
        version=1,
        right=right_bit(Right.Training),
        at=int(request["at"]),
        nonce=(number + 1).to_bytes(32),
        unit_price=_PRICE,
    )
    batch_after = kept.extend(uses)
    voucher = batch_after.voucher(payer=payer.address, gateway=GATEWAY.address, token=TOKEN, batch=1)
    said = {k: f"0x{v.hex()}" if isinstance(v, bytes) else str(v) for k, v in voucher.abi().items()}
    request |= {"voucher": said, "signature": f"0x{payer.sign_struct(domain, voucher).hex()}"}
    return json.dumps(request).encode(), batch_after


def open_channels() -> Measured:
    """Memory of a process that has taken an access in each of many channels, all of them open."""
    with tempfile.TemporaryDirectory() as folder:
        index = f"sqlite:///{folder}/index.db"
        write_index(index, _OPEN)
        domain = ledger_of(index)
        bodies = [bodies_of(channel, 1, domain, 1)[0] for channel in range(_OPEN)]
        desk = Desk(settings_of(Path(folder)), domain)
        for body in bodies:
            desk.access(AccessRequest.model_validate_json(body), None, lambda _: None, lambda _: None)
        desk.close()
    return Measured(
        f"a gateway with {_OPEN:,} open channels",
        f"{peak_mebibytes():,.0f} MiB at most",
        f"{_MEMORY} MiB",
        peak_mebibytes() / _MEMORY,
        1.0,
    )


def ready_after_kill() -> Measured:
    """From the start of a gateway that was killed to its first answer, which asks the journal, full or empty."""
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as full:
        for folder in (empty, full):
            write_index(f"sqlite:///{folder}/index.db")
            _until_ready(Path(folder))
        _fill(Path(full))
        floor, took = alternate(5, lambda: _until_ready(Path(empty)), lambda: _until_ready(Path(full)))
    return Measured(
        f"be ready after kill -9, {_USES:,} uses in the journal",
        f"{took:,.2f} s",
        f"{floor:,.2f} s: with none",
        took / floor,
        1.2,
    )


def _until_ready(folder: Path) -> None:
    """Start a gateway, wait until it answers from its journal, and kill it."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = multiprocessing.get_context("spawn").Process(target=serve_gateway, args=(folder, port))
    server.start()
    try:
        connection = _connected(port)
        connection.request("GET", f"/v1/logs/0x{'22' * 32}")
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 404, said
    finally:
        server.kill()
        server.join()


def _fill(folder: Path) -> None:
    """Write a million uses into a journal, as many in each access and batch as there often are."""
    domain, word = ledger_of(f"sqlite:///{folder}/index.db"), f"0x{'11' * 32}"
    journal = Journal(
        f"sqlite:///{folder}/journal.db", chain_id=_CHAIN_ID, ledger=domain.contract, gateway=GATEWAY.address
    )
    numbers = {"license": 1, "dataset": 1, "version": 1, "right": 2, "at": 1, "until": 1, "count": _ITEMS}
    use = {**numbers, "digest": word, "payer": payer_of(0).address, "delivers": True, "answer": bytes(600)}
    packed = {"uses": bytes(104 * _ITEMS), "grants": bytes(96 * _ITEMS)}
    for start in range(0, _USES // _ITEMS, _ITEMS):
        rows = [
            {**use, **packed, "id": f"0x{at:064x}", "key": str(at), "batch": f"0x{start:064x}", "position": at * _ITEMS}
            for at in range(start, start + _ITEMS)
        ]
        journal.write((), lambda connection, rows=rows: connection.execute(insert(ACCESSES), rows))  # type: ignore[misc]
    journal.close()


def settings_of(folder: Path) -> Settings:
    """Return those of the gateway that is measured, with its databases and its store in a folder."""
    return Settings(
        index=f"sqlite:///{folder}/index.db",
        journal=f"sqlite:///{folder}/journal.db",
        store=str(folder),
        signer=GATEWAY,
        gateway=GATEWAY.address,
        creators=None,
        explorer=False,
        limits=Limits(rate="1000000/second"),
    )


def serve_gateway(folder: Path, port: int) -> None:
    uvicorn.run(create_app(settings_of(folder)), port=port, log_level="critical")


def _floor(folder: Path, port: int) -> None:
    """A server that parses the same body, recovers the same signature, hashes as many uses, which whoever does not
    take the payer's word for the head must, and writes as much as durably: the access with its uses, its grants and an
    answer, and the head of its batch.
    """
    from audiera.protocol import recover  # noqa: PLC0415

    domain = ledger_of(f"sqlite:///{folder}/index.db")
    journal = Journal(
        f"sqlite:///{folder}/journal.db", chain_id=_CHAIN_ID, ledger=domain.contract, gateway=GATEWAY.address
    )
    words = {"digest": f"0x{'11' * 32}"}
    numbers = {"license": 1, "dataset": 1, "version": 1, "right": 2, "at": 1, "until": 1}
    head = {"opened_at": 1, "head_at": 1, "moved_at": 1, "settled_at": 0, "log_bytes": 0, "signer": GATEWAY.address}
    for channel in range(PAYERS):
        named = {"payer": payer_of(channel).address, "token": TOKEN, "state": "open", "number": 1, **head}
        zero = {"amount": 0, "fee": 0, "calls": 0, "statements": 1, "root": f"0x{'11' * 32}", "receipt": bytes(65)}
        row = {"id": f"0x{channel:064x}", **named, **zero, "signature": bytes(65)}
        journal.write((), lambda connection, row=row: connection.execute(insert(BATCHES), row))  # type: ignore[misc]
    access_row, extended = insert(ACCESSES), update(BATCHES).where(BATCHES.c.payer == bindparam("whose"))
    app = FastAPI()

    @app.post("/v1/access")
    def access(body: AccessRequest) -> Response:
        assert body.voucher is not None
        assert body.signature is not None
        voucher = body.voucher.voucher()
        signer = recover(domain.digest(voucher), body.signature)
        uses = AccessUses(
            items=[(it, 1) for it in body.items],  # type: ignore[misc]  # bytes, as sent
            license=body.license,
            dataset=body.dataset,
            version=body.version,
            right=body.right,
            at=body.at or 0,
            nonce=body.nonce or b"",
            unit_price=_PRICE,
        )
        Frontier().grow(uses.leaves()).root()
        items = b"".join(body.items)  # type: ignore[arg-type]
        sums = {"amount": voucher.amount, "calls": voucher.calls, "root": f"0x{voucher.root.hex()}"}
        row = {
            "id": f"0x{voucher.struct_hash().hex()}",
            "payer": voucher.payer,
            "key": voucher.root.hex(),
            **words,
            "batch": f"0x{int(voucher.payer, 16):064x}",
            "position": voucher.calls,
            "count": 1,
            **numbers,
            "uses": items + bytes(72 * len(body.items)),
            "delivers": True,
            "grants": bytes(96 * len(body.items)),
            "answer": bytes(600),
        }

        def write(connection: Connection) -> None:
            connection.execute(extended, {"whose": voucher.payer, **sums, "signature": body.signature})
            connection.execute(access_row, row)

        journal.write((signer,), write)
        return Response(b"{}", media_type="application/json")

    uvicorn.run(app, port=port, log_level="critical")


def write_index(url: str, channels: int = PAYERS) -> None:
    engine = open_index(url)
    with writing(engine) as connection:
        upgrade(connection)
    zero, word = "0x" + "00" * 20, "0x" + "11" * 32
    at = {"block": 1, "log_index": 0, "at": 1, "transaction": word}
    suite = {name: to_address(f"0x{number:040x}") for number, name in enumerate(CONTRACTS, start=1)}
    with batch(engine) as connection:
        known = {"chain_id": _CHAIN_ID, "genesis": word, "suite": json.dumps(suite), "start": 0, "next_block": 2}
        connection.execute(insert(CHAIN).values(**known, revision=0, rules=1))
        connection.execute(
            insert(BLOCKS).values(hash=word, number=1, parent=word, time=int(time.time()), orphaned=False)
        )
        content = {"item_count": _ITEMS, "content_root": word, "manifest": word, "flags": 0, "version": 1}
        who = {"creator": zero, "owner": zero, "account": word, "split": word}
        connection.execute(insert(DATASETS).values(id=1, kind=0, epoch=0, **content, **who, **at))
        connection.execute(insert(ENTRIES).values(_entry(zero, word)))
        connection.execute(insert(ITEMS), [_item(place, leaf) for place, leaf in enumerate(_LEAVES)])
        terms = {"rights": int(Right.Training), "meter": 0, "unit_price": _PRICE, "token": TOKEN, "duration": 0}
        more = {"notice": 0, "max_units": 0, "derivative_ppm": 0, "flags": 0, "text": word}
        connection.execute(insert(TERMS).values(id=word, index=1, **terms, **more, **at))
        for channel in range(channels):
            holder = payer_of(channel).address
            state = {"expires_at": PERPETUAL, "revoked": False, "locked": False, "ref": word}
            connection.execute(
                insert(LICENSES).values(id=channel + 1, dataset=1, terms=word, holder=holder, **state, **at)
            )
            sums = {"thawing": 0, "thaws_at": 0, "deposited": 10**12, "settled": 0, "withdrawn": 0, "refunded": 0}
            named = {"payer": holder, "gateway": GATEWAY.address, "token": TOKEN}
            connection.execute(insert(CHANNELS).values(**named, balance=10**12, **sums))
    engine.dispose()


def _entry(zero: str, word: str) -> dict[str, object]:
    numbers = dict.fromkeys(("kind", "rights", "meters", "bytes", "duration_ms", "registered_at"), 0)
    texts = dict.fromkeys(("name", "sort_name", "description", "published", "problem"), "")
    lists = dict.fromkeys(("keywords", "people", "made_from"), "[]")
    state = {"version": 1, "described": 1, "synthetic": False, "derived": False, "changes_at": PERPETUAL}
    named = {"dataset": 1, "manifest": word, "creator": zero, "item_count": _ITEMS}
    return {**named, **state, **numbers, **texts, **lists}


def _item(place: int, leaf: bytes) -> dict[str, object]:
    said = {"path": f"{place}.flac", "people": "[]", "media_type": "audio/flac", "duration_ms": 1_000, "bytes": 1_000}
    return {"dataset": 1, "position": place, "sha256": f"0x{leaf.hex()}", "leaf": f"0x{leaf.hex()}", **said}


CASES: Final[dict[str, Callable[[], Measured]]] = {
    "accesses_of_one": accesses_of_one,
    "accesses_of_many": accesses_of_many,
    "open_channels": open_channels,
    "ready_after_kill": ready_after_kill,
}
