"""The store: objects by the sha-256 of their content, verified whenever they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from audiera.errors import StorageError
from audiera.storage.backend import Backend, only_read
from audiera.storage.fetching import fetch
from audiera.storage.found import Found, Report, find, reporting
from audiera.storage.local import LocalFolder
from audiera.storage.objects import ObjectError, StoredObject, object_name
from audiera.storage.opening import open_backend, open_foreign
from audiera.storage.sealing import seal, sealed_size

__all__ = ["Store"]

_MOST_IN_MEMORY: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Store:
    """A store of objects. Open it with `Store.open`; it keeps nothing in memory, and threads may share it."""

    backend: Backend
    key: bytes | None = field(default=None, repr=False)
    """The operator's, 32 bytes: private objects are sealed with it."""

    @classmethod
    def open(cls, url: str, key: bytes | None = None) -> Store:
        """Return the store at a path or a URL that the user names; nothing is asked of it yet.

        Raises:
            StorageError: it is none of a folder, s3://, https://, and http:// on this machine; or what it takes is not
                installed.
        """
        return cls(open_backend(url), key)

    @classmethod
    def open_foreign(cls, url: str) -> Store:
        """Return the store at a URL that somebody else names, as a manifest may; nothing is asked of it yet.

        It is read over https and at public addresses only, so that nobody has this machine ask others for him.

        Raises:
            StorageError: it is another URL.
        """
        return cls(open_foreign(url))

    @property
    def url(self) -> str:
        """Where the store is."""
        return self.backend.url

    def check_writable(self) -> None:
        """Refuse a server that is only read, having asked it nothing, and a folder that nothing can be written to.

        Raises:
            StorageError: it is one.
        """
        if isinstance(self.backend, LocalFolder):
            self.backend.check_writable()
        if self.url.startswith(("https://", "http://")):
            raise only_read(self.url)

    def check_there(self) -> None:
        """Refuse a folder that is not there; a server is asked nothing, since it may answer later.

        Raises:
            StorageError: it is not.
        """
        if isinstance(self.backend, LocalFolder) and not self.backend.root.is_dir():
            raise StorageError(f"There is no folder {self.url}; check the name of the store, or fill it first.")

    def seals(self, stored: StoredObject) -> bool:
        """Say whether an object is stored sealed here."""
        return stored.private and self.key is not None

    def place_of(self, stored: StoredObject) -> tuple[str, int]:
        """Return the name under which an object is to be stored here, and the bytes it takes."""
        sealed = self.seals(stored)
        return object_name(stored.sha256, sealed=sealed), sealed_size(stored.size) if sealed else stored.size

    def has(self, sha256: bytes) -> bool:
        """Say whether there is an object of this name; whether it is what its name says, only reading it tells.

        Raises:
            StorageError: the store refuses or fails.
        """
        return find(self.backend, self.key, sha256) is not None

    def put(self, stored: StoredObject, *, again: bool = False, report: Report | None = None) -> bool:
        """Store an object, unless it is there with the right size, and return whether it had to be.

        Args:
            stored: the object; its bytes are checked while they are read, before they get its name.
            again: replace what is there in any case.
            report: is told of the object's bytes as they are read.

        Raises:
            ObjectError: its source cannot be read or has changed.
            StorageError: the store refuses or fails.
        """
        name, size = self.place_of(stored)
        if not again and self.backend.size(name) == size:
            return False

        def content() -> Iterator[bytes]:
            blocks = reporting(stored.blocks(), report)
            return seal(blocks, self.key, stored.sha256) if stored.private and self.key else blocks

        self.backend.write(name, size, content, steady=not self.seals(stored))
        return True

    def get(self, sha256: bytes, most: int) -> bytes:
        """Return an object's bytes: those that its name says, or an error.

        Args:
            sha256: of the object.
            most: the bytes that it can have: more are not read.

        Raises:
            ObjectError: it is missing, damaged or larger, or too large to be held in memory.
            StorageError: the store refuses or fails, or the key is missing or wrong.
        """
        found = self.find(sha256, most)
        if found.stored > _MOST_IN_MEMORY:
            raise ObjectError(f"{self.url}/{found.name} is too large for memory ({found.stored:,} bytes); fetch it.")
        data = b"".join(found.blocks())
        if hashlib.sha256(data).digest() != sha256:
            raise found.damaged()
        return data

    def check(self, sha256: bytes, most: int, *, report: Report | None = None) -> int:
        """Read an object, keep nothing of it, and return its size in bytes.

        Args:
            sha256: of the object.
            most: the bytes that it can have: more are not read.
            report: is told of the bytes as they are read.

        Raises:
            ObjectError: it is missing, damaged or larger.
            StorageError: the store refuses or fails, or the key is missing or wrong.
        """
        found, digest, size = self.find(sha256, most), hashlib.sha256(), 0
        for block in reporting(found.blocks(), report):
            digest.update(block)
            size += len(block)
        if digest.digest() != sha256:
            raise found.damaged()
        return size

    def fetch(self, sha256: bytes, most: int, to: Path, *, report: Report | None = None) -> None:
        """Bring an object to a file, which appears whole and verified or not at all, replacing what was there.

        What an interrupted fetch left beside `to` is used: only the rest is read from the store.

        Args:
            sha256: of the object.
            most: the bytes that it can have: more are not read.
            to: the file.
            report: is told of the bytes as they are read.

        Raises:
            ObjectError: it is missing, damaged or larger, or another process is fetching to the same file.
            StorageError: the store refuses or fails, the key is missing or wrong, or the file cannot be written.
        """
        fetch(self.find(sha256, most), to, report)

    def find(self, sha256: bytes, most: int) -> Found:
        """Return the object of this name, not yet read.

        Raises:
            ObjectError: there is none, or it has more than `most` bytes.
            StorageError: the store refuses or fails.
        """
        found = find(self.backend, self.key, sha256)
        if found is None and isinstance(self.backend, LocalFolder) and not self.backend.root.is_dir():
            raise StorageError(f"There is no store at {self.url}; check its name.")
        if found is None:
            raise ObjectError(
                f"{self.url}/{object_name(sha256)} is missing; "
                "store it from the folder it came from (`audiera pack FOLDER`)."
            )
        if (size := found.size()) > most:
            raise ObjectError(
                f"{self.url}/{found.name} has {size:,} bytes, where {most:,} at most belong, and is not read; "
                "store it again from the folder it came from (`audiera pack FOLDER`)."
            )
        return found
