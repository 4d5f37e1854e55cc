"""Puts however many things in order, in bounded memory."""

import heapq
import marshal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import IO, Any, Final, Generic, TypeVar

from audiera.errors import InputError

__all__ = ["Sorter"]

T = TypeVar("T", bound=tuple[Any, ...])

_BLOCK: Final = 64
"""Things that are written and read back together."""
_MOST_RUNS: Final = 128
"""Files that are open at once; beyond, they become one."""


class Sorter(Generic[T]):
    """Is told of things, then yields them in order; what does not fit in memory goes to unnamed files, each sorted.

    Things are tuples of bytes, numbers and text. If there is no room for those files, whatever needs them raises
    InputError.
    """

    def __init__(self, most: int) -> None:
        """Keep so many in memory."""
        self._most = most
        self._kept: list[T] = []
        self._runs: list[IO[bytes]] = []

    def add(self, thing: T) -> None:
        """Take note of a thing."""
        self._kept.append(thing)
        if len(self._kept) == self._most:
            self._kept.sort()
            self._spill(self._kept)
            self._kept.clear()

    def drained(self) -> Iterator[T]:
        """Yield all in order, and let go of them."""
        self._kept.sort()
        yield from heapq.merge(*map(_read, self._runs), self._kept)
        self._kept = []
        self._close()

    def _spill(self, things: Iterable[T]) -> None:
        if len(self._runs) == _MOST_RUNS:
            merged = _written(heapq.merge(*map(_read, self._runs)))
            self._close()
            self._runs.append(merged)
        self._runs.append(_written(things))

    def _close(self) -> None:
        while self._runs:
            self._runs.pop().close()


def _written(things: Iterable[T]) -> IO[bytes]:
    rest = iter(things)
    try:
        with ExitStack() as unfinished:
            run = unfinished.enter_context(tempfile.TemporaryFile())
            while block := list(islice(rest, _BLOCK)):
                data = marshal.dumps(block)
                run.write(len(data).to_bytes(8, "big") + data)
            run.flush()
            unfinished.pop_all()  # who reads it to its end closes it
    except OSError as error:
        raise InputError(
            f"{tempfile.gettempdir()} cannot take what is to be sorted ({error.strerror}); make room there, or name "
            "another folder as TMPDIR."
        ) from error
    return run


def _read(run: IO[bytes]) -> Iterator[T]:
    run.seek(0)
    while size := run.read(8):
        yield from marshal.loads(run.read(int.from_bytes(size, "big")))  # what `_written` has written
