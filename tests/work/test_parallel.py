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
    over = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        if number == 3:
            raise ValueError("three")
        if number > 3:
            over.wait(timeout=5)

    with pytest.raises(ValueError, match="three"):
        list(in_parallel(work, range(10_000), 1))
    over.set()

    assert begun in ([0, 1, 2, 3], [0, 1, 2, 3, 4])  # at most the one that was begun before anybody heard of it


def test_work_ends_when_nobody_listens_any_more() -> None:
    begun: list[int] = []
    workers: set[threading.Thread] = set()
    over = threading.Event()

    def work(number: int) -> None:
        workers.add(threading.current_thread())
        begun.append(number)
        if number:
            over.wait(timeout=5)

    results = in_parallel(work, range(10_000), 2)
    next(iter(results))
    del results
    over.set()
    for worker in workers:
        worker.join(timeout=5)

    assert not any(worker.is_alive() for worker in workers)
    assert len(begun) <= 3  # the first, and one for each worker that was under way


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
