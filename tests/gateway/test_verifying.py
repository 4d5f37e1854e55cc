"""Objects that many ask for at once: each verified once, in turns, and no more of them than is fair.

AUD-G1
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audiera.errors import StorageError
from audiera.gateway.objects import Objects, Verified
from audiera.gateway.problems import Problem
from audiera.gateway.verifying import Job, Turns
from audiera.storage import LocalFolder, Store, StoredObject

PATIENCE = 0.5
TOOK = 0.02  # seconds of each object


class Thing:
    def __init__(self, name: str) -> None:
        self.name = name


def things(*names: str) -> list[Thing]:
    return [Thing(it) for it in names]


class Held:
    """Work that does not go on before it may."""

    def __init__(self) -> None:
        self.done, self.may = list[str](), threading.Event()

    def __call__(self, it: Thing) -> None:
        self.may.wait(10)
        self.done.append(it.name)
        if it.name == "bad":
            raise StorageError("It is bad.")
        if it.name == "worse":
            raise ValueError("x")


def test_those_who_ask_have_their_turn_after_one_another() -> None:
    work = Held()
    turns = Turns(work, 1)
    first = turns.ask(things("a1", "a2", "a3"))
    wait_for(first[0])
    second, third = turns.ask(things("b1")), turns.ask(things("c1", "c2"))

    work.may.set()
    told = [it.done.result(10) for it in [*first, *second, *third]]
    turns.close()

    assert work.done == ["a1", "a2", "b1", "c1", "a3", "c2"]
    assert told == [None] * 6


def wait_for(job: Job[Thing]) -> None:
    while not job.begun:
        time.sleep(0.01)


def test_what_several_ask_for_is_worked_on_once() -> None:
    work = Held()
    turns = Turns(work, 2)
    first, second = turns.ask(things("a", "b")), turns.ask(things("b", "a", "c"))

    work.may.set()
    for it in [*first, *second]:
        it.done.result(10)
    turns.close()

    assert sorted(work.done) == ["a", "b", "c"]


def test_what_nobody_asks_for_any_more_is_left() -> None:
    work = Held()
    turns = Turns(work, 1)
    first = turns.ask(things("a1", "a2", "shared"))
    second = turns.ask(things("shared"))
    wait_for(first[0])
    turns.leave(first)
    work.may.set()
    second[0].done.result(10)
    again = turns.ask(things("a2"))
    again[0].done.result(10)
    turns.close()

    assert work.done == ["a1", "shared", "a2"]


def test_who_asks_for_nothing_leaves_nothing() -> None:
    turns = Turns(Held(), 1)

    for _ in range(9):
        turns.leave(turns.ask(things()))
    turns.close()

    assert not turns._turns


def test_work_that_fails_is_told_and_the_rest_goes_on() -> None:
    work = Held()
    work.may.set()
    turns = Turns(work, 1)

    told = [it.done.result(10) for it in turns.ask(things("bad", "worse", "good"))]
    turns.close()

    assert [str(it) for it in told] == ["It is bad.", "worse could not be read (ValueError('x')).", "None"]


class Slow:
    """A store like a folder, each object of which takes a while."""

    def __init__(self, inner: LocalFolder) -> None:
        self.inner, self.url = inner, "slow"

    def size(self, name: str) -> int | None:
        return self.inner.size(name)

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        time.sleep(TOOK)
        yield from self.inner.read(name, start, stop)


Wanted = list[tuple[bytes, int]]


@pytest.fixture
def cold(tmp_path: Path) -> Iterator[tuple[Objects, list[Wanted]]]:
    """Objects of which none was verified, and eight requests for thirty of them each."""
    folder, loads = Store.open(str(tmp_path)), list[Wanted]()
    for load in range(8):
        loads.append([])
        for number in range(30):
            data = f"{load}-{number}".encode() * 100
            sha256 = hashlib.sha256(data).digest()
            folder.put(StoredObject(sha256, len(data), data))
            loads[-1].append((sha256, len(data)))
    objects = Objects(Store(Slow(LocalFolder(tmp_path))), PATIENCE)  # type: ignore[arg-type]
    yield objects, loads
    objects.close()


def test_many_requests_at_a_cold_store_have_some_objects_each_and_hold_up_no_single_one(
    cold: tuple[Objects, list[Wanted]],
) -> None:
    objects, loads = cold

    async def asked() -> tuple[list[int], list[object]]:
        some = await asyncio.gather(*(objects.some_of(it, 1 << 24) for it in loads))
        left = [next(one for one in load if one not in found) for load, found in zip(loads, some, strict=True)]
        alone = await asyncio.gather(*(objects.get(*it) for it in left), return_exceptions=True)
        return [len(it) for it in some], list(alone)

    counts, alone = asyncio.run(asked())

    assert all(0 < it < 30 for it in counts)
    assert all(isinstance(it, Verified) for it in alone)


def test_a_single_object_waits_for_no_request_of_many(cold: tuple[Objects, list[Wanted]]) -> None:
    objects, loads = cold

    async def asked() -> float:
        many = [asyncio.create_task(objects.some_of(it, 1 << 24)) for it in loads[:2]]
        await asyncio.sleep(3 * TOOK)
        begun = time.monotonic()
        await objects.get(*loads[2][0])
        took = time.monotonic() - begun
        await asyncio.gather(*many)
        return took

    assert asyncio.run(asked()) < PATIENCE / 2


def test_no_more_bytes_are_verified_for_one_request_than_it_may_have(
    cold: tuple[Objects, list[Wanted]], monkeypatch: pytest.MonkeyPatch
) -> None:
    objects, (load, *_) = cold
    looked = list[bytes]()
    look = objects._look

    def counted(sha256: bytes, size: int) -> Verified:
        looked.append(sha256)
        return look(sha256, size)

    monkeypatch.setattr(Objects, "_look", lambda _, *told: counted(*told))
    three = sum(it[1] for it in load[:3])

    found = asyncio.run(objects.some_of(load, three))
    larger = asyncio.run(objects.some_of(load[5:], 1))

    assert (list(found), list(larger)) == (load[:3], [load[5]])
    assert set(looked) == {it[0] for it in [*load[:3], load[5]]}


def test_what_is_missing_or_damaged_hinders_no_other(cold: tuple[Objects, list[Wanted]], tmp_path: Path) -> None:
    objects, (load, *_) = cold
    names = [objects.store.find(*it).name for it in load[:3]]
    (tmp_path / names[0]).write_bytes(b"!" * load[0][1])
    (tmp_path / names[1]).unlink()

    found = asyncio.run(objects.some_of(load[:3], 1 << 24))
    with pytest.raises(Problem, match="missing or damaged"):
        asyncio.run(objects.get(*load[0]))

    assert list(found) == [load[2]]


def test_whoever_leaves_has_nothing_more_verified(cold: tuple[Objects, list[Wanted]]) -> None:
    objects, (load, *_) = cold

    async def cut() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(objects.some_of(load, 1 << 24), 2.5 * TOOK)

    asyncio.run(cut())
    time.sleep(5 * TOOK)

    assert not objects._turns._jobs
    assert sum(it is not None for it in objects.known(load)) == 0
