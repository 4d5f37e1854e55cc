"""Whoever settles may die at any moment: in the end everything is settled, collected and paid, and nothing twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from eth_utils import keccak
from sqlalchemy import create_engine, select, update

from audiera.client import events
from audiera.client.calls import transactions
from audiera.gateway import create_app, record, settlement
from audiera.gateway.settlement.closing import close, due
from audiera.gateway.tables import BATCHES
from audiera.work import audiera_command
from tests.support.explorer import serving
from tests.support.gateway import PRICE, Payer, Venue
from tests.support.places import ROOT
from tests.support.postgres import new_postgres, postgres_server
from tests.support.settling import Books, books, settler_of
from tests.support.studio import some_terms

__all__ = ["new_postgres", "postgres_server"]

WATCHED = {str(it) for it in Path(settlement.__file__).parent.glob("*.py")} | {record.__file__, transactions.__file__}
FEE_PPM = 100_000
KILLS = 12


class DeathError(BaseException):
    """The end of a process that nobody is told of."""


@contextmanager
def dying(lines: int) -> Iterator[None]:
    """Die when so many lines have run of the code that settles and of that which sends."""
    left = lines

    def trace(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ANN401, ARG001  # as `sys` has it
        nonlocal left
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise DeathError
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def take(venue: Venue, journal: str, count: int, statements: int = 2) -> None:
    """Take so many batches of so many statements, and of one use more, with a fee."""
    terms = [some_terms(unit_price=PRICE, token=venue.usdc, notice=11 + it) for it in range(statements - 1)]
    others = [(venue.sell(it), [2]) for it in terms]
    venue.read()
    settings = replace(venue.settings(Path(), fee_ppm=FEE_PPM), journal=journal)
    with serving(create_app(settings)) as server:
        for number in range(1, count + 1):
            payer = Payer(venue, server, batch=number)
            for license_id, items in ((venue.license, [0, 1]), *others):
                request = payer.request(items, license=str(license_id))
                payer.kept = payer.kept.extend(payer.uses(request))
                fee = payer.kept.root().amount // 10
                status, answer = payer.post("/v1/access", {**request, **payer.sign(payer.kept, fee=fee)})
                assert status == 200, answer


def check(venue: Venue, found: Books, count: int, statements: int = 2) -> None:
    """Everything was done, each thing once."""
    usage, gateway = venue.as_("payer").usage, venue.as_("gateway").account
    settled = tuple(usage.logs(events.BatchSettled, gateway=gateway))
    collected = [it for log in settled for it in usage.collected(log.event.batch_id)]
    paid = usage.logs(events.FeeReleased, gateway=gateway)
    assert [it.event.calls for it in settled] == [statements + 1] * count
    assert len(collected) == statements * count
    assert [it.event.fee for it in paid] == [(statements + 1) * PRICE // 10] * count
    assert found == Books(["done"] * count, [it.event.settled_at for it in settled], [0], [True] * statements * count)


def nonce(venue: Venue) -> int:
    """How many transactions the gateway sent."""
    return venue.w3.eth.get_transaction_count(venue.as_("gateway").account)


def test_dying_at_one_line_after_another_loses_nothing_and_sends_nothing_twice(
    own_venue: Venue, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.db"
    take(own_venue, f"sqlite:///{journal}", 2)
    before, lines, deaths = nonce(own_venue), 60, 0

    while books(journal).states != ["done"] * 2:
        try:
            with settler_of(own_venue, journal) as (settler, _), dying(lines):
                settler.step()
        except DeathError:
            deaths += 1
        lines += lines // 3
        own_venue.read()

    assert deaths > 6
    assert 2 <= nonce(own_venue) - before <= 3 * 2  # together what was closed in the same second, alone what was not
    check(own_venue, books(journal), 2)


def driven(journal: str) -> str:
    """The URL of a journal, with its driver."""
    return journal.replace("postgresql:", "postgresql+psycopg:")


def close_alone(venue: Venue, journal: str) -> None:
    """Close each batch in a second of its own."""
    with settler_of(venue, journal) as (settler, _):
        for row, why in due(settler.office):
            close(settler.office, row, why)
    engine = create_engine(journal)
    with engine.begin() as connection:
        for at, it in enumerate(connection.execute(select(BATCHES.c.id)).scalars().all()):
            connection.execute(update(BATCHES).where(BATCHES.c.id == it).values(moved_at=at + 1))
    engine.dispose()


@pytest.mark.heavy
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("together", [False, True], ids=["alone", "together"])
def test_killed_at_random_it_settles_everything_once(  # what makes a case
    own_venue: Venue, anvil: str, tmp_path: Path, kind: str, together: bool, new_postgres: Callable[[], str]
) -> None:
    """With nine, as an operating system kills; the chain goes on, and the index with it."""
    journal = new_postgres() if kind == "postgres" else f"sqlite:///{tmp_path}/journal.db"
    count, statements = 8, 2 if together else 6  # so many fill a transaction of their own
    take(own_venue, journal, count, statements)
    before, kills, chance = nonce(own_venue), 0, random.Random(7)
    words = ["gateway", "settle", "--node", anvil, "--database", own_venue.index, "--journal", journal]
    words += ["--age", "1 second", "--poll", "0.1"]
    command = audiera_command(*words)
    key = f"0x{keccak(text='audiera test account: gateway').hex()}"
    environment = {**os.environ, "AUDIERA_PRIVATE_KEY": key, "PYTHONPATH": str(ROOT)}
    time.sleep(1)
    if not together:
        close_alone(own_venue, driven(journal))

    for _ in range(KILLS):
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Settling for gateway")
        time.sleep(chance.random() * 1.2)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        process.stderr.close()
        own_venue.read()
    for _ in range(3):
        subprocess.run([*command, "--once"], env=environment, check=True, stderr=subprocess.DEVNULL)
        own_venue.read()

    assert kills == KILLS
    check(own_venue, books(driven(journal)), count, statements)
    sent = nonce(own_venue) - before
    assert 2 <= sent < 2 * count if together else sent == 3 * count  # a kill may part what is closed into two seconds
