"""Appending to a use log: all that is given or nothing of it, by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path

from audiera.errors import StorageError
from audiera.metering.batch import PricedUse
from audiera.metering.files import read_use, use_line
from audiera.metering.standing import LINE_BYTES, append, standing
from audiera.text import open_file, read_lines

__all__ = ["append_log"]


def append_log(path: Path, uses: Iterable[PricedUse]) -> int:
    """Append uses to a log, which is begun if it is not there, and return how many it has then.

    Whoever reads it with `read_log`, and a kill at whatever moment, meets it as it was before or as it is after. Who
    appends at the same time waits.

    Raises:
        InputError: if what is there is no use log, which stays as it is, or a use has numbers that do not fit.
        StorageError: if it cannot be read or written.
    """
    place = path.resolve()  # what is written beside it is looked for there
    uses = tuple(uses)
    for priced in uses:
        priced.node()  # refuses numbers that do not fit
    added = "".join(map(use_line, uses)).encode()
    try:
        with _locked(place) as file:
            size = standing(file, place)
            count, is_ended = _checked(file, size, path)
            if added:
                append(file, size, place, added if is_ended else b"\n" + added)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}); check name and permissions.") from error
    return count + len(uses)


def _checked(file: BufferedRandom, size: int, path: Path) -> tuple[int, bool]:
    """Return how many uses a log has, and whether its last line has an end.

    A wrong file shows at its ends: to read all its uses would take seconds.
    """
    count, last, place, is_ended = 0, b"", 0, True
    for number, line in enumerate(read_lines(file, size, LINE_BYTES), start=1):
        is_ended = line.endswith(b"\n")
        if line.strip():
            count, last, place = count + 1, line, number
            if count == 1:
                read_use(line, path, number)
    if count > 1:
        read_use(last, path, place)
    return count, is_ended


@contextmanager
def _locked(path: Path) -> Iterator[BufferedRandom]:
    """Hold the lock of a file and yield it, open at its beginning."""
    while True:
        with os.fdopen(open_file(path, os.O_RDWR | os.O_CREAT), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    yield file
                    return
            # whoever held the lock meanwhile has put another file in its place
