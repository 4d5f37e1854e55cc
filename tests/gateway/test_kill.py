"""Gateways that are killed while they serve: no voucher is lost, nothing charged twice, no grant without a voucher."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import urllib3
from eth_utils import keccak
from sqlalchemy import create_engine, select

from audiera.gateway.tables import ACCESSES, BATCHES, CHANNELS, LINES
from audiera.metering import Batch
from audiera.work import audiera_command
from tests.support.explorer import Explorer
from tests.support.gateway import PRICE, Payer, Venue
from tests.support.postgres import new_postgres, postgres, postgres_server

__all__ = ["new_postgres", "postgres", "postgres_server"]

AUDIERA = audiera_command()
PAYERS, ACCESSES_EACH, KILLS = 4, 25, 6


class Process:
    """`audiera gateway serve`, which is killed and started again."""

    def __init__(self, venue: Venue, journal: str, log: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port: int = listener.getsockname()[1]
        options = ["--database", venue.index, "--journal", journal, "--store", venue.store, "--confirmations", "0"]
        options += ["--creator", venue.as_("creator").account]
        self._words = [*AUDIERA, "gateway", "serve", "--no-pages", "--port", str(self.port), *options]
        self._log = log
        self._key = f"0x{keccak(text='audiera test account: gateway').hex().removeprefix('0x')}"
        self.start()

    def start(self) -> None:
        env = {**os.environ, "AUDIERA_PRIVATE_KEY": self._key}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._words, stdout=log, stderr=log, env=env)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@contextmanager
def running(count: int, venue: Venue, journal: str, folder: Path) -> Iterator[list[Process]]:
    processes = [Process(venue, journal, folder / f"gateway-{number}.log") for number in range(count)]
    try:
        yield processes
    finally:
        for each in processes:
            each.end()


def insist(payer: Payer, ports: list[int], body: object, chance: random.Random) -> tuple[int, Any]:
    """Sends the very same request until it is answered by anything but a failure of the gateway's."""
    data, http = json.dumps(body).encode(), payer.server.http
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        url = f"http://127.0.0.1:{chance.choice(ports)}/v1/access"
        try:
            answer = http.request(
                "POST", url, body=data, headers={"Content-Type": "application/json"}, retries=False, timeout=20
            )
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
            continue
        if answer.status < 500:
            return answer.status, json.loads(answer.data)
        time.sleep(0.05)
    raise AssertionError("no gateway answered for 90 seconds")


def use(payer: Payer, ports: list[int], seed: int, answers: list[Any]) -> None:
    """One payer's accesses, each sent until it is answered."""
    chance = random.Random(seed)
    for _ in range(ACCESSES_EACH):
        request = payer.request(chance.sample(range(3), chance.randint(1, 3)))
        batch = payer.kept.extend(payer.uses(request))
        status, answer = insist(payer, ports, {**request, **payer.sign(batch)}, chance)
        assert status == 200, answer
        payer.kept = batch
        answers.append(answer)


@pytest.mark.heavy
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("database", "processes"), [("sqlite", 1), ("sqlite", 2), ("postgres", 3)])
def test_nothing_is_lost_or_charged_twice_whenever_a_gateway_is_killed(
    own_venue: Venue, tmp_path: Path, request: pytest.FixtureRequest, database: str, processes: int
) -> None:
    journal = f"sqlite:///{tmp_path / 'journal.db'}"
    if database == "postgres":
        create: Callable[[], str] = request.getfixturevalue("new_postgres")
        journal = create()
    chance, answers = random.Random(database), [list[Any]() for _ in range(PAYERS)]
    with running(processes, own_venue, journal, tmp_path) as gateways:
        ports = [it.port for it in gateways]
        server = Explorer(f"http://127.0.0.1:{ports[0]}", urllib3.PoolManager(maxsize=PAYERS))
        payers = [Payer(own_venue, replace(server), number + 1, Batch()) for number in range(PAYERS)]
        threads = [
            threading.Thread(target=use, args=(payer, ports, number, answers[number]))
            for number, payer in enumerate(payers)
        ]
        for each in threads:
            each.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(1.0, 3.0))
            victim = chance.choice(gateways)
            victim.kill()
            victim.start()
        for each in threads:
            each.join(240)
            assert not each.is_alive()

    assert [len(it) for it in answers] == [ACCESSES_EACH] * PAYERS
    engine = create_engine(journal.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        batches = {int(it.number): it for it in connection.execute(select(BATCHES))}
        for payer in payers:
            root = payer.kept.root()
            row = batches[payer.batch]
            assert (row.root, row.calls, row.amount) == (f"0x{root.hash.hex()}", root.calls, root.amount)
        calls = sum(int(it.calls) for it in batches.values())
        assert sum(connection.execute(select(ACCESSES.c["count"])).scalars()) == calls
        assert sum(it.calls for it in connection.execute(select(LINES))) == calls
        assert {it.id for it in connection.execute(select(ACCESSES))} == {it["id"] for each in answers for it in each}
        assert [it.held for it in connection.execute(select(CHANNELS))] == [calls * PRICE]
    engine.dispose()
