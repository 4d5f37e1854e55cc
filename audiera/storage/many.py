"""Does the same with many objects on several threads.

What concerns one object (its file has changed, it is damaged in the store) is gathered and told together at
the end; what concerns the store (no room, no network) ends everything at once, and so does Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import Final, Protocol, TypeVar

from audiera.errors import StorageError
from audiera.storage.found import Report
from audiera.storage.objects import ObjectError
from audiera.work import Tally, Watcher, in_parallel

__all__ = ["WORKERS", "each", "refuse"]

WORKERS: Final = 8
"""Threads, unless told: they mostly wait for a network, and each holds one part of a large object."""


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


T = TypeVar("T", bound=_Sized)


class _StoppedError(Exception):
    """Another thread failed; this one ends at its next report."""


def each(
    items: Sequence[T],
    work: Callable[[T, Report], None],
    *,
    progress: Watcher | None = None,
    workers: int = WORKERS,
    files: Callable[[T], int] = lambda _: 1,
) -> tuple[ObjectError, ...]:
    """Do `work` with every item and return what failed, in the order of the items.

    Args:
        items: what to do, in the order in which it is begun.
        work: is given an item, and what to report its bytes to.
        progress: called, by one thread at a time, after every report and every item.
        workers: threads.
        files: says how many files an item is, as progress counts them.

    Raises:
        StorageError: the first failure that concerns more than its item; nothing new is begun after it.
    """
    ended, failures = Event(), dict[int, ObjectError]()
    tally = Tally(sum(map(files, items)), sum(item.size for item in items), progress)

    def advance(*, count: int = 0, size: int = 0) -> None:
        if ended.is_set():
            raise _StoppedError
        tally.add(files=count, size=size)

    def do(numbered: tuple[int, T]) -> None:
        number, item = numbered
        try:
            work(item, lambda size: advance(size=size))
        except ObjectError as error:
            failures[number] = error
        advance(count=files(item))

    for _ in in_parallel(do, tuple(enumerate(items)), workers, ended=ended):
        pass
    return tuple(failures[number] for number in sorted(failures))


def refuse(failures: Sequence[ObjectError], total: int) -> None:
    """Raise one error for all that could not be stored.

    Raises:
        StorageError: if there are any: one line for each.
    """
    if not failures:
        return
    raise StorageError(f"{len(failures)} of {total} files could not be stored; all others are:", *map(str, failures))
