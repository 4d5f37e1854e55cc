"""Objects in an S3 bucket, or in one of the many servers that speak like it.

An object is there whole or not at all: small ones go in one request, large ones in parts that become an object
when the last is there. Parts of an upload that was interrupted are found again, compared by their MD5 (what S3
returns as a part's ETag; where a server encrypts with keys of its own it is not, and the part is sent again), and
not sent twice. Requests are retried by botocore, as its settings say.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from audiera.errors import StorageError
from audiera.storage.backend import Content, code_of, telling
from audiera.storage.objects import BLOCK

__all__ = ["AT_ONCE", "PART", "Bucket"]

PART: Final = 8 * BLOCK
"""Bytes of a part, more for objects beyond 80 GB; and those that are read at a time."""
AT_ONCE: Final = 2 * PART
"""Bytes up to which an object goes in one request."""
_ATTEMPTS: Final = 3
_MOST_PARTS: Final = 10_000  # S3's limit
_PATIENCE: Final = 60.0  # seconds
_SLOWEST: Final = 1 << 13  # bytes a second, after that
_MOST_PAGES: Final = 10_000  # of a thousand objects each: stores of two billion
_ALL_PAGES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """A store's objects in a bucket."""

    url: str
    files: Any
    """The `s3fs.S3FileSystem`: a library without types."""
    root: str
    """The bucket's name, and below it the prefix."""

    def sizes(self, shard: str, names: Collection[str]) -> dict[str, int]:
        """Return the sizes of those of some objects of a shard that are there, in one request for each thousand."""
        listed = self._listing(f"{shard}/", _MOST_PAGES)
        return {name: it["Size"] for name, it in listed if name in names}

    def listing(self) -> Iterator[tuple[str, int, str]]:
        """Yield every object below the prefix, in no order: its name, its size, and what changes with its bytes."""
        for name, it in self._listing("", _ALL_PAGES):
            yield name, it["Size"], it["ETag"]

    def mark(self, name: str) -> str | None:
        """Return what changes with the bytes of an object, as a listing has it; None if there is no such object."""
        with telling(self.url):
            try:
                return str(self._call("head_object", name)["ETag"])
            except FileNotFoundError:
                return None

    def size(self, name: str) -> int | None:
        """Return the size of one object, or None if there is none."""
        with telling(self.url):
            try:
                return int(self.files.info("/".join(self._place(name)))["size"])
            except FileNotFoundError as error:
                if code_of(error) == "NoSuchBucket":
                    raise
                return None

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of an object from `start` up to `stop`, in blocks."""
        with telling(self.url):
            while start < stop:
                end = min(start + PART, stop)
                block = self._range(name, start, end)
                yield block
                if len(block) < end - start:  # it has been cut short since its size was asked
                    return
                start = end

    def write(self, name: str, size: int, content: Content, *, steady: bool) -> None:
        """Write an object, replacing what is there; parts that are there already are not sent again."""
        with telling(self.url):
            if size <= AT_ONCE:
                data = b"".join(content())
                self._call("put_object", name, _body(data, _md5(data)))
                return
            unfinished = self._unfinished(name) if steady else []
            upload = unfinished[-1] if unfinished else self._begin(name)
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    self._send(name, size, content, upload)
                except OSError:
                    if upload in self._unfinished(name):
                        raise  # and the next run goes on from there
                    # Another writer of the same object has removed the upload, because its own is complete, ...
                    if self.size(name) == size:
                        return
                    if attempt == _ATTEMPTS:
                        raise
                    upload = self._begin(name)  # ... or, on servers that are slow to tell, will be in a moment
                else:
                    return

    def presigned(self, name: str, seconds: int, **answered: str) -> str:
        """Return a URL at which anybody gets an object, for so many seconds.

        Args:
            name: of the object.
            seconds: for which it is good.
            answered: what the server is to say of it, as S3 names it: `ResponseContentType`, say.

        Raises:
            StorageError: there is nothing to sign with.
        """
        with telling(self.url):
            url: str = self.files.url("/".join(self._place(name)), expires=seconds, **answered)
            return url

    def room(self) -> int | None:
        """Return None: a bucket does not tell."""
        return None

    def sweep(self) -> None:
        """Leave everything: what is left of an object goes when the object is complete."""

    def _listing(self, below: str, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what is below a name, a page at a time: names, and what the server says of each."""
        bucket, prefix = self._place(below)
        root, more = self._place("")[1], dict[str, str]()
        for _ in range(most):
            with telling(self.url):
                page = self.files.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, **more)
            yield from ((it["Key"].removeprefix(root), it) for it in page.get("Contents", []))
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}
        place = f"{self.url}/{below}".rstrip("/")
        raise StorageError(f"{place} lists more than {most * 1_000:,} objects; use another store.")

    def _range(self, name: str, start: int, end: int) -> bytes:
        """Return some bytes of an object, and no more, whatever the server sends."""
        from fsspec.asyn import sync  # noqa: PLC0415  # see `audiera.storage.opening`
        from s3fs.core import _error_wrapper  # noqa: PLC0415  # what repeats a call whose connection broke

        async def fetched() -> bytes:
            bucket, key = self._place(name)
            asked = f"bytes={start}-{end - 1}"
            answer = await self.files._call_s3("get_object", Bucket=bucket, Key=key, Range=asked)  # noqa: SLF001  # to stop reading
            blocks = bytearray()
            async with answer["Body"] as body:
                while len(blocks) < end - start and (block := await body.read(end - start - len(blocks))):
                    blocks += block
            return bytes(blocks)

        patience = _PATIENCE + (end - start) / _SLOWEST
        block: bytes = sync(self.files.loop, _error_wrapper, fetched, retries=self.files.retries, timeout=patience)
        return block

    def _begin(self, name: str) -> str:
        upload: str = self._call("create_multipart_upload", name)["UploadId"]
        return upload

    def _send(self, name: str, size: int, content: Content, upload: str) -> None:
        there, parts = self._parts(name, upload), []
        for number, part in enumerate(_cut(content(), _part_size(size)), start=1):
            md5 = _md5(part)
            tag = f'"{md5.hex()}"'
            if there.get(number) != tag:
                tag = self._call("upload_part", name, _body(part, md5), UploadId=upload, PartNumber=number)["ETag"]
            parts.append({"PartNumber": number, "ETag": tag})
        # Only now, when the content has not refused to be what its name says, does it become an object.
        self._call("complete_multipart_upload", name, UploadId=upload, MultipartUpload={"Parts": parts})
        for left in self._unfinished(name):
            self._call("abort_multipart_upload", name, UploadId=left)

    def _unfinished(self, name: str) -> list[str]:
        """Return the uploads of an object that never ended, oldest first."""
        bucket, key = self._place(name)
        found = self.files.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=key).get("Uploads", [])
        return [it["UploadId"] for it in sorted(found, key=lambda it: it["Initiated"]) if it["Key"] == key]

    def _parts(self, name: str, upload: str) -> dict[int, str]:
        found: dict[int, str] = {}
        marker = 0
        while True:
            page = self._call("list_parts", name, UploadId=upload, PartNumberMarker=marker)
            found |= {it["PartNumber"]: it["ETag"] for it in page.get("Parts", [])}
            before, marker = marker, page.get("NextPartNumberMarker", 0)
            if not page.get("IsTruncated") or not before < marker <= _MOST_PARTS:  # a list that goes on must get on
                return found

    def _call(self, method: str, name: str, body: dict[str, Any] | None = None, **more: object) -> dict[str, Any]:
        bucket, key = self._place(name)
        answer: dict[str, Any] = self.files.call_s3(method, Bucket=bucket, Key=key, **(body or {}), **more)
        return answer

    def _place(self, name: str) -> tuple[str, str]:
        bucket, _, key = f"{self.root}/{name}".partition("/")
        return bucket, key


def _part_size(size: int) -> int:
    return max(PART, -(-size // _MOST_PARTS // BLOCK) * BLOCK)


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _body(data: bytes, md5: bytes) -> dict[str, Any]:
    """Return what a request carries, with what the server refuses it by if it arrives otherwise."""
    return {"Body": data, "ContentMD5": base64.b64encode(md5).decode()}


def _cut(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    kept = bytearray()
    for block in blocks:
        kept += block
        while len(kept) >= size:
            yield bytes(memoryview(kept)[:size])
            del kept[:size]
    if kept:
        yield bytes(kept)
