"""Does one thing to many, on several threads, in bounded memory, and lets go at once when interrupted."""

from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeAlias, TypeVar

__all__ = ["in_parallel"]


T = TypeVar("T")
R = TypeVar("R")
_Done: TypeAlias = tuple[T, R | None, BaseException | None]


def in_parallel(
    work: Callable[[T], R], tasks: Sequence[T], workers: int, *, ended: Event | None = None
) -> Iterator[tuple[T, R]]:
    """Yield each task with what `work` makes of it, as it gets done.

    The threads are daemons and not a `ThreadPoolExecutor`'s: that keeps a record for each task from the
    start, and on Ctrl-C the process would wait for every task that is under way. When the caller stops
    listening, no task is begun any more.

    Args:
        work: what to do to each task.
        tasks: begun in this order.
        workers: threads, at least one.
        ended: is set when no result is wanted any more. Whoever gives it has work that looks at it and soon returns, so
            that every thread's end is awaited; without it, what is under way goes on alone, and nobody hears of it.

    Raises:
        BaseException: whatever `work` raises, in the caller's thread.
    """
    pending, done, stop = iter(tuple(tasks)), SimpleQueue[_Done[T, R]](), ended or Event()

    def run() -> None:
        for task in pending:  # one tuple's iterator serves all threads: taking from it is atomic
            if stop.is_set():
                return
            try:
                done.put((task, work(task), None))
            except BaseException as error:  # noqa: BLE001  # raised again by the one who waits for it
                done.put((task, None, error))

    threads = [Thread(target=run, daemon=True) for _ in range(min(max(1, workers), len(tasks)))]
    for thread in threads:
        thread.start()
    try:
        for _ in range(len(tasks)):
            task, result, error = done.get()
            if error is not None:
                raise error
            yield task, result  # type: ignore[misc]  # without an error there is a result
    finally:
        stop.set()
        for thread in threads if ended is not None else ():
            thread.join()
