"""Alarms that one thread keeps: each rings in its time, once, and never after what it is for has ended."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from audiera.storage import alarms
from audiera.storage.alarms import Alarms


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def watching() -> int:
    return sum(it.name == "alarms" for it in threading.enumerate())


def test_what_takes_too_long_is_told_once_and_what_does_not_never() -> None:
    set_ones, rung = Alarms(), list[str]()

    with set_ones.within(0.05, lambda: rung.append("late")):
        assert within(5, lambda: rung == ["late"])
        time.sleep(0.1)
    with set_ones.within(0.05, lambda: rung.append("in time")):
        pass
    time.sleep(0.15)

    assert rung == ["late"]


def test_an_alarm_that_is_due_before_others_rings_before_them() -> None:
    set_ones, rung = Alarms(), list[int]()

    with set_ones.within(60, lambda: rung.append(60)):
        time.sleep(0.05)  # so that the thread sleeps until then
        with set_ones.within(0.1, lambda: rung.append(2)), set_ones.within(0.05, lambda: rung.append(1)):
            assert within(5, lambda: len(rung) == 2)

    assert rung == [1, 2]


def test_what_raises_ends_its_alarm() -> None:
    set_ones, rung = Alarms(), list[int]()

    with pytest.raises(ValueError, match="wrong"), set_ones.within(0.05, lambda: rung.append(1)):
        raise ValueError("wrong")
    time.sleep(0.15)

    assert rung == []


def test_many_threads_set_alarms_and_one_keeps_them() -> None:
    before, set_ones, rung = watching(), Alarms(), list[int]()

    def take(number: int) -> None:
        with set_ones.within(0.2 if number % 10 else 0.01, lambda: rung.append(number)):
            time.sleep(0.001 if number % 10 else 0.1)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(take, range(400)))
        assert watching() == before + 1

    assert sorted(rung) == list(range(0, 400, 10))


def test_the_thread_ends_where_nothing_is_set_and_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "_IDLE", 0.05)
    before, set_ones, rung = watching(), Alarms(), list[int]()

    with set_ones.within(60, rung.clear):
        assert watching() == before + 1
    with set_ones.within(0.01, lambda: rung.append(1)):  # as the thread waits for the one before, no longer
        assert within(5, lambda: rung == [1])

    assert within(5, lambda: watching() == before)
    with set_ones.within(0.01, lambda: rung.append(2)):
        assert within(5, lambda: rung == [1, 2])


def test_a_process_that_is_forked_keeps_its_own() -> None:
    set_ones = Alarms()
    with set_ones.within(60, time.time):
        process = os.fork()
        if process == 0:
            rung = list[int]()
            with set_ones.within(0.01, lambda: rung.append(1)):
                within(5, lambda: rung == [1])
            os._exit(0 if rung else 1)

        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
