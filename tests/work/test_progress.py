from concurrent.futures import ThreadPoolExecutor

from audiera.work.progress import Progress, Tally


def test_a_watcher_is_told_of_every_step() -> None:
    seen: list[Progress] = []
    tally = Tally(2, 30, seen.append)

    tally.add(size=10)
    tally.add(files=1)
    tally.add(files=1, size=20)

    assert seen == [Progress(0, 2, 10, 30), Progress(1, 2, 10, 30), Progress(2, 2, 30, 30)]


def test_many_threads_count_together_and_tell_one_at_a_time() -> None:
    seen: list[Progress] = []
    tally = Tally(400, 400, seen.append)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(400):
            pool.submit(tally.add, files=1, size=1)

    assert seen == [Progress(number, 400, number, 400) for number in range(1, 401)]


def test_nobody_has_to_watch() -> None:
    Tally(1, 1, None).add(files=1, size=1)
