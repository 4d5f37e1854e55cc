"""Appending to a use log: all that is given or nothing of it, by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from audiera.errors import StorageError
from audiera.metering.batch import PricedUse
from audiera.metering.files import read_use, use_line
from audiera.text import open_file, replace_file

__all__ = ["append_log"]


def append_log(path: Path, uses: Iterable[PricedUse]) -> int:
    """Append uses to a log, which is begun if it is not there, and return how many it has then.

    The log is replaced whole, so that whoever reads it, and a kill at whatever moment, meets it as it was before or as
    it is after. Who appends at the same time waits.

    Raises:
        InputError: if what is there is no use log, which stays as it is, or a use has numbers that do not fit.
        StorageError: if it cannot be read or written.
    """
    place = path.resolve()  # replacing a link would part it from what it links to
    uses = tuple(uses)
    for priced in uses:
        priced.node()  # refuses numbers that do not fit
    added = "".join(map(use_line, uses)).encode()
    try:
        with _locked(place) as before:
            lines = [(number, it) for number, it in enumerate(before.splitlines(), start=1) if it.strip()]
            for number, line in (*lines[:1], *lines[-1:]):  # a wrong file shows at its ends; all would take seconds
                read_use(line, path, number)
            ended = before if not before or before.endswith(b"\n") else before + b"\n"
            replace_file(place, [ended, added])
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}); check name and permissions.") from error
    return len(lines) + len(uses)


@contextmanager
def _locked(path: Path) -> Iterator[bytes]:
    """Hold the lock of a file and yield what is in it."""
    while True:
        with os.fdopen(open_file(path, os.O_RDWR | os.O_CREAT), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    yield file.read()
                    return
            # whoever held the lock meanwhile has put another file in its place
