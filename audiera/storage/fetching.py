"""Brings one object to a file, in as many attempts as it takes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from audiera.errors import StorageError
from audiera.storage.found import Report, reporting
from audiera.storage.objects import BLOCK, ObjectError
from audiera.storage.sealing import CHUNK

__all__ = ["Readable", "begun", "fetch"]


class Readable(Protocol):
    """An object somewhere, of which nobody has checked that it is what its name says."""

    @property
    def sha256(self) -> bytes:
        """Its name."""
        ...

    def size(self) -> int:
        """Return its bytes."""
        ...

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        """Give its bytes from `start` on."""
        ...

    def damaged(self) -> ObjectError:
        """Return the refusal if they are not what its name says."""
        ...


def fetch(found: Readable, to: Path, report: Report | None = None) -> None:
    """Write an object to a file, which appears whole and verified or not at all, replacing what was there.

    What an interrupted fetch left beside `to` is used: only the rest is read from the store.

    Raises:
        ObjectError: the object is damaged, or another process is fetching to the same file.
        StorageError: the store refuses or fails, the key is missing or wrong, or the file cannot be written.
    """
    partial = _partial(found.sha256, to)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with _opened(partial) as file:
            _lock(file, partial, to)
            try:
                _complete(file, found, report)
            except ObjectError:  # what is there is the beginning of something that will not come
                partial.unlink()
                raise
            file.flush()
            os.fsync(file.fileno())
            partial.replace(to)
    except OSError as error:
        raise StorageError(f"{to} cannot be written ({error.strerror}); mend this and run it again.") from error


def begun(sha256: bytes, size: int, to: Path) -> int:
    """Return the bytes of an object that an interrupted fetch left beside its file, and that are not read again."""
    try:
        return _known(_partial(sha256, to).lstat().st_size, size)
    except OSError:
        return 0


def _known(there: int, size: int) -> int:
    """Return with how many of the bytes that are there the rest is gone on with."""
    # At least one chunk is always read, so that the end of a sealed object is seen to be its end.
    return max(0, min(there, size - 1)) // CHUNK * CHUNK


def _partial(sha256: bytes, to: Path) -> Path:
    mark = hashlib.sha256(sha256 + os.fsencode(to.name)).hexdigest()[:32]
    return to.with_name(f".{mark}.partial")  # `to` may have the longest name there is


def _opened(partial: Path) -> BinaryIO:
    """Open what an earlier run left, or begin; in a folder of many, others may have put there what leads elsewhere."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(partial, flags, 0o666)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or found.st_uid != os.geteuid():
        os.close(descriptor)
        raise ObjectError(f"{partial} is not what an earlier run left; remove it, or fetch to another folder.")
    return os.fdopen(descriptor, "r+b")


def _lock(file: BinaryIO, partial: Path, to: Path) -> None:
    """Make sure that nobody else writes to the file, which under its final name must never change."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file.fileno()), partial.stat()):
            return
    except (BlockingIOError, FileNotFoundError):
        pass
    raise ObjectError(f"{to} is being fetched by another process; wait for it.")


def _complete(file: BinaryIO, found: Readable, report: Report | None) -> None:
    """Make the file the object; a beginning that was not the object's is discarded."""
    known = _known(os.fstat(file.fileno()).st_size, found.size())
    while True:
        digest = hashlib.sha256()
        file.seek(0)
        while (missing := known - file.tell()) > 0:
            digest.update(file.read(min(BLOCK, missing)))
        file.truncate(known)
        for block in reporting(found.blocks(known), report):
            digest.update(block)
            file.write(block)
        if digest.digest() == found.sha256:
            return
        if known == 0:
            raise found.damaged()
        if report is not None:
            report(known - file.tell())  # what was told of is read again
        known = 0
