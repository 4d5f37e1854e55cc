"""A gateway under mixed load for as long as is wanted: what it took is in its journal, and it neither fails nor grows.

Many channels take accesses of one item and of many, ask some of them again, and fetch what was granted, whole and in
parts. Each minute is told as it ends. At the end every head is computed anew from the uses in the journal, and has to
be the one that its payer signed last. Nothing is settled, since there is no chain: that has tests of its own.
"""

import hashlib
import json
import multiprocessing
import random
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine, select, update

from audiera.gateway.tables import ACCESSES, BATCHES, CHANNELS
from audiera.gateway.taken import uses_in
from audiera.gateway.whose import ledger_of
from audiera.indexer import batch, open_index
from audiera.indexer.tables import ITEMS
from audiera.metering import Batch
from audiera.protocol import Domain
from audiera.storage import Store, StoredObject
from tests.scale.gateway import JSON, body_of, listening, payer_of, serve_gateway, write_index

__all__ = ["run"]

_CLIENTS: Final = 8
_OF_EACH: Final = 8  # channels of a client
_SIZES: Final = (1, 1, 1, 16, 64)
_OBJECTS: Final = 64
_BYTES: Final = 1 << 14
_GROWTH: Final = 1.25
"""What memory may have grown by since the first quarter."""


@dataclass(slots=True)
class _Told:
    """What happened since it was asked for last. Threads share it."""

    took: list[float] = field(default_factory=list)
    """Seconds of each access."""
    fetched: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def access(self, seconds: float) -> None:
        with self.guard:
            self.took.append(seconds)

    def fetch(self) -> None:
        with self.guard:
            self.fetched += 1

    def taken(self) -> tuple[list[float], int]:
        with self.guard:
            took, fetched = sorted(self.took), self.fetched
            self.took, self.fetched = [], 0
            return took, fetched


def run(minutes: float) -> int:
    """Serve, ask and look for so many minutes, and return 0 if all of it holds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index, objects = f"sqlite:///{folder}/index.db", _stored(folder)
        write_index(index, _CLIENTS * _OF_EACH)
        _described(index, objects)
        domain, told, end = ledger_of(index), _Told(), time.monotonic() + 60 * minutes
        with (
            listening(lambda port: serve_gateway(folder, port)) as port,
            ThreadPoolExecutor(_CLIENTS) as pool,
        ):
            (server,) = multiprocessing.active_children()
            clients = [pool.submit(_client, number, port, domain, objects, told, end) for number in range(_CLIENTS)]
            memory = _watched(server.pid or 0, told, end)
            heads = {channel: kept for client in clients for channel, kept in client.result().items()}
        _check_journal(f"sqlite:///{folder}/journal.db", heads)
    early, late = max(memory[: max(len(memory) // 4, 1)]), memory[-1]
    print(f"{len(heads)} heads are what the journal has; {early:,.0f} MiB at first, {late:,.0f} MiB at last")
    return int(late > early * _GROWTH)


def _client(
    number: int, port: int, domain: Domain, objects: Sequence[bytes], told: _Told, end: float
) -> dict[int, Batch]:
    """Ask until the end, and return the newest batch of each channel.

    Raises:
        AssertionError: an answer is not what it should be.
    """
    chance, line = random.Random(number), HTTPConnection("127.0.0.1", port, timeout=60)
    kept = {number * _OF_EACH + at: Batch() for at in range(_OF_EACH)}
    asked = 0
    while time.monotonic() < end:
        channel, asked = chance.choice(list(kept)), asked + 1
        body, after = body_of(channel, chance.choice(_SIZES), domain, asked, kept[channel])
        start = time.perf_counter()
        answer = _asked(line, "POST", "/v1/access", 200, body)
        told.access(time.perf_counter() - start)
        kept[channel] = after
        if chance.random() < 0.1:
            assert _asked(line, "POST", "/v1/access", 200, body) == answer, "a repeat is answered otherwise"
        for granted in chance.choices(json.loads(answer)["granted"], k=2):
            start, stop = 0, _BYTES
            if chance.random() < 0.5:
                start = chance.randrange(_BYTES)
                stop = chance.randrange(start, _BYTES) + 1
            part = {} if (start, stop) == (0, _BYTES) else {"Range": f"bytes={start}-{stop - 1}"}
            found = _asked(line, "GET", granted["url"], 206 if part else 200, b"", part)
            assert found == objects[int(granted["item"], 16) - 1][start:stop], "these are other bytes"
            told.fetch()
    return kept


def _asked(  # all of them say what
    line: HTTPConnection, method: str, path: str, status: int, body: bytes, headers: dict[str, str] | None = None
) -> bytes:
    line.request(method, path, body or None, headers or JSON)
    answer = line.getresponse()
    said = answer.read()
    assert answer.status == status, f"{method} {path} was answered by {answer.status}: {said[:500]!r}"
    return said


def _watched(server: int, told: _Told, end: float) -> list[float]:
    """Say each minute what happened in it, and return the server's MiB after each."""
    memory: list[float] = []
    while (left := end - time.monotonic()) > 0:
        start = time.monotonic()
        time.sleep(min(60, left))
        took, fetched = told.taken()
        status = Path(f"/proc/{server}/status").read_text("ascii")
        memory.append(int(status.partition("VmRSS:")[2].split()[0]) / 1024)
        if took:
            middle, slow = took[len(took) // 2] * 1e3, took[len(took) * 99 // 100] * 1e3
            seconds = time.monotonic() - start
            print(
                f"minute {len(memory)}: {len(took) / seconds:,.0f} accesses/s, half within {middle:,.0f} ms, 99 of 100 "
                f"within {slow:,.0f} ms; {fetched / seconds:,.0f} objects/s; {memory[-1]:,.0f} MiB",
                flush=True,
            )
    return memory


def _check_journal(url: str, heads: dict[int, Batch]) -> None:
    """Compute each head from the journalled uses.

    Raises:
        AssertionError: one is not what its payer signed, or the channel does not hold as much.
    """
    engine = create_engine(url)
    with engine.connect() as journal:
        for channel, kept in heads.items():
            if kept.tree is None:
                continue
            payer = payer_of(channel).address
            (head,) = journal.execute(select(BATCHES).where(BATCHES.c.payer == payer)).all()
            found = Batch()
            for row in journal.execute(
                select(ACCESSES).where(ACCESSES.c.batch == head.id).order_by(ACCESSES.c.position)
            ):
                found = found.extend(uses_in(row))
            root = kept.root()
            assert found.root() == root, f"the uses of channel {channel} are others"
            assert (head.root, head.amount, head.calls) == (f"0x{root.hash.hex()}", root.amount, root.calls), channel
            held = journal.execute(select(CHANNELS.c.held).where(CHANNELS.c.payer == payer)).scalar_one()
            assert held == head.amount + head.fee, f"channel {channel} holds another amount"
    engine.dispose()


def _stored(folder: Path) -> list[bytes]:
    store, objects = Store.open(str(folder)), [random.Random(it).randbytes(_BYTES) for it in range(_OBJECTS)]
    for data in objects:
        store.put(StoredObject(hashlib.sha256(data).digest(), _BYTES, data))
    return objects


def _described(index: str, objects: Sequence[bytes]) -> None:
    """Have the items of the index be the objects of the store."""
    engine = open_index(index)
    with batch(engine) as connection:
        for place, data in enumerate(objects):
            named = {"sha256": f"0x{hashlib.sha256(data).hexdigest()}", "bytes": _BYTES}
            connection.execute(update(ITEMS).where(ITEMS.c.position == place).values(named))
    engine.dispose()
