"""The answer that carries an object's bytes, by whichever way is the shortest that the operator has set up."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from audiera.errors import StorageError
from audiera.gateway.answers import patient
from audiera.gateway.objects import Objects, Verified, unavailable
from audiera.gateway.ranges import is_held, part_of
from audiera.gateway.settings import Settings
from audiera.storage import LocalFolder, ObjectError, landing

__all__ = ["Delivery", "disposition_of"]

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
            body = self._rest(blocks, first, stop - start)
            answer = StreamingResponse(body, 206 if part else 200, headers)
            await answer(scope, receive, patient(send, self._settings.limits.stall))
        except TimeoutError:
            _LOG.info("a client took too long over object %s, and is left", self._sha256.hex())
        except StorageError as error:  # in the middle: an answer that ends early is the only way to say so
            _LOG.error("object %s broke off: %s", self._sha256.hex(), error)
        finally:
            blocks.close()

    async def _elsewhere(self, it: Verified, headers: dict[str, str]) -> Response | None:
        """Return the answer by which nginx or the bucket itself sends the bytes."""
        if it.found.sealed:
            return None
        if self._settings.accel is not None and isinstance(it.found.backend, LocalFolder):
            return Response(headers={**headers, "X-Accel-Redirect": f"{self._settings.accel}/{it.found.name}"})
        if not self._settings.presign:
            return None
        told = {f"Response{it.replace('-', '')}": headers[it] for it in ("Content-Type", "Content-Disposition")}
        url = await self._objects.presigned(it, self._settings.presign, told)
        return (
            None if url is None else Response(status_code=302, headers={"Location": url, "Cache-Control": "no-store"})
        )

    async def _rest(self, blocks: Iterator[bytes], first: bytes, left: int) -> AsyncIterator[bytes]:
        block = first
        while block:
            left -= len(block)
            yield block
            block = await self._objects.next_of(blocks) if left else b""
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
