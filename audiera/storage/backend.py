"""Where objects are kept: what a store asks of a folder, of S3, and of a server that is only read."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TypeAlias

from audiera.errors import AudieraError, StorageError

__all__ = ["Backend", "Content", "bare", "code_of", "only_read", "telling"]

Content: TypeAlias = Callable[[], Iterator[bytes]]
"""Gives the bytes to write, anew at every call; raises at the end if they are not what they should be."""

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSALS: Final = {
    "InvalidAccessKeyId": "knows no such access key; check AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "refuses the signature; check AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "says that the session is over; log in again",
    "NoSuchBucket": "names a bucket that does not exist; create it, or name another",
    "InvalidBucketName": "names a bucket that cannot exist; write s3://BUCKET/PREFIX",
    "ParamValidationError": "names a bucket that cannot exist; write s3://BUCKET/PREFIX",
    "NoCredentialsError": "needs credentials, and there are none; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "PartialCredentialsError": "needs both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "ProfileNotFound": "needs a profile that is not configured; check AWS_PROFILE",
}
_UNREACHABLE: Final = (
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ReadTimeoutError",
    "ProtocolError",
)
_LONGEST: Final = 500  # letters of what a library or a server said


class Backend(Protocol):
    """Keeps objects by name. A name is either absent or holds one whole object, whatever fails."""

    @property
    def url(self) -> str:
        """Where it is, as people write it."""
        ...

    def sizes(self, shard: str, names: Collection[str]) -> dict[str, int]:
        """Return the sizes of those of some objects of a shard that are there, by name."""
        ...

    def size(self, name: str) -> int | None:
        """Return the size of one object, or None if there is none."""
        ...

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of an object from `start` up to `stop`, in blocks."""
        ...

    def write(self, name: str, size: int, content: Content, *, steady: bool) -> None:
        """Write an object, replacing what is there.

        Args:
            name: of the object.
            size: of the content, bytes.
            content: gives it.
            steady: whether it has the same bytes at every call, so that what an earlier attempt sent is of use.
        """
        ...

    def room(self) -> int | None:
        """Return the bytes that still fit, or None if nobody can tell."""
        ...

    def sweep(self) -> None:
        """Remove what writers that died left behind, and what could still be of use to nobody."""
        ...


def only_read(url: str) -> StorageError:
    """Return what refuses to write to a server."""
    return StorageError(f"{url} can only be read; store to a folder or to s3://BUCKET/PREFIX.")


def bare(url: str) -> str:
    """Return a URL without what may be secret in it: who asks, by which password, and the query.

    Of one that cannot be told apart, less is left rather than more.
    """
    protocol, mark, rest = url.partition("://")
    if not mark:
        return url
    before, _, after = rest.rpartition("@")
    is_unclear = re.search("[?#]", before)  # a password with a question mark, or a query with an @?
    return protocol + mark + ("..." if is_unclear else re.split("[?#]", after)[0])


def code_of(error: BaseException) -> str:
    """Return what S3 calls an error, or the name of its type."""
    for each in (error, error.__cause__):
        response = getattr(each, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return type(error).__name__


@contextmanager
def telling(url: str) -> Iterator[None]:
    """Turn whatever a file system or a library of the network raises into a sentence.

    Raises:
        StorageError: instead of anything but an error of this package.
    """
    try:
        yield
    except AudieraError:
        raise
    except Exception as error:
        raise StorageError(f"{url} {_told(error)}.") from error


def _told(error: Exception) -> str:
    code = code_of(error)
    said = _plain(getattr(error, "strerror", None) or str(error) or code)
    if code in _REFUSALS:
        return _REFUSALS[code]
    if isinstance(error, OSError) and error.errno in _FULL:
        return "has no room for more; make some and run this again: what is stored stays"
    if code in _UNREACHABLE or isinstance(error, ConnectionError | TimeoutError):
        return "cannot be reached; check the address and the network, and run this again: what is stored stays"
    if isinstance(error, NotADirectoryError | FileExistsError):
        return "is not a folder; name another place to store"
    if isinstance(error, PermissionError) or (isinstance(error, OSError) and error.errno == errno.EROFS):
        return f"refuses ({said}); ask whoever runs it for access, or mend its permissions"
    return f"failed ({said}); run this again: what is stored stays"


def _plain(text: str) -> str:
    """Return what was said without what may be secret in it, and no more of it than is worth reading."""
    said = " ".join(map(bare, text.split()))
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
