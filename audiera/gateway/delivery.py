"""The answer that carries an object's bytes, by whichever way is the shortest that the operator has set up."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from audiera.errors import StorageError
from audiera.gateway.answers import patient
from audiera.gateway.objects import Objects, Verified, unavailable
from audiera.gateway.problems import Problem
from audiera.gateway.ranges import is_held, part_of
from audiera.gateway.settings import Settings
from audiera.gateway.taken import Grant
from audiera.storage import LocalFolder, ObjectError, landing
from audiera.text import hex_of

__all__ = ["BundleDelivery", "Delivery", "disposition_of", "naming"]

_LOG: Final = logging.getLogger("audiera.gateway")


class Delivery(Response):
    """An object's bytes: all of them, or those of one range."""

    def __init__(
        self, objects: Objects, settings: Settings, sha256: bytes, size: int, headers: Mapping[str, str]
    ) -> None:
        """Prepare the answer; the object is looked at when it is sent.

        Args:
            objects: the store's.
            settings: of the gateway.
            sha256: of the object.
            size: of the object, bytes.
            headers: of the answer; `ETag` is among them.
        """
        super().__init__()
        self._objects, self._settings = objects, settings
        self._sha256, self._size = sha256, size
        self._told = {**headers, "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it.

        Raises:
            Problem: the range is beyond the end, or the object cannot be served.
        """
        asked, headers = Headers(scope=scope), dict(self._told)
        if is_held(asked, headers["ETag"]):
            await Response(status_code=304, headers=headers)(scope, receive, send)
            return
        part = part_of(asked, self._size, headers["ETag"])
        it = await self._objects.get(self._sha256, self._size)
        elsewhere = await self._elsewhere(it, headers)
        if elsewhere is not None:
            await elsewhere(scope, receive, send)
            return
        start, stop = part or (0, self._size)
        headers["Content-Length"] = str(stop - start)
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{self._size}"
        if scope["method"] == "HEAD":
            await Response(status_code=206 if part else 200, headers=headers)(scope, receive, send)
            return
        blocks = self._objects.blocks(it, start, stop)
        try:
            with unavailable(self._sha256):
                first = await self._objects.next_of(blocks)
            if len(first) == stop - start:
                answer = Response(first, 206 if part else 200, headers)
            else:
                body = _rest(self._objects, blocks, first, stop - start)
                answer = StreamingResponse(body, 206 if part else 200, headers)
            with _begun(f"object {self._sha256.hex()}"):
                await answer(scope, receive, patient(send, self._settings.limits.stall))
        finally:
            blocks.close()

    async def _elsewhere(self, it: Verified, headers: dict[str, str]) -> Response | None:
        """Return the answer by which nginx or the bucket itself sends the bytes."""
        if it.found.sealed:
            return None
        if self._settings.accel is not None and isinstance(it.found.backend, LocalFolder):
            return Response(headers={**headers, "X-Accel-Redirect": f"{self._settings.accel}/{it.name}"})
        if not self._settings.presign:
            return None
        told = {f"Response{it.replace('-', '')}": headers[it] for it in ("Content-Type", "Content-Disposition")}
        url = await self._objects.presigned(it, self._settings.presign, told)
        return (
            None if url is None else Response(status_code=302, headers={"Location": url, "Cache-Control": "no-store"})
        )


class BundleDelivery(Response):
    """The bytes of several items, one after another: all of them, or a refusal that names one.

    The gateway sends them itself, whatever sends single ones: what costs is the number of answers, for items are small.
    """

    def __init__(self, objects: Objects, settings: Settings, grants: Sequence[Grant]) -> None:
        """Prepare the answer; the objects are looked at when it is sent.

        Args:
            objects: the store's.
            settings: of the gateway.
            grants: the items.
        """
        super().__init__()
        self._objects, self._settings, self._grants = objects, settings, grants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it.

        Raises:
            Problem: an object cannot be served.
        """
        size = sum(it.size for it in self._grants)
        with naming(self._grants):
            found = await self._objects.all_of([(it.sha256, it.size) for it in self._grants])
        headers = {
            "Cache-Control": "no-store",
            "Content-Length": str(size),
            "Content-Type": "application/octet-stream",
            "X-Content-Type-Options": "nosniff",
        }
        blocks = self._objects.joined(found)
        try:
            with naming(self._grants):
                first = await self._objects.next_of(blocks)
            answer = StreamingResponse(_rest(self._objects, blocks, first, size), headers=headers)
            with _begun(f"{len(self._grants)} items"):
                await answer(scope, receive, patient(send, self._settings.limits.stall))
        finally:
            blocks.close()


@contextmanager
def naming(grants: Sequence[Grant]) -> Iterator[None]:
    """Have a refusal name the item where it names its object.

    Raises:
        Problem: what was raised within.
    """
    try:
        yield
    except Problem as problem:
        named = problem.more.get("sha256")
        if (leaf := next((it.leaf for it in grants if hex_of(it.sha256) == named), None)) is not None:
            problem.more["item"] = hex_of(leaf)
        raise


@contextmanager
def _begun(what: str) -> Iterator[None]:
    """Leave an answer that has begun and cannot go on: that it ends early is the only way to say so."""
    try:
        yield
    except TimeoutError:
        _LOG.info("a client took too long over %s, and is left", what)
    except StorageError as error:
        _LOG.error("%s broke off: %s", what, error)
    except Problem:  # of which `unavailable` wrote down why
        pass


async def _rest(objects: Objects, blocks: Iterator[bytes], first: bytes, left: int) -> AsyncIterator[bytes]:
    block = first
    while block:
        left -= len(block)
        yield block
        block = await objects.next_of(blocks) if left else b""
    if left:
        raise ObjectError(f"{left:,} bytes are missing at its end")


def disposition_of(path: str, sha256: bytes) -> str:
    """Return `Content-Disposition` for an item of a stranger's path: a name that is safe on every system."""
    name = path.rpartition("/")[2]
    try:
        landing(Path(), name)
    except ObjectError:
        name = sha256.hex()
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", name)
    if plain == name:
        return f'attachment; filename="{name}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
