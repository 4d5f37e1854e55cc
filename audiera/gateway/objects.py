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
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread

from audiera.errors import StorageError
from audiera.gateway.keeping import Keeping
from audiera.gateway.problems import Code, Problem
from audiera.gateway.verifying import Job, Turns
from audiera.storage import Bucket, Found, LocalFolder, ObjectError, Store

__all__ = ["BLOCK", "Objects", "Verified", "unavailable"]

T = TypeVar("T")

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
        self._closed = threading.Event()
        self._turns = Turns(self._verify, _AT_ONCE)
        self._readers = CapacityLimiter(_READERS)

    def close(self) -> None:
        """Stop verifying."""
        self._closed.set()
        self._turns.close()

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

    async def all_of(self, wanted: Sequence[tuple[bytes, int]]) -> Sequence[Verified]:
        """Return objects by their sha-256 and size, in this order, each verified now or before.

        Raises:
            Problem: `OBJECT_UNAVAILABLE`: one is missing or damaged, the store fails, or they are being verified still.
        """
        seen, fresh = await to_thread.run_sync(self._look_at_all, wanted, limiter=self._readers)
        new = [it for it in fresh if not self._is_known(it)]
        failed = await self._verified(self._turns.ask(new)) if new else {}
        if len(failed) < len(new):  # they are verified nonetheless, for the next request
            raise Problem(
                Code.OBJECT_UNAVAILABLE,
                "The object is being verified before it is served; send the same request again in a moment.",
                headers={"Retry-After": "5"},
            )
        for it in new:
            error = failed[it.name]
            if error is None and not self._is_known(it):  # another asked, and saw it with another mark
                error = it.found.damaged()
            if error is not None:
                with unavailable(it.found.sha256):
                    raise error
        self._keep(fresh)
        return seen

    def known(self, wanted: Sequence[tuple[bytes, int]]) -> list[Verified | None]:
        """Return objects likewise that were verified before and are there still, as far as a glance tells: of a bucket
        or a server, those that were verified within the hour. None: `some_of` has to look.
        """
        before = self._seen.those(sha256 for sha256, _ in wanted)
        return [self._same(before.get(sha256), size, trusting=True) for sha256, size in wanted]

    async def some_of(self, wanted: Sequence[tuple[bytes, int]], most: int) -> Mapping[tuple[bytes, int], Verified]:
        """Return those of objects that are verified in time, the first ones of so many bytes, and one at least.

        What is missing or damaged is told to the operator, and is not among them; who asks for it alone is told, too.
        """
        some, size = list[tuple[bytes, int]](), 0
        for each in dict.fromkeys(wanted):
            size += each[1]
            if some and size > most:
                break
            some.append(each)
        fresh = await to_thread.run_sync(self._look_at_some, some, limiter=self._readers)
        jobs = self._turns.ask([it for it in fresh if not self._is_known(it)])
        try:
            failed = await self._verified(jobs)
        finally:
            self._turns.leave(jobs)
        for it in fresh:
            if (error := failed.get(it.name)) is not None:
                with suppress(Problem), unavailable(it.found.sha256):
                    raise error
        good = [it for it in fresh if failed.get(it.name) is None and self._is_known(it)]
        self._keep(good)
        return {(it.found.sha256, it.found.size()): it for it in good}

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

    def _look_at_all(self, wanted: Sequence[tuple[bytes, int]]) -> tuple[Sequence[Verified], Sequence[Verified]]:
        """Return objects, in this order, and those of them that are not known to be what was verified before."""
        before = self._seen.those(sha256 for sha256, _ in wanted)
        seen = {it: self._same(before.get(it[0]), it[1]) for it in wanted}
        new = [it for it, verified in seen.items() if verified is None]
        fresh = list(self._each(self._looked, new))
        seen.update(zip(new, fresh, strict=True))
        return [verified for it in wanted if (verified := seen[it]) is not None], fresh

    def _look_at_some(self, wanted: Sequence[tuple[bytes, int]]) -> Sequence[Verified]:
        """Return those of objects that are there."""

        def looked(it: tuple[bytes, int]) -> Verified | None:
            with suppress(Problem):
                return self._looked(it)
            return None

        return [it for it in self._each(looked, wanted) if it is not None]

    def _each(self, look: Callable[[tuple[bytes, int]], T], wanted: Sequence[tuple[bytes, int]]) -> Iterator[T]:
        """Give what a look at each object finds."""
        if self.are_files or len(wanted) < 2:
            yield from map(look, wanted)
        else:  # each of them is waited for
            with ThreadPoolExecutor(_LOOKERS, "look") as lookers:
                yield from lookers.map(look, wanted)

    def _same(self, before: tuple[Verified, float] | None, size: int, *, trusting: bool = False) -> Verified | None:
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

    async def _verified(self, jobs: Sequence[Job[Verified]]) -> Mapping[str, StorageError | None]:
        """Wait for objects to be verified, as long as patience lasts, and return why they are none, by name; None:
        nothing is wrong.
        """
        waited = {asyncio.wrap_future(it.done): it for it in jobs}
        ended = (await asyncio.wait(waited, timeout=self._patience))[0] if waited else ()
        return {waited[it].thing.name: it.result() for it in ended}

    def _keep(self, some: Iterable[Verified]) -> None:
        now = time.monotonic()
        for it in some:
            self._seen.put(it.found.sha256, (it, now))

    def _verify(self, seen: Verified) -> None:
        found, digest = seen.found, hashlib.sha256()
        for block in chain([b""], found.blocks()):
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
