"""The client of S3, as s3fs makes it, but that no redirect is followed, and that no answer is read without end.

botocore follows none by itself, and takes from an answer only the region in which S3 says that the bucket is. The
aiohttp below it would follow all, and where no region is said, aiobotocore would ask for it without end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import s3fs
from aiobotocore.httpsession import AIOHTTPSession

if TYPE_CHECKING:
    from aiobotocore.awsrequest import AioAWSResponse
    from aiohttp import ClientResponse, ClientSession
    from botocore.awsrequest import AWSPreparedRequest

__all__ = ["s3_files"]

_REGION: Final = "x-amz-bucket-region"
_MOST: Final = 1 << 24  # bytes of an answer that is no object: a list of a thousand takes less than one


def s3_files() -> s3fs.S3FileSystem:
    """Return the S3 that the environment names; nothing is asked of it yet."""
    settings = {"http_session_cls": _Session}
    return s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False, config_kwargs=settings)


class _Session(AIOHTTPSession):  # type: ignore[misc]  # a library without types
    async def send(self, request: AWSPreparedRequest) -> AioAWSResponse:
        """Send a request, and read the answer unless it is an object."""
        is_object, request.stream_output = request.stream_output, True
        try:
            answer = await super().send(request)
        finally:
            request.stream_output = is_object
        if not is_object or answer.status_code >= 300:
            answer._content = await _whole(answer.raw)  # noqa: SLF001  # which it would read without a bound
        return answer

    async def _get_session(self, proxy_url: str | None) -> _Staying:
        return _Staying(await super()._get_session(proxy_url))


class _Staying:
    """A session of aiohttp that stays where it is sent."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def request(self, method: str, **told: object) -> ClientResponse:
        answer = await self._session.request(method, allow_redirects=False, **told)  # type: ignore[arg-type]
        if 300 <= answer.status < 400 and _REGION not in answer.headers:
            answer.close()
            raise RuntimeError(f"it leads elsewhere (HTTP {answer.status}), which is not followed")
        return answer


async def _whole(answer: ClientResponse) -> bytes:
    read = bytearray()
    while block := await answer.content.read(_MOST + 1 - len(read)):
        read += block
        if len(read) > _MOST:
            answer.close()
            raise RuntimeError(f"it answers with more than {_MOST:,} bytes")
    return bytes(read)
