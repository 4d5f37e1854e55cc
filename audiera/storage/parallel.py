"""Does the same with many objects on several threads.

What concerns one object (its file has changed, it is damaged in the store) is gathered and told together at
the end; what concerns the store (no room, no network) ends everything at once, and so does Ctrl-C.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, TypeVar

from audiera.errors import StorageError
from audiera.storage.objects import ObjectError
from audiera.storage.reading import Report

__all__ = ["WORKERS", "Progress", "Transfer", "each", "refuse"]

WORKERS: Final = 8
"""Threads, unless told: they mostly wait for a network, and each holds one part of a large object."""


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


T = TypeVar("T", bound=_Sized)


@dataclass(frozen=True, slots=True)
class Transfer:
    """How far a transfer is."""

    files: int
    total_files: int
    bytes: int
    total_bytes: int


Progress: TypeAlias = Callable[[Transfer], None]


class _StoppedError(Exception):
    """Another thread failed; this one ends at its next report."""


def each(
    items: Sequence[T],
    work: Callable[[T, Report], None],
    *,
    progress: Progress | None = None,
    workers: int = WORKERS,
) -> tuple[ObjectError, ...]:
    """Do `work` with every item and return what failed, in the order of the items.

    Args:
        items: what to do, in the order in which it is begun.
        work: is given an item, and what to report its bytes to.
        progress: called, by one thread at a time, after every report and every item.
        workers: threads.

    Raises:
        StorageError: the first failure that concerns more than its item; nothing new is begun after it.
    """
    queue, failures = iter(enumerate(items)), dict[int, ObjectError]()
    stopped, lock = threading.Event(), threading.Lock()
    done, total = [0, 0], (len(items), sum(item.size for item in items))

    def advance(files: int, count: int) -> None:
        if stopped.is_set():
            raise _StoppedError
        with lock:
            done[0] += files
            done[1] += count
            if progress is not None:
                progress(Transfer(done[0], total[0], done[1], total[1]))

    def loop() -> None:
        while not stopped.is_set():
            with lock:
                number, item = next(queue, (-1, None))
            if item is None:
                return
            try:
                work(item, lambda count: advance(0, count))
            except ObjectError as error:
                failures[number] = error
            advance(1, 0)

    with ThreadPoolExecutor(max(1, workers)) as pool:
        try:
            for ended in as_completed([pool.submit(loop) for _ in range(max(1, min(workers, len(items))))]):
                ended.result()
        except BaseException:
            stopped.set()
            raise
    return tuple(failures[number] for number in sorted(failures))


def refuse(failures: Sequence[ObjectError], total: int, told: str) -> None:
    """Raise one error of several.

    Raises:
        StorageError: if there are any: one line for each.
    """
    if not failures:
        return
    lines = "".join(f"\n  {failure}" for failure in failures)
    raise StorageError(f"{len(failures)} of {total} files could not be {told}; all others are:{lines}")
