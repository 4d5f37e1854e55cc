"""The store's objects, of which nothing is given out before the whole has been verified once.

What was verified is known again by the file that it is: its device, its number, its size and when it was written last.
A bucket or a server tells nothing of the kind, so what comes from there is verified again after an hour, and whenever
it is read whole: then its end stays back until its hash is right.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import threading
import time
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from anyio import CapacityLimiter, to_thread

from audiera.errors import StorageError
from audiera.gateway.keeping import Keeping
from audiera.gateway.problems import Code, Problem
from audiera.storage import Bucket, Found, LocalFolder, ObjectError, Store

__all__ = ["BLOCK", "Objects", "Verified", "unavailable"]

BLOCK: Final = 1 << 18
"""Bytes of a file that are read and sent at a time."""

_LOG: Final = logging.getLogger("audiera.gateway")
_AT_ONCE: Final = 2  # objects that are verified at the same time
_READERS: Final = 32  # threads that wait for the store
_LOOKERS: Final = 8  # threads that look at objects of a bucket or a server for one request
_KNOWN: Final = 1 << 16  # objects
_LATELY: Final = 1.0  # seconds for which a verified object is not looked at again before it is opened
_TRUSTED: Final = 3_600.0  # seconds, where nothing tells whether an object has changed


@dataclass(frozen=True, slots=True)
class Verified:
    """An object that was what its name says when it had this mark."""

    found: Found
    mark: tuple[int, ...]
    name: str = field(init=False)
    """What it is called in the store, written once."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.found.name)


class Objects:
    """The objects of a store, to be served. Threads share it; `close` it."""

    def __init__(self, store: Store, patience: float) -> None:
        """Serve the objects of a store.

        Args:
            store: where they are.
            patience: seconds that a request waits for an object to be verified.
        """
        self.store = store
        self._patience = patience
        self._known = Keeping[str, tuple[tuple[int, ...], float]](_KNOWN)
        self._seen = Keeping[bytes, tuple[Verified, float]](_KNOWN)
        self._busy: dict[str, Future[Mapping[str, StorageError]]] = {}
        """By name, the work that verifies an object, and will say of each that it is of why it is none."""
        self._guard = threading.Lock()
        self._closed = threading.Event()
        self._pool = ThreadPoolExecutor(_AT_ONCE, "verify")
        self._readers = CapacityLimiter(_READERS)

    def close(self) -> None:
        """Stop verifying."""
        self._closed.set()
        self._pool.shutdown(cancel_futures=True)

    @property
    def are_files(self) -> bool:
        """Whether the store is a folder here."""
        return isinstance(self.store.backend, LocalFolder)

    async def get(self, sha256: bytes, size: int) -> Verified:
        """Return an object, verified now or before; see `all_of`."""
        now = time.monotonic()
        lately, at = self._seen.get(sha256) or (None, 0.0)
        if lately is not None and lately.found.size() == size and now < at + _LATELY:
            return lately
        (it,) = await self.all_of([(sha256, size)])
        self._seen.put(sha256, (it, now))
        return it

    async def all_of(self, wanted: Sequence[tuple[bytes, int]], *, trusting: bool = False) -> Sequence[Verified]:
        """Return objects by their sha-256 and size, in this order, each verified now or before.

        Args:
            wanted: the objects.
            trusting: do not ask a bucket or a server whether what was verified within the hour is there still.

        Raises:
            Problem: `OBJECT_UNAVAILABLE`: one is missing or damaged, the store fails, or they are being verified still.
        """
        seen, fresh = await to_thread.run_sync(self._look_at_all, wanted, trusting, limiter=self._readers)
        new = [it for it in fresh if not self._is_known(it)]
        failed = dict[str, StorageError]()
        try:
            async with asyncio.timeout(self._patience):
                for work in self._begin(new):
                    told = await asyncio.shield(asyncio.wrap_future(work))
                    failed |= told
        except TimeoutError:
            raise Problem(
                Code.OBJECT_UNAVAILABLE,
                "The object is being verified before it is served; send the same request again in a moment.",
                headers={"Retry-After": "5"},
            ) from None
        for it in new:
            error = failed.get(it.name)
            if error is None and not self._is_known(it):  # another asked, and saw it with another mark
                error = it.found.damaged()
            if error is not None:
                with unavailable(it.found.sha256):
                    raise error
        now = time.monotonic()
        for it in fresh:
            self._seen.put(it.found.sha256, (it, now))
        return seen

    def blocks(self, it: Verified, start: int, stop: int) -> Generator[bytes]:
        """Give the bytes of an object from `start` up to `stop`.

        Raises:
            ObjectError: it is another than was verified, or is damaged.
            StorageError: the store refuses or fails.
        """
        backend = it.found.backend
        if isinstance(backend, LocalFolder) and not it.found.sealed:
            with backend.opened(it.name) as descriptor:
                if _mark(os.fstat(descriptor)) != it.mark:
                    self._seen.forget(it.found.sha256)
                    raise ObjectError(f"{backend.url}/{it.name} changed while it was served.")
                while start < stop and (block := os.pread(descriptor, min(BLOCK, stop - start), start)):
                    start += len(block)
                    yield block
        elif start == 0 and stop == it.found.size():
            yield from _held_back(it.found)
        else:
            yield from it.found.blocks(start, stop)

    def joined(self, objects: Sequence[Verified]) -> Generator[bytes]:
        """Give the bytes of objects, one after another, in blocks that many of them share.

        Raises:
            Problem: `OBJECT_UNAVAILABLE`: one is another than was verified, or is damaged, or the store fails.
        """
        block = bytearray()
        for it in objects:
            with unavailable(it.found.sha256):
                left = it.found.size()
                for part in self.blocks(it, 0, left):
                    left -= len(part)
                    block += part
                    if len(block) >= BLOCK:
                        yield bytes(block)
                        block.clear()
                if left:
                    raise ObjectError(f"{left:,} bytes are missing at its end")
        if block:
            yield bytes(block)

    async def next_of(self, blocks: Iterator[bytes]) -> bytes:
        """Return the next block, waited for in a thread; empty: there is none.

        Raises:
            StorageError: as `blocks`.
        """
        return await to_thread.run_sync(next, blocks, b"", limiter=self._readers)

    async def presigned(self, it: Verified, seconds: int, told: Mapping[str, str]) -> str | None:
        """Return the URL at which the bucket itself gives out an object; None: it has none that does.

        Raises:
            Problem: `OBJECT_UNAVAILABLE`: there is nothing to sign with.
        """
        bucket, found = it.found.backend, it.found
        if not isinstance(bucket, Bucket):
            return None
        with unavailable(found.sha256):
            return await to_thread.run_sync(
                lambda: bucket.presigned(found.name, seconds, **told), limiter=self._readers
            )

    async def data_key(self, it: Verified) -> bytes:
        """Return the key that opens one sealed object.

        Raises:
            Problem: `OBJECT_UNAVAILABLE`: the store fails.
        """
        with unavailable(it.found.sha256):
            return await to_thread.run_sync(it.found.data_key, limiter=self._readers)

    def _look_at_all(
        self, wanted: Sequence[tuple[bytes, int]], trusting: bool
    ) -> tuple[Sequence[Verified], Sequence[Verified]]:
        """Return objects, in this order, and those of them that are not known to be what was verified before."""
        before = self._seen.those(sha256 for sha256, _ in wanted)
        same = [self._same(before.get(sha256), size, trusting) for sha256, size in wanted]
        if all(same):
            return [it for it in same if it], ()
        seen = dict(zip(wanted, same, strict=True))
        new = [it for it, verified in seen.items() if verified is None]
        if self.are_files or len(new) < 2:
            fresh = [self._looked(it) for it in new]
        else:  # each of them is waited for
            with ThreadPoolExecutor(_LOOKERS, "look") as lookers:
                fresh = list(lookers.map(self._looked, new))
        seen.update(zip(new, fresh, strict=True))
        return [verified for it in wanted if (verified := seen[it]) is not None], fresh

    def _same(self, before: tuple[Verified, float] | None, size: int, trusting: bool) -> Verified | None:
        """Return what was verified before if it is there still and of this size, as far as a glance tells."""
        if before is None or before[0].found.size() != size:
            return None
        it, backend = before[0], before[0].found.backend
        if not isinstance(backend, LocalFolder):
            return it if trusting and self._is_known(it) else None
        now = backend.seen(it.name)
        return it if now is not None and _mark(now) == it.mark else None

    def _looked(self, wanted: tuple[bytes, int]) -> Verified:
        with unavailable(wanted[0]):
            return self._look(*wanted)

    def _look(self, sha256: bytes, size: int) -> Verified:
        found = self.store.find(sha256, size)
        if found.size() != size:
            raise found.damaged()
        if isinstance(found.backend, LocalFolder):
            with found.backend.opened(found.name) as descriptor:
                return Verified(found, _mark(os.fstat(descriptor)))
        return Verified(found, (found.stored,))

    def _is_known(self, seen: Verified) -> bool:
        mark, until = self._known.get(seen.name) or ((), 0.0)
        return mark == seen.mark and time.monotonic() <= until

    def _begin(self, some: Sequence[Verified]) -> Collection[Future[Mapping[str, StorageError]]]:
        """Have objects verified, and return the work that does so: an object is verified once, whoever asks for it."""
        with self._guard:
            new = {it.name: it for it in some if it.name not in self._busy}
            if new:
                self._busy |= dict.fromkeys(new, self._pool.submit(self._verify_all, new))
            return {self._busy[it.name] for it in some}

    def _verify_all(self, some: Mapping[str, Verified]) -> Mapping[str, StorageError]:
        failed = {}
        try:
            for name, it in some.items():
                try:
                    self._verify(it)
                except StorageError as error:
                    failed[name] = error
        finally:
            with self._guard:
                for name in some:
                    del self._busy[name]
        return failed

    def _verify(self, seen: Verified) -> None:
        found, digest = seen.found, hashlib.sha256()
        for block in found.blocks():
            digest.update(block)
            if self._closed.is_set():
                raise StorageError("The gateway ends.")
        after = self._look(found.sha256, found.size())
        if digest.digest() != found.sha256 or after.mark != seen.mark:
            raise found.damaged()
        is_file = isinstance(found.backend, LocalFolder)
        self._known.put(found.name, (seen.mark, float("inf") if is_file else time.monotonic() + _TRUSTED))


@contextmanager
def unavailable(sha256: bytes) -> Iterator[None]:
    """Turn what a store says into a problem that tells the client nothing of it, and the operator all.

    Raises:
        Problem: `OBJECT_UNAVAILABLE`: the store failed.
    """
    try:
        yield
    except StorageError as error:
        _LOG.error("object %s is not served: %s", sha256.hex(), error)
        raise Problem(
            Code.OBJECT_UNAVAILABLE,
            "The object is missing or damaged here, or its store does not answer, and its operator is told; "
            "nothing more was charged. Send the same request again later.",
            more={"sha256": f"0x{sha256.hex()}"},
            headers={"Retry-After": "60"},
        ) from error


def _mark(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _held_back(found: Found) -> Iterator[bytes]:
    """Give a whole object, its end only when its hash is right: what is not the object is never complete."""
    digest, kept = hashlib.sha256(), b""
    for block in found.blocks():
        digest.update(block)
        if kept:
            yield kept
        kept = block
    if digest.digest() != found.sha256:
        raise found.damaged()
    yield kept
