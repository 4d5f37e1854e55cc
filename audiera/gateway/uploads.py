"""Bytes that accounts bring, for the gateway to store: resumable, and each object what its sha-256 says.

The protocol is tus 1.0 (https://tus.io/protocols/resumable-upload): its core, creation, expiration and checksum by
sha-256. No kept library serves it within our bounds and onto content addresses, so the little of it is written here.

An account brings what it has not brought itself, whoever else has: so nobody learns what others store here, nor
publishes what he never had. What is stored twice lies there once.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from audiera.errors import StorageError
from audiera.gateway.access import Desk
from audiera.gateway.journal import add, alone
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Uploading
from audiera.gateway.tables import BROUGHT, TAKEN, UPLOADS
from audiera.interface import Missing
from audiera.protocol import ETHER
from audiera.storage import ObjectError, Store, StoredObject
from audiera.text import as_hash, hex_of, reason_of

__all__ = ["Upload", "Uploads"]

_STORING: Final = 4  # objects at the same time: each keeps a thread, as long as it is large
_UNTOUCHED: Final = 600  # seconds after which an upload is removed of which nothing came


@dataclass(frozen=True, slots=True)
class Upload:
    """How far an object is."""

    id: bytes
    size: int
    offset: int
    until: int
    """Unix seconds until which it can be gone on with."""


class Uploads:
    """What accounts bring. Threads share it."""

    def __init__(self, desk: Desk, uploading: Uploading, store: Store) -> None:
        """Take bytes into a store.

        Raises:
            StorageError: the store is only read, or parts cannot be kept.
        """
        store.check_writable()
        self.settings, self._journal, self._store = uploading, desk.journal, store
        self._guard, self._writing = threading.Lock(), set[bytes]()
        self._storing, self._part_size = threading.BoundedSemaphore(_STORING), desk.settings.limits.body
        try:
            uploading.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            TemporaryFile(dir=uploading.folder).close()
        except OSError as error:
            raise StorageError(
                f"{uploading.folder} cannot hold what is being uploaded ({reason_of(error)}); name a folder that can "
                "be written to."
            ) from error

    def missing(self, account: str, objects: Sequence[bytes]) -> Missing:
        """Return which objects an account has not brought, and how much more it may."""
        names = [hex_of(it) for it in objects]
        with self._journal.reading() as journal:
            query = select(BROUGHT.c.sha256).where(BROUGHT.c.account == account, BROUGHT.c.sha256.in_(names))
            there = set(journal.execute(query).scalars())
            taken = _taken(journal, account)
        left = [as_hash(it) for it in dict.fromkeys(names) if it not in there]
        return Missing(missing=left, room=max(self.settings.quota - taken, 0))

    def begin(self, account: str, sha256: bytes, size: int, *, private: bool) -> Upload:
        """Begin to bring an object, or go on with one that was begun.

        Raises:
            Problem: it is too large, more than the account, or all accounts together, may bring, or one too many.
        """
        if not 0 < size <= self.settings.file:
            raise Problem(Code.TOO_LARGE, f"An object has from 1 to {self.settings.file:,} bytes, and not {size:,}.")
        now, name = int(time.time()), hex_of(sha256)
        self._forget(now)

        def write(journal: Connection) -> Row[Any]:
            alone(journal, "uploads")
            mine = (UPLOADS.c.account == account) & (UPLOADS.c.sha256 == name)
            row = journal.execute(select(UPLOADS).where(mine)).one_or_none()
            if row is not None and (row.size, row.private) == (size, private) and row.offset < size:
                return row
            counted = 0 if row is None else row.counted
            self._check_room(journal, account, size - counted)
            if row is None or row.offset == row.size:
                self._check_open(journal, account)
            values = {"size": size, "private": private, "offset": 0, "counted": self._counted(0, size)}
            values["until"] = now + min(_UNTOUCHED, self.settings.expiry)
            if row is None:
                named = {"id": hex_of(secrets.token_bytes(32)), "account": account, "sha256": name}
                journal.execute(insert(UPLOADS).values(**named, **values))
            else:
                journal.execute(update(UPLOADS).where(mine).values(values))
            _count(journal, account, values["counted"] - counted)
            return journal.execute(select(UPLOADS).where(mine)).one()

        return _upload(self._journal.write(("uploads",), write))

    def find(self, account: str, upload: bytes) -> Upload:
        """Return how far an object of an account is.

        Raises:
            Problem: there is none, or no longer.
        """
        return _upload(self._row(account, upload))

    def append(self, account: str, upload: bytes, offset: int, data: bytes, sha256: bytes | None) -> Upload:
        """Take the next bytes of an object; with its last, it is verified and stored.

        Args:
            account: whose it is.
            upload: its id.
            offset: how many bytes were sent before.
            data: the bytes.
            sha256: of them, if the client says.

        Raises:
            Problem: they are not the next ones, or not what is said of them; or the object is not what its hash says.
        """
        if sha256 is not None and hashlib.sha256(data).digest() != sha256:
            raise Problem(Code.CHECKSUM_WRONG, "The bytes are not those of the checksum; send this part again.")
        with self._alone(upload):
            row = self._row(account, upload)
            if offset != row.offset:
                detail = f"{row.offset:,} bytes are here; go on from there."
                raise Problem(Code.CONFLICT, detail, more={"offset": str(row.offset)})
            if offset + len(data) > row.size:
                raise Problem(Code.TOO_LARGE, f"The object has {row.size:,} bytes; these are beyond its end.")
            part = self._part(row)
            try:
                _write(part, offset, data)
                if offset + len(data) == row.size:
                    self._store_whole(row, part)
            except (OSError, StorageError) as error:
                raise Problem(
                    Code.UNAVAILABLE,
                    "The gateway cannot store this now; send the part again.",
                    headers={"Retry-After": "10"},
                ) from error
            return _upload(self._advance(row, offset + len(data)))

    @contextmanager
    def _alone(self, upload: bytes) -> Iterator[None]:
        """Hold an upload; whoever else wants it is refused, since waiting keeps a thread."""
        with self._guard:
            if upload in self._writing:
                raise Problem(
                    Code.CONFLICT, "The same upload is being written; ask how far it is, and go on from there."
                )
            self._writing.add(upload)
        try:
            yield
        finally:
            with self._guard:
                self._writing.remove(upload)

    def _store_whole(self, row: Row[Any], part: Path) -> None:
        if not self._storing.acquire(blocking=False):
            detail = "Other objects are being stored; send the part again."
            raise Problem(Code.UNAVAILABLE, detail, headers={"Retry-After": "2"})
        whole = StoredObject(as_hash(row.sha256), row.size, part, private=row.private)
        try:
            for _ in whole.blocks():  # `put` reads nothing of what another has brought before
                pass
            self._store.put(whole)
        except ObjectError as error:
            self._remove(row)
            detail = f"What came is not the object {row.sha256}; begin it again."
            raise Problem(Code.CHECKSUM_WRONG, detail) from error
        finally:
            self._storing.release()

    def _advance(self, row: Row[Any], offset: int) -> Row[Any]:
        whole = offset == row.size

        def write(journal: Connection) -> Row[Any] | None:
            alone(journal, "uploads")
            if _same(journal, row) is None:
                return None
            before = journal.execute(select(BROUGHT.c.size).where(mine)).scalar() if whole else None
            counted = 0 if whole else self._counted(offset, row.size)
            more = counted - row.counted + (row.size - (before or 0) if whole else 0)
            self._check_room(journal, row.account, more)
            values = {"offset": offset, "counted": counted, "until": now + self.settings.expiry}
            journal.execute(update(UPLOADS).where(UPLOADS.c.id == row.id).values(values))
            if whole:
                journal.execute(delete(BROUGHT).where(mine))
                brought = {"account": row.account, "sha256": row.sha256, "size": row.size, "at": now}
                journal.execute(insert(BROUGHT).values(brought))
            _count(journal, row.account, more)
            return journal.execute(select(UPLOADS).where(UPLOADS.c.id == row.id)).one()

        now, mine = int(time.time()), (BROUGHT.c.account == row.account) & (BROUGHT.c.sha256 == row.sha256)
        done = self._journal.write(("uploads",), write)
        if done is None:
            with self._journal.reading() as journal:
                gone = journal.execute(select(UPLOADS.c.id).where(UPLOADS.c.id == row.id)).scalar() is None
            if gone:
                self._part(row).unlink(missing_ok=True)  # which was written once more
            raise Problem(Code.CONFLICT, "Another request sends or begins the same object; ask how far it is.")
        if whole:
            self._part(row).unlink(missing_ok=True)
        return done

    def _counted(self, offset: int, size: int) -> int:
        """Return what an upload counts for: a part lies here before it is known that it does."""
        return min(size, offset + self._part_size)

    def _check_room(self, journal: Connection, account: str, more: int) -> None:
        if more <= 0:
            return
        if _taken(journal, account) + more > self.settings.quota:
            raise Problem(
                Code.QUOTA_EXHAUSTED, f"An account brings {self.settings.quota:,} bytes at most, and this is more."
            )
        if _taken(journal, ETHER) + more > self.settings.total:
            raise Problem(Code.QUOTA_EXHAUSTED, "The gateway takes no more bytes now; tell its operator.")

    def _check_open(self, journal: Connection, account: str) -> None:
        begun = select(func.count()).where(UPLOADS.c.account == account, UPLOADS.c.offset < UPLOADS.c.size)
        if journal.execute(begun).scalar_one() >= self.settings.open:
            detail = f"{self.settings.open} uploads of this account are begun; end one of them first, or wait."
            raise Problem(Code.RATE_LIMITED, detail, headers={"Retry-After": "30"})

    def _forget(self, now: int) -> None:
        """Remove what nobody goes on with."""
        with self._journal.reading() as journal:
            rows = journal.execute(select(UPLOADS).where(UPLOADS.c.until <= now).limit(100)).all()
        for row in rows:
            self._remove(row)

    def _remove(self, row: Row[Any]) -> None:
        def write(journal: Connection) -> bool:
            alone(journal, "uploads")
            if _same(journal, row) is None:
                return False
            journal.execute(delete(UPLOADS).where(UPLOADS.c.id == row.id))
            _count(journal, row.account, -row.counted)
            return True

        if self._journal.write(("uploads",), write):
            self._part(row).unlink(missing_ok=True)

    def _row(self, account: str, upload: bytes) -> Row[Any]:
        query = select(UPLOADS).where(
            UPLOADS.c.id == hex_of(upload), UPLOADS.c.account == account, UPLOADS.c.until > int(time.time())
        )
        with self._journal.reading() as journal:
            row = journal.execute(query).one_or_none()
        if row is None:
            raise Problem(Code.NOT_FOUND, "There is no such upload of this account, or no longer; begin again.")
        return row

    def _part(self, row: Row[Any]) -> Path:
        return self.settings.folder / f"{row.id[2:]}.part"


def _taken(journal: Connection, account: str) -> int:
    """Return the bytes that an account, or the zero account for all, brought and is bringing."""
    return int(journal.execute(select(TAKEN.c.bytes).where(TAKEN.c.account == account)).scalar() or 0)


def _count(journal: Connection, account: str, more: int) -> None:
    add(journal, TAKEN, [{"account": it, "bytes": 0} for it in (account, ETHER)])
    both = TAKEN.c.account.in_((account, ETHER))
    journal.execute(update(TAKEN).where(both).values(bytes=TAKEN.c.bytes + more))


def _same(journal: Connection, row: Row[Any]) -> Row[Any] | None:
    """Return an upload's row if it is as it was looked at; None: it went on, was begun anew, or is gone."""
    now = journal.execute(select(UPLOADS).where(UPLOADS.c.id == row.id)).one_or_none()
    named = ("offset", "size", "private", "counted")
    return now if now is not None and all(getattr(now, it) == getattr(row, it) for it in named) else None


def _write(part: Path, offset: int, data: bytes) -> None:
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.ftruncate(descriptor, offset)  # what came before and was not taken
        view, at = memoryview(data), offset
        while view:
            written = os.pwrite(descriptor, view, at)
            view, at = view[written:], at + written
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _upload(row: Row[Any]) -> Upload:
    return Upload(as_hash(row.id), row.size, row.offset, row.until)
