"""`/v1/uploads`: bytes that signed-in accounts bring, by tus 1.0 (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import base64
import binascii
from email.utils import formatdate
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from audiera.gateway.problems import Code, Problem
from audiera.gateway.routes.shared import OurUploads, Signed
from audiera.gateway.uploads import Upload
from audiera.interface import Brought, Hash, Missing

__all__ = ["append", "begin", "missing", "protocol", "state", "uploading"]

uploading = APIRouter(prefix="/v1/uploads", tags=["uploads"])

_VERSION = "1.0.0"
_TYPE = "application/offset+octet-stream"
_DIGITS = "^[0-9]{1,18}$"


def _resumable(told: Annotated[str | None, Header(alias="Tus-Resumable")] = None) -> None:
    if told != _VERSION:
        detail = f"Uploads are by tus {_VERSION}; say so in Tus-Resumable."
        raise Problem(Code.PROTOCOL_UNKNOWN, detail, headers={"Tus-Version": _VERSION})


async def _bytes(request: Request) -> bytes:
    if request.headers.get("content-type") != _TYPE:
        raise Problem(Code.MALFORMED, f"A part is sent as {_TYPE}.")
    return await request.body()


_Length = Annotated[str, Header(alias="Upload-Length", pattern=_DIGITS)]
_Offset = Annotated[str, Header(alias="Upload-Offset", pattern=_DIGITS)]
_Metadata = Annotated[str, Header(alias="Upload-Metadata", max_length=1_000)]
_Checksum = Annotated[str | None, Header(alias="Upload-Checksum", max_length=200)]


@uploading.post("/missing", summary="Which objects an account has not brought yet")
def missing(body: Brought, signed: Signed, uploads: OurUploads) -> Missing:
    """Answer what to upload, and how much more may be."""
    return uploads.missing(signed.account, body.objects)


@uploading.options("", include_in_schema=False)
def protocol(uploads: OurUploads) -> Response:
    """Answer what of tus is spoken."""
    return _answer(
        204,
        {
            "Tus-Version": _VERSION,
            "Tus-Extension": "creation,checksum,expiration",
            "Tus-Max-Size": str(uploads.settings.file),
            "Tus-Checksum-Algorithm": "sha256",
        },
    )


@uploading.post("", status_code=201, dependencies=[Depends(_resumable)], summary="Begin to bring an object (tus)")
def begin(signed: Signed, uploads: OurUploads, length: _Length, metadata: _Metadata) -> Response:
    """Answer where its bytes go. The metadata is `sha256`, in hex, and `private`, for what is sealed where it lies."""
    told = _metadata(metadata)
    try:
        sha256 = bytes.fromhex(told["sha256"].decode("ascii"))
    except (KeyError, ValueError):
        sha256 = b""
    if len(sha256) != 32:
        raise Problem(Code.MALFORMED, "Upload-Metadata has to name the object: sha256, then in base64 its hex digits.")
    upload = uploads.begin(signed.account, sha256, int(length), private="private" in told)
    return _answer(201, {"Location": f"/v1/uploads/0x{upload.id.hex()}", **_state(upload)})


@uploading.head("/{upload}", dependencies=[Depends(_resumable)], summary="How far an object is (tus)")
def state(upload: Hash, signed: Signed, uploads: OurUploads) -> Response:
    """Answer how many bytes are here."""
    return _answer(200, _state(uploads.find(signed.account, upload)))


@uploading.patch(
    "/{upload}", status_code=204, dependencies=[Depends(_resumable)], summary="The next bytes of an object (tus)"
)
def append(  # noqa: PLR0917  # as FastAPI takes them
    upload: Hash,
    signed: Signed,
    uploads: OurUploads,
    offset: _Offset,
    data: Annotated[bytes, Depends(_bytes)],
    checksum: _Checksum = None,
) -> Response:
    """Take them; with the last, the object is verified and stored."""
    done = uploads.append(signed.account, upload, int(offset), data, _checksum(checksum))
    return _answer(204, _state(done))


def _state(upload: Upload) -> dict[str, str]:
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Length": str(upload.size),
        "Upload-Expires": formatdate(upload.until, usegmt=True),
    }


def _answer(status: int, headers: dict[str, str]) -> Response:
    return Response(None, status, {"Tus-Resumable": _VERSION, "Cache-Control": "no-store", **headers})


def _metadata(text: str) -> dict[str, bytes]:
    pairs = (it.strip().partition(" ") for it in text.split(","))
    return {name: _decoded(value) for name, _, value in pairs}


def _checksum(text: str | None) -> bytes | None:
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    if algorithm != "sha256":
        raise Problem(Code.MALFORMED, "Checksums are by sha256.")
    return _decoded(value)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(Code.MALFORMED, "This is not base64.") from error
