"""What a store holds, and under which name.

An object is named by the sha-256 of its content, whoever stores it and wherever:

    sha256/ab/ab54...           the bytes themselves
    sha256/ab/ab54... .sealed   the same bytes, encrypted (no space; see `audiera.storage.sealing`)

The second level, two hexadecimal digits, keeps folders small and lets a store be listed in 256 pieces.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.errors import StorageError
from audiera.storage.backend import Backend

__all__ = ["BLOCK", "SEALED_SUFFIX", "Elsewhere", "ObjectError", "StoredObject", "object_name", "shard_of"]

BLOCK: Final = 1 << 20
"""Bytes that are read and hashed at a time."""

SEALED_SUFFIX: Final = ".sealed"


class ObjectError(StorageError):
    """One object cannot be stored or read; others still may."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A file that is not on this machine: the bucket that it is in, and its name there."""

    backend: Backend
    name: str

    def __str__(self) -> str:
        return f"{self.backend.url}/{self.name}"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One thing that a store must hold."""

    sha256: bytes
    size: int
    """Bytes."""
    source: Path | Elsewhere | bytes
    """Where the bytes are: in a file, in a bucket, or here."""
    private: bool = False
    """Whether a store with a key seals it: items are private; manifests, tables and covers are for all to read."""

    @property
    def label(self) -> str:
        """What people call it: its path, or its hash where it has none."""
        return self.sha256.hex() if isinstance(self.source, bytes) else str(self.source)

    def blocks(self) -> Iterator[bytes]:
        """Read the bytes, and refuse at the end, before anything is made of them, if they are not the named ones.

        Raises:
            ObjectError: the file cannot be read, or is not what it was when it was hashed.
        """
        digest, size = hashlib.sha256(), 0
        for block in self._read():
            digest.update(block)
            size += len(block)
            if size > self.size:  # and may go on growing
                break
            yield block
        if digest.digest() != self.sha256:
            raise ObjectError(f"{self.label} has changed since it was read; start again.")

    def _read(self) -> Iterator[bytes]:
        if isinstance(self.source, bytes):
            yield self.source
            return
        if isinstance(self.source, Elsewhere):
            try:
                yield from self.source.backend.read(self.source.name, 0, self.size)
            except StorageError as error:
                raise ObjectError(f"{self.label} cannot be read ({error}).") from error
            return
        try:
            with open(self.source, "rb", buffering=0, opener=_opened) as file:
                while block := file.read(BLOCK):
                    yield block
        except OSError as error:
            raise ObjectError(f"{self.label} cannot be read ({error.strerror}).") from error


def _opened(path: str, flags: int) -> int:
    """Open a file that may be a pipe by now, which has no content unless somebody writes to it: none is waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def object_name(sha256: bytes, *, sealed: bool = False) -> str:
    """Return the name of an object below the root of a store."""
    return f"{shard_of(sha256)}/{sha256.hex()}{SEALED_SUFFIX if sealed else ''}"


def shard_of(sha256: bytes) -> str:
    """Return the folder of a store that holds an object."""
    return f"sha256/{sha256[:1].hex()}"
