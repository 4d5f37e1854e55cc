import threading
import time

import pytest

from audiera.work.parallel import in_parallel


@pytest.mark.parametrize("workers", [1, 2, 50])
def test_everything_is_done_once(workers: int) -> None:
    done = dict(in_parallel(lambda number: number * number, range(40), workers))

    assert done == {number: number * number for number in range(40)}


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(in_parallel(str, [], 2)) == []


def test_many_are_under_way_together() -> None:
    together = threading.Barrier(3, timeout=5)

    assert len(list(in_parallel(lambda _: together.wait(), range(3), 3))) == 3


def test_an_error_reaches_the_caller_and_ends_the_work() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.001)
        if number == 3:
            raise ValueError("three")

    with pytest.raises(ValueError, match="three"):
        list(in_parallel(work, range(10_000), 1))

    assert len(begun) < 10_000


def test_work_ends_when_nobody_listens_any_more() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.001)

    results = in_parallel(work, range(10_000), 2)
    next(iter(results))
    del results

    time.sleep(0.05)
    count = len(begun)
    time.sleep(0.05)
    assert len(begun) == count < 10_000


def test_work_that_looks_whether_all_has_ended_is_awaited() -> None:
    ended, begun, under_way = threading.Event(), threading.Barrier(2, timeout=5), list[int]()

    def work(number: int) -> None:
        begun.wait()
        if number == 0:
            raise ValueError("zero")
        under_way.append(number)
        ended.wait(timeout=5)
        time.sleep(0.02)
        under_way.remove(number)

    with pytest.raises(ValueError, match="zero"):
        list(in_parallel(work, range(2), 2, ended=ended))

    assert ended.is_set()
    assert under_way == []
