"""Where files are that are scanned in parts: a folder that every machine sees, or a bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from io import FileIO
from pathlib import Path
from typing import Final, Protocol

from audiera.errors import StorageError
from audiera.folder import (
    Finding,
    Listed,
    Stamp,
    Taken,
    examine_apart,
    is_hidden,
    judge_apart,
    judge_file,
    listing,
    open_regular,
    take,
)
from audiera.music import HEAD_BYTES, AudioError
from audiera.storage import Bucket, Elsewhere, code_of, open_bucket
from audiera.text import shown

__all__ = ["Place", "fetched", "open_place"]

_SCHEME: Final = "s3://"
_OF_ONE: Final = {
    "AccessDenied": "cannot be read, as the bucket refuses it; make it readable",
    "InvalidObjectState": "is in an archive of the bucket; restore it from there",
}
"""How a bucket refuses one object, as it calls that; whatever else it refuses, it refuses with all others."""
_NO_NAMES: Final = frozenset({"", ".", ".."})


class Place(Protocol):
    """Lists files, judges them by name and content, and reads them."""

    def listing(self, *, everything: bool) -> Iterator[Listed]: ...

    def judge(self, file: Listed, *, everything: bool) -> Finding | None: ...

    def take(self, file: Listed, *, everything: bool, fingerprint: bool) -> Taken:
        """Read a file.

        Raises:
            ItemError: it cannot be an item, or is no longer what was listed.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Folder:
    root: Path

    def listing(self, *, everything: bool) -> Iterator[Listed]:
        return listing(self.root, everything=everything)

    def judge(self, file: Listed, *, everything: bool) -> Finding | None:
        return judge_file(file.path, partial(open_regular, self.root / file.path), everything=everything)

    def take(self, file: Listed, *, everything: bool, fingerprint: bool) -> Taken:
        found = take(self.root, file.path, everything=everything, fingerprint=fingerprint, look=examine_apart)
        if (found.stamp.size, str(found.stamp.modified)) != (file.size, file.mark):
            raise _changed()
        return found


@dataclass(frozen=True, slots=True)
class _Objects:
    bucket: Bucket

    def listing(self, *, everything: bool) -> Iterator[Listed]:  # noqa: ARG002  # nothing but files is in a bucket
        for name, size, mark in self.bucket.listing():
            *above, last = name.split("/")
            if not (last or size) or any(is_hidden(it) for it in (*above, last) if it not in _NO_NAMES):
                continue  # what consoles make to show a folder, and what a folder has hidden, too
            nameless = not _NO_NAMES.isdisjoint((*above, last))
            yield Listed(Path(name), size, mark, _nameless(name) if nameless else None)

    def judge(self, file: Listed, *, everything: bool) -> Finding | None:
        def whole(_: FileIO) -> str | None:
            with self._opened(file, file.size) as opened:
                return judge_apart(opened)

        head = partial(self._opened, file, HEAD_BYTES)
        return judge_file(file.path, head, everything=everything, within=whole)

    def take(self, file: Listed, *, everything: bool, fingerprint: bool) -> Taken:
        with self._opened(file, file.size) as opened:
            found = examine_apart(opened, file.path.name, everything=everything, fingerprint=fingerprint)
        return Taken.of(file.path, found, Stamp(file.size, 0, 0, 0))

    def _opened(self, file: Listed, size: int) -> FileIO:
        """Return what an object begins with, or all of it, if it is still what was listed."""
        name = file.path.as_posix()
        try:
            opened = fetched(Elsewhere(self.bucket, name), min(size, file.size))
        except StorageError as error:
            if reason := _OF_ONE.get(code_of(error.__cause__ or error)):
                raise AudioError(reason) from error.__cause__
            if self.bucket.mark(name) != file.mark:
                raise _changed() from error
            raise
        if self.bucket.mark(name) != file.mark:
            opened.close()
            raise _changed()
        return opened


@cache
def open_place(url: str) -> Place:
    """Return the folder of a path, or the bucket of an s3:// URL; nothing is asked of it yet.

    Raises:
        StorageError: the URL names no bucket, or what it takes is not installed.
    """
    return _Objects(open_bucket(url)) if url.startswith(_SCHEME) else _Folder(Path(url))


def fetched(source: Elsewhere, size: int) -> FileIO:
    """Return the first bytes of an object as an open file without a name, which is gone when it is closed.

    Decoders go back and forth in a file, so it is one for as long as it is read, each in its turn; no more of a bucket
    is ever on a disk.

    Raises:
        StorageError: the bucket cannot be read, or no longer has so many bytes of it, or there is no room for them.
    """
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # its reader closes it
    try:
        for block in source.backend.read(source.name, 0, size):
            rest = memoryview(block)
            while rest:
                rest = rest[file.write(rest) :]  # of the last that fits, it takes a part
        if file.tell() != size:
            raise StorageError(f"{source} has been cut short; read it again.")
        file.seek(0)
    except OSError as error:
        file.close()
        raise StorageError(
            f"{tempfile.gettempdir()} cannot take {size:,} bytes of an object ({error.strerror}); make room there, or "
            "name another folder as TMPDIR."
        ) from error
    except BaseException:
        file.close()
        raise
    return file


def _nameless(name: str) -> Finding:
    return Finding(f"is {shown(name)} in the bucket, which no disk could hold; rename it")


def _changed() -> AudioError:
    return AudioError("changed since it was listed; scan again when nothing writes to it")
