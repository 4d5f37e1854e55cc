"""Bringing objects to a gateway by tus: only what it lacks, in parts, and on from where it broke off."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from typing import Final

from audiera.errors import StorageError
from audiera.interface import MOST_ASKED, About, Missing
from audiera.remote import Remote
from audiera.storage import Report, StoredObject, each
from audiera.text import hex_of, shown
from audiera.work import Watcher

__all__ = ["bring", "lacking"]

_PART: Final = 1 << 20  # bytes of one request, where the gateway takes as many
_WORKERS: Final = 4
_PAUSE: Final = 2.0  # seconds before what is being written is asked for again
_PATIENCE: Final = 600.0  # seconds
_TUS: Final = {"Tus-Resumable": "1.0.0"}


def lacking(remote: Remote, objects: Sequence[StoredObject]) -> tuple[StoredObject, ...]:
    """Return the objects that the gateway does not have from the account.

    Raises:
        StorageError: the gateway refuses or cannot be reached, or they are more than it takes.
    """
    wanted = {it.sha256: it for it in objects}
    names, missing, room = list(wanted), list[StoredObject](), 0
    for at in range(0, len(names), MOST_ASKED):
        body = json.dumps({"objects": [hex_of(it) for it in names[at : at + MOST_ASKED]]}).encode()
        answer = remote.read(Missing, remote.post("/v1/uploads/missing", body))
        missing += [wanted[it] for it in answer.missing if it in wanted]
        room = answer.room
    size = sum(it.size for it in missing)
    if size > room:
        raise StorageError(
            f"{size:,} bytes are to be brought, and {shown(remote.url)} takes {room:,} more of this account; ask its "
            "operator for room."
        )
    return tuple(missing)


def bring(remote: Remote, objects: Sequence[StoredObject], *, progress: Watcher | None = None) -> None:
    """Bring objects to the gateway, several at a time.

    Raises:
        StorageError: the gateway refuses or cannot be reached, or files cannot be read or have changed.
    """
    part = min(remote.read(About, remote.get("/v1/gateway")).body, _PART)
    failed = each(objects, lambda it, report: _bring(remote, it, part, report), progress=progress, workers=_WORKERS)
    if failed:
        raise StorageError(f"{len(failed)} of {len(objects)} files could not be brought:", *map(str, failed))


def _bring(remote: Remote, stored: StoredObject, part: int, report: Report) -> None:
    told = f"sha256 {base64.b64encode(stored.sha256.hex().encode()).decode()}{',private' * stored.private}"
    begun = remote.ask(
        "POST", "/v1/uploads", headers={**_TUS, "Upload-Length": str(stored.size), "Upload-Metadata": told}
    )
    place = begun.headers.get("Location", "")
    if begun.status != 201 or not place.startswith("/v1/uploads/0x"):
        raise remote.refusal(begun)
    offset = _number(begun.headers.get("Upload-Offset"))
    report(offset)
    for data in _parts(stored, offset, part):
        taken = _append(remote, place, offset, data)
        if taken != offset + len(data):
            raise StorageError(f"{shown(remote.url)} does not go on with {shown(stored.label)}; run it again.")
        report(len(data))
        offset = taken


def _append(remote: Remote, place: str, offset: int, data: bytes) -> int:
    """Send the next bytes of an object, and return how many the gateway has."""
    checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
    headers = {
        **_TUS,
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {checksum}",
    }
    ends = time.monotonic() + _PATIENCE
    while True:
        answer = remote.ask("PATCH", place, data, headers)
        conflict = answer.status == 409  # it was taken, and the answer lost; or an earlier try is being written
        if conflict:
            answer = remote.ask("HEAD", place, headers=_TUS)
        if answer.status not in (200, 204):
            raise remote.refusal(answer)
        taken = _number(answer.headers.get("Upload-Offset"))
        if not conflict or taken != offset or time.monotonic() > ends:
            return taken
        time.sleep(_PAUSE)


def _parts(stored: StoredObject, offset: int, size: int) -> Iterator[bytes]:
    """Give the bytes of an object from an offset on, so many at a time; they are checked when all of them are read."""
    at = 0
    for block in stored.blocks():
        left = block[max(offset - at, 0) :]
        at += len(block)
        for start in range(0, len(left), size):
            yield left[start : start + size]


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0
