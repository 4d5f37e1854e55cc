"""One stored object, found and read: plain or sealed, from its beginning or from further on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from audiera.errors import StorageError
from audiera.storage.backend import Backend
from audiera.storage.objects import ObjectError, object_name
from audiera.storage.sealing import (
    CHUNK,
    HEADER,
    NotSealedError,
    WrongKeyError,
    check_key,
    chunk_at,
    data_key_of,
    plain_size,
    unseal,
)

__all__ = ["Found", "Report", "find", "reporting"]

Report: TypeAlias = Callable[[int], None]
"""Is told of the bytes of an object that have been read since it was last told; less than 0 if they were in vain."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object that is there under its name; whether it is what its name says, only reading it tells."""

    backend: Backend
    sha256: bytes
    sealed: bool
    stored: int
    """The bytes it takes in the store."""
    key: bytes | None = field(repr=False)

    @property
    def name(self) -> str:
        """What it is called in the store."""
        return object_name(self.sha256, sealed=self.sealed)

    def size(self) -> int:
        """Return the bytes of the object itself.

        Raises:
            ObjectError: no sealed object has as many bytes as this one.
        """
        if not self.sealed:
            return self.stored
        try:
            return plain_size(self.stored)
        except NotSealedError as error:
            raise self.damaged() from error

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the object's bytes from `start` up to `stop`, or to its end; nobody has checked their hash.

        Of a sealed object no chunk is read that none of them is in.

        Raises:
            ObjectError: it is sealed, and not as it was sealed.
            StorageError: the store refuses or fails, or the key is missing or wrong.
        """
        if not self.sealed:
            yield from self.backend.read(self.name, start, self.stored if stop is None else stop)
            return
        key, header = self._opened()
        size = self.size()
        stop = size if stop is None else stop
        if start >= stop and size:
            return
        number, offset = chunk_at(start)
        until = max(start, stop - 1) // CHUNK + 1
        ends = until * CHUNK >= size
        sealed = self.backend.read(self.name, offset, self.stored if ends else chunk_at(until * CHUNK)[1])
        at = number * CHUNK
        try:
            for block in unseal(header, sealed, key, self.sha256, first=number, ends=ends):
                if part := block[max(start - at, 0) : stop - at]:
                    yield part
                at += len(block)
        except NotSealedError as error:
            raise self.damaged() from error

    def check_key(self) -> None:
        """Refuse a sealed object that the key does not open, by its header alone.

        Raises:
            ObjectError: it is sealed, and not as it was sealed.
            StorageError: the store refuses or fails, or the key is missing or wrong.
        """
        if self.sealed:
            self._opened()

    def data_key(self) -> bytes:
        """Return the key that opens this sealed object, and no other.

        Raises:
            ObjectError: it is not as it was sealed.
            StorageError: the store refuses or fails, or the key is missing or wrong.
        """
        key, header = self._opened()
        try:
            return data_key_of(header, key)
        except NotSealedError as error:
            raise self.damaged() from error

    def damaged(self) -> ObjectError:
        """Return the refusal of an object that is not what its name says."""
        return ObjectError(
            f"{self.backend.url}/{self.name} is damaged: it is not what it is named by; "
            "store it again from the folder it came from (`audiera pack FOLDER --recheck`)."
        )

    def _opened(self) -> tuple[bytes, bytes]:
        place = f"{self.backend.url}/{self.name}"
        if self.key is None:
            raise StorageError(f"{place} is sealed; name the file of the key it was sealed with (--key FILE).")
        header = b"".join(self.backend.read(self.name, 0, min(HEADER, self.stored)))
        try:
            check_key(header, self.key)
        except WrongKeyError as error:
            raise StorageError(f"{place} is sealed with another key; name that one (--key FILE).") from error
        except NotSealedError as error:
            raise self.damaged() from error
        return self.key, header


def find(backend: Backend, key: bytes | None, sha256: bytes) -> Found | None:
    """Return the object of this name, or None; where it is both plain and sealed, the one that the key suggests.

    Raises:
        StorageError: the store refuses or fails.
    """
    for sealed in (True, False) if key else (False, True):
        stored = backend.size(object_name(sha256, sealed=sealed))
        if stored is not None:
            return Found(backend, sha256, sealed, stored, key)
    return None


def reporting(blocks: Iterable[bytes], report: Report | None) -> Iterator[bytes]:
    """Hand blocks on, and tell of each when the next is asked for."""
    for block in blocks:
        yield block
        if report is not None:
            report(len(block))
