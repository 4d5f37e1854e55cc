"""The hour: everything starts, clients go on for as long as is wanted, and then all of it is looked at."""

import random
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from audiera.client import events
from tests.scale.soak.books import Books, check
from tests.scale.soak.line import Line
from tests.scale.soak.payer import Payer
from tests.scale.soak.processes import killing, running
from tests.scale.soak.publisher import Owner, Publisher
from tests.scale.soak.told import Memory, Pace, Told
from tests.scale.soak.town import Town, building

__all__ = ["run"]

_GATEWAYS: Final = 3
_PAYERS: Final = 10
_PUBLISHERS: Final = 2
_PUSHES: Final = 30.0  # seconds between two of a publisher, on average
_ANSWERS: Final = 20.0  # seconds between two looks of the owner
_READY: Final = 120.0  # seconds until everything serves
_SETTLED: Final = 300.0  # seconds until everything is settled in the end
_DAY: Final = 86_400


def run(minutes: float, rate: float, kills: float, *, sqlite: bool = False) -> int:
    """Serve, ask, kill and look for so many minutes, and return 0 if all of it holds.

    Args:
        minutes: how long.
        rate: requests a second of all payers together.
        kills: seconds between two of them, on average.
        sqlite: one gateway over SQLite; else three over one PostgreSQL.
    """
    told = Told()
    with tempfile.TemporaryDirectory(prefix="audiera-soak-") as name, ExitStack() as held:
        folder = Path(name)
        folder.chmod(0o755)
        town = held.enter_context(building(folder, sqlite=sqlite, ports=_ports(1 if sqlite else _GATEWAYS)))
        pace, chance = Pace(rate), random.Random(5)
        lines = [Line(town.ports, f"10.1.0.{at + 1}", told, pace, random.Random(at)) for at in range(_PAYERS)]
        payers = [Payer(at, town, line, random.Random(100 + at)) for at, line in enumerate(lines)]
        publishers = [Publisher(at, town, told, random.Random(200 + at)) for at in range(_PUBLISHERS)]
        owner, books = Owner(town, told, chance), Books(town, town.client("auditor"))
        with running(town.processes, told):
            print(f"built in {folder}; {len(town.gateways)} gateways at {town.ports}", flush=True)
            memory = Memory(lambda: {it.name: it.pid for it in town.processes})
            with ThreadPoolExecutor(_PAYERS) as pool:
                list(pool.map(Payer.settle_in, payers))
            _await(lambda: _listens(town.ports), _READY, "the gateways listen")
            with killing(town.processes, told, kills):
                until = time.monotonic() + 60 * minutes
                lives: list[Callable[[], None]] = [lambda it=it: it.live(until) for it in payers]  # type: ignore[misc]
                lives += [lambda it=it: it.live(until, _PUSHES) for it in publishers]  # type: ignore[misc]
                lives.append(lambda: owner.live(until, _ANSWERS))
                with _living(lives, told):
                    _watch(memory, told, books, until)
            told.faults += _ended(owner, payers, books)
            _withdraw_all(town, books, payers)
        told.faults += check(town, books, payers, publishers)
        told.faults += [f"{it.name} said: {said}" for it in town.processes for said in it.wrongs()]
        told.faults += memory.grown()
        print(", ".join(f"{number:,} {what}" for what, number in sorted(told.all.items())))
        print(f"{len(books.settled):,} batches of {sum(it.calls for it in books.settled.values()):,} uses are settled")
    for fault in told.faults:
        print(f"WRONG: {fault}")
    print("It does not hold." if told.faults else "All of it holds.")
    return int(bool(told.faults))


@contextmanager
def _living(lives: Sequence[Callable[[], None]], told: Told) -> Iterator[None]:
    """Have everybody live, each in a thread, and wait at the end until the last is done."""

    def live(work: Callable[[], None]) -> None:
        while True:
            try:
                work()
            except Exception as error:  # noqa: BLE001  # whatever a client met
                told.fault(f"a client met {type(error).__name__}: {error}")
                time.sleep(1)
            else:
                return

    threads = [threading.Thread(target=live, args=(it,), daemon=True) for it in lives]
    for it in threads:
        it.start()
    yield
    for it in threads:
        it.join(300)
        if it.is_alive():
            told.fault("a client still waits, five minutes after the end")


def _watch(memory: Memory, told: Told, books: Books, until: float) -> None:
    """Say each minute what happened in it."""
    number, before = 0, 0
    while (left := until - time.monotonic()) > 0:
        start, number = time.monotonic(), number + 1
        mebibytes = memory.watch(min(60, left))
        settled = sum(1 for _ in books.client.usage.logs(events.BatchSettled, gateway=books.town.gateway))
        said = told.minute(time.monotonic() - start)
        print(f"minute {number}: {said}, {settled - before:,} batches settled; {mebibytes}", flush=True)
        before = settled


def _ended(owner: Owner, payers: Sequence[Payer], books: Books) -> Iterator[str]:
    """Wait until everything is settled and answered, and yield what is not."""
    end = time.monotonic() + _SETTLED
    while time.monotonic() < end:
        books.read()
        if books.is_done(payers):
            break
        time.sleep(3)
    owner.answer()
    for payer in payers:
        if left := payer.unanswered():
            yield f"requests {left} of payer {payer.number} are not on the record with an answer"
        if left := payer.unpublished():
            yield f"the logs of batches {left} of payer {payer.number} do not give the heads that were signed"
        for body, key, before in payer.answers:
            found = payer.line.post("/v1/access", body, **key)
            if (found.status, found.body) != (200, before):
                yield f"an access of payer {payer.number} is answered otherwise in the end: {found.body[:500]!r}"
    time.sleep(10)  # in which the settler hears of what it sent last, and the journal has it


def _withdraw_all(town: Town, books: Books, payers: Sequence[Payer]) -> None:
    """Have every payer take back what is left, a day later."""

    def ask(payer: Payer) -> None:
        usage = payer.client.usage
        balance = usage.channel_of(payer.client.account, town.gateway, payer.address).balance
        if balance:
            usage.start_withdrawal(town.gateway, payer.address, balance)

    def take(payer: Payer) -> None:
        usage = payer.client.usage
        if usage.channel_of(payer.client.account, town.gateway, payer.address).balance:
            usage.withdraw(town.gateway, payer.address)

    with ThreadPoolExecutor(len(payers)) as pool:
        list(pool.map(ask, payers))
        books.client.node.request("evm_increaseTime", _DAY + 60)
        books.client.node.request("evm_mine")
        list(pool.map(take, payers))
    time.sleep(5)  # in which the index reads it
    books.read()


def _ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for it in sockets:
            it.bind(("127.0.0.1", 0))
        return [int(it.getsockname()[1]) for it in sockets]


def _listens(ports: Sequence[int]) -> bool:
    for port in ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return False
    return True


def _await(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"it took more than {seconds:,.0f} seconds until {what}")
        time.sleep(0.2)
