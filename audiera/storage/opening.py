"""From a URL to where objects are kept."""

from __future__ import annotations

import os
from pathlib import Path

from audiera.errors import StorageError
from audiera.storage.backend import Backend
from audiera.storage.bucket import Bucket
from audiera.storage.local import LocalFolder
from audiera.storage.remote import Remote

__all__ = ["open_backend"]


def open_backend(url: str) -> Backend:
    """Return the place that a path or a URL names; nothing is asked of it yet.

    Credentials and the endpoint of an S3-compatible server are those of the environment, as for every tool of AWS
    (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT_URL`, or a profile).

    Raises:
        StorageError: nothing that is installed speaks the URL's protocol.
    """
    if "://" not in url:
        return LocalFolder(Path(os.path.abspath(Path(url).expanduser())))  # noqa: PTH100  # resolve() would follow links
    import fsspec  # noqa: PLC0415  # it takes as long as the rest of a command's start, and a folder needs none of it

    protocol = url.split("://", 1)[0]
    try:
        files, root = fsspec.core.url_to_fs(url, skip_instance_cache=True, use_listings_cache=False)
    except ImportError as error:
        how = "run `pip install 'audiera[s3]'`" if protocol in {"s3", "s3a"} else f"it says: {error}"
        raise StorageError(f"{url} needs a package that is not installed; {how}.") from error
    except ValueError as error:
        raise StorageError(f"{url} cannot be stored to ({error}); name a folder or s3://BUCKET/PREFIX.") from error
    if "file" in files.protocol:
        return LocalFolder(Path(root))
    root = root.rstrip("/")
    return (Bucket if "s3" in files.protocol else Remote)(url.rstrip("/"), files, root)
