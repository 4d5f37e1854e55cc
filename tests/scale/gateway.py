"""The gateway that is measured: its index, what is asked of it, and how long its answers take over real HTTP."""

import json
import multiprocessing
import socket
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
from sqlalchemy import insert

from audiera.client import KeySigner
from audiera.gateway import Limits, Settings, create_app
from audiera.indexer import batch, open_index, upgrade, writing
from audiera.indexer.tables import BLOCKS, CHAIN, CHANNELS, DATASETS, ENTRIES, ITEMS, LICENSES, TERMS
from audiera.metering import Batch, uses_of
from audiera.protocol import CONTRACTS, PERPETUAL, Domain, Right, right_bit, to_address

__all__ = [
    "CHAIN_ID",
    "GATEWAY",
    "JSON",
    "MOST_ITEMS",
    "PAYERS",
    "PRICE",
    "TOKEN",
    "Timed",
    "bodies_of",
    "body_of",
    "connected",
    "listening",
    "payer_of",
    "serve_gateway",
    "settings_of",
    "timed",
    "write_index",
]

PAYERS: Final = 8
CHAIN_ID: Final = 31_337
PRICE: Final = 5
MOST_ITEMS: Final = 256
JSON: Final = {"Content-Type": "application/json"}
TOKEN: Final = to_address("0x" + "cc" * 20)
GATEWAY: Final = KeySigner.from_key("0x" + "59" * 32)


def _leaves(items: int) -> list[bytes]:
    return [number.to_bytes(32) for number in range(1, items + 1)]


def payer_of(channel: int) -> KeySigner:
    return KeySigner.from_key(f"0x{channel + 1:064x}")


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
        connections = [connected(port) for _ in requests]
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
        connected(port).close()
        yield port
    finally:
        server.terminate()
        server.join()


def connected(port: int) -> HTTPConnection:
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
        "items": [f"0x{it.hex()}" for it in _leaves(items)],
        "at": str(int(time.time())),
        "nonce": f"0x{number + 1:064x}",
    }
    uses = uses_of(
        [(leaf, 1) for leaf in _leaves(items)],
        license=channel + 1,
        dataset=1,
        version=1,
        right=right_bit(Right.Training),
        at=int(request["at"]),
        nonce=(number + 1).to_bytes(32),
        unit_price=PRICE,
    )
    batch_after = kept.extend(uses)
    voucher = batch_after.voucher(payer=payer.address, gateway=GATEWAY.address, token=TOKEN, batch=1)
    said = {k: f"0x{v.hex()}" if isinstance(v, bytes) else str(v) for k, v in voucher.abi().items()}
    request |= {"voucher": said, "signature": f"0x{payer.sign_struct(domain, voucher).hex()}"}
    return json.dumps(request).encode(), batch_after


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


def write_index(url: str, channels: int = PAYERS, items: int = MOST_ITEMS) -> None:
    engine = open_index(url)
    with writing(engine) as connection:
        upgrade(connection)
    zero, word = "0x" + "00" * 20, "0x" + "11" * 32
    at = {"block": 1, "log_index": 0, "at": 1, "transaction": word}
    suite = {name: to_address(f"0x{number:040x}") for number, name in enumerate(CONTRACTS, start=1)}
    with batch(engine) as connection:
        known = {"chain_id": CHAIN_ID, "genesis": word, "suite": json.dumps(suite), "start": 0, "next_block": 2}
        connection.execute(insert(CHAIN).values(**known, revision=0, rules=1))
        connection.execute(
            insert(BLOCKS).values(hash=word, number=1, parent=word, time=int(time.time()), orphaned=False)
        )
        content = {"item_count": MOST_ITEMS, "content_root": word, "manifest": word, "flags": 0, "version": 1}
        who = {"creator": zero, "owner": zero, "account": word, "split": word}
        connection.execute(insert(DATASETS).values(id=1, kind=0, epoch=0, **content, **who, **at))
        connection.execute(insert(ENTRIES).values(_entry(zero, word)))
        connection.execute(insert(ITEMS), [_item(place, leaf) for place, leaf in enumerate(_leaves(items))])
        terms = {"rights": int(Right.Training), "meter": 0, "unit_price": PRICE, "token": TOKEN, "duration": 0}
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
    named = {"dataset": 1, "manifest": word, "creator": zero, "item_count": MOST_ITEMS}
    return {**named, **state, **numbers, **texts, **lists}


def _item(place: int, leaf: bytes) -> dict[str, object]:
    said = {"path": f"{place}.flac", "people": "[]", "media_type": "audio/flac", "duration_ms": 1_000, "bytes": 1_000}
    return {"dataset": 1, "position": place, "sha256": f"0x{leaf.hex()}", "leaf": f"0x{leaf.hex()}", **said}
