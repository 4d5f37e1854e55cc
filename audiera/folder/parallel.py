"""Does one thing to many, on several threads, in bounded memory, and lets go at once when interrupted."""

from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeAlias, TypeVar

__all__ = ["in_parallel"]


T = TypeVar("T")
R = TypeVar("R")
_Done: TypeAlias = tuple[T, R | None, BaseException | None]


def in_parallel(work: Callable[[T], R], tasks: Sequence[T], workers: int) -> Iterator[tuple[T, R]]:
    """Yield each task with what `work` makes of it, as it gets done.

    The threads are daemons and not a `ThreadPoolExecutor`'s: that keeps a record for each task from the
    start, and on Ctrl-C the process would wait for every task that is under way. When the caller stops
    listening, no task is begun any more.

    Raises:
        BaseException: whatever `work` raises, in the caller's thread.
    """
    pending, done, stop = iter(tuple(tasks)), SimpleQueue[_Done[T, R]](), Event()

    def run() -> None:
        for task in pending:  # one tuple's iterator serves all threads: taking from it is atomic
            if stop.is_set():
                return
            try:
                done.put((task, work(task), None))
            except BaseException as error:  # noqa: BLE001  # raised again by the one who waits for it
                done.put((task, None, error))

    for _ in range(min(workers, len(tasks))):
        Thread(target=run, daemon=True).start()
    try:
        for _ in range(len(tasks)):
            task, result, error = done.get()
            if error is not None:
                raise error
            yield task, result  # type: ignore[misc]  # without an error there is a result
    finally:
        stop.set()
