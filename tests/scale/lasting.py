"""What a gateway keeps: memory with many open channels, and how soon it is ready after a kill."""

import multiprocessing
import socket
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from audiera.gateway.access import Desk
from audiera.gateway.journal import Journal
from audiera.gateway.tables import ACCESSES
from audiera.gateway.whose import ledger_of
from audiera.interface import AccessRequest
from tests.scale.gateway import (
    CHAIN_ID,
    GATEWAY,
    MOST_ITEMS,
    bodies_of,
    connected,
    payer_of,
    serve_gateway,
    settings_of,
    write_index,
)
from tests.scale.measure import Measured, alternate, peak_mebibytes

__all__ = ["CASES"]

_OPEN: Final = 10_000
_MEMORY: Final = 512
_USES: Final = 1 << 20


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
        connection = connected(port)
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
        f"sqlite:///{folder}/journal.db", chain_id=CHAIN_ID, ledger=domain.contract, gateway=GATEWAY.address
    )
    numbers = {"license": 1, "dataset": 1, "version": 1, "right": 2, "at": 1, "until": 1, "count": MOST_ITEMS}
    use = {**numbers, "digest": word, "payer": payer_of(0).address, "delivers": True, "answer": bytes(600)}
    packed = {"uses": bytes(104 * MOST_ITEMS), "grants": bytes(96 * MOST_ITEMS)}
    for start in range(0, _USES // MOST_ITEMS, MOST_ITEMS):
        rows = [
            {
                **use,
                **packed,
                "id": f"0x{at:064x}",
                "key": str(at),
                "batch": f"0x{start:064x}",
                "position": at * MOST_ITEMS,
            }
            for at in range(start, start + MOST_ITEMS)
        ]
        journal.write((), lambda connection, rows=rows: connection.execute(insert(ACCESSES), rows))  # type: ignore[misc]
    journal.close()


CASES: Final[dict[str, Callable[[], Measured]]] = {it.__name__: it for it in (open_channels, ready_after_kill)}
