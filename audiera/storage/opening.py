"""From a URL to where objects are kept."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from audiera.errors import StorageError
from audiera.storage.backend import Backend, bare
from audiera.storage.bucket import Bucket
from audiera.storage.local import LocalFolder

__all__ = ["open_backend", "open_bucket", "open_foreign"]

_HERE: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(/|$)", re.ASCII)
"""A server on this machine: what goes there passes no network that could change it."""


def open_backend(url: str) -> Backend:
    """Return the place that a path or a URL of the user's names; nothing is asked of it yet.

    Credentials and the endpoint of an S3-compatible server are those of the environment, as for every tool of AWS
    (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT_URL`, or a profile).

    Raises:
        StorageError: it is none of a folder, s3://, https://, and http:// on this machine; or what it takes is not
            installed.
    """
    protocol, mark, rest = url.partition("://")
    if not mark:
        return LocalFolder(Path(os.path.abspath(Path(url).expanduser())))  # noqa: PTH100  # resolve() would follow links
    if protocol == "file" and rest.startswith("/"):
        return LocalFolder(Path(rest))
    if protocol == "s3":
        return open_bucket(url)
    return _website(url, public=False)


def open_foreign(url: str) -> Backend:
    """Return the place that somebody else's URL names: an https:// one, at a public address only.

    Raises:
        StorageError: it is another.
    """
    return _website(url, public=True)


def open_bucket(url: str) -> Bucket:
    """Return the bucket that an s3:// URL names; nothing is asked of it yet.

    Raises:
        StorageError: the URL has more in it than a bucket and a prefix, or what it takes is not installed.
    """
    root = url.removeprefix("s3://").rstrip("/")
    if bare(url) != url:
        raise StorageError(
            f"{bare(url)} came with a password or a query; leave credentials to the environment (AWS_PROFILE)."
        )
    if "::" in root:
        raise _refused(url)
    try:
        from audiera.storage.s3 import s3_files  # noqa: PLC0415  # it takes as long as the rest of a command's start
    except ImportError as error:
        raise StorageError(f"{url} needs a package that is not installed; run `pip install 'audiera[s3]'`.") from error
    return Bucket(url.rstrip("/"), s3_files(), root)


def _website(url: str, *, public: bool) -> Backend:
    if not (url.startswith("https://") or (not public and _HERE.match(url))):
        raise _refused(url)
    if bare(url) != url:
        raise StorageError(f"{bare(url)} came with a password or a query; leave it out (an @ in a path is %40).")
    from audiera.storage.https import Https  # noqa: PLC0415  # nor does a folder need this

    try:
        return Https.at(url.rstrip("/"), public=public)
    except ValueError as error:
        raise StorageError(f"{bare(url)} cannot be a store ({error}); write https://HOST/PATH.") from error


def _refused(url: str) -> StorageError:
    return StorageError(f"{bare(url)} cannot be a store; name a folder, s3://BUCKET/PREFIX or https://HOST/PATH.")
