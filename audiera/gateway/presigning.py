"""URLs at which another than the gateway sends granted objects for a short while: the store's bucket, or nginx.

What nginx is to send it checks by itself (its module secure_link): the URL has the last second in which it is good, the
name of the object, and a MAC over both, by a secret that nginx's configuration has, too. MD5 is all that the module
has, and does here: what is hashed is the gateway's own, of one shape and one length, and ends in the secret, so that
collisions are of no use, and nothing can be appended. To forge a URL takes the secret, or a preimage.
"""

from __future__ import annotations

import re
import time
from binascii import b2a_base64
from collections.abc import Sequence
from hashlib import md5
from math import ceil
from typing import Final

from audiera.errors import InputError
from audiera.gateway.delivery import disposition_of
from audiera.gateway.objects import Objects, Verified, unavailable
from audiera.gateway.settings import Settings
from audiera.gateway.taken import Grant
from audiera.storage import Bucket

__all__ = ["Presigner"]

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,256}")  # nothing that nginx's configuration would read otherwise

_FOR_URLS: Final = bytes.maketrans(b"+/", b"-_")


class Presigner:
    """Signs URLs of a store's objects, if another than the gateway sends them. Threads share it."""

    def __init__(self, objects: Objects, settings: Settings) -> None:
        """Find out who sends them.

        Raises:
            InputError: there are to be such URLs, and nobody sends what is at them; or the secret is none.
        """
        secret, backend = settings.presign_secret, objects.store.backend
        if secret and not _SECRET.fullmatch(secret):
            raise InputError(
                "The secret of presigned URLs has 32 to 256 letters, digits, - and _, and nothing else; "
                "make one by `openssl rand -hex 32`."
            )
        self._suffix = f" {secret}"
        self._bucket = backend if isinstance(backend, Bucket) else None
        if settings.presign and self._bucket is None:
            if not objects.are_files or settings.accel is None:
                raise InputError(
                    "Presigned URLs take a bucket, or a folder that nginx sends; name nginx's location by --accel, or "
                    "leave out --presign."
                )
            if not secret:
                raise InputError(
                    "nginx checks URLs by a secret; set AUDIERA_PRESIGN_SECRET to the one that it has, or leave out "
                    "--presign."
                )
        self.seconds = settings.presign
        """For which a URL is good; 0: none is made."""

    def urls(
        self, grants: Sequence[Grant], found: Sequence[Verified | None], ends: int
    ) -> tuple[int, int, list[str | None]]:
        """Return now and the last second in which URLs of objects are good, in Unix time, and the URLs, likewise
        ordered; None: the object is sealed, or its grant ends at once, and only the gateway sends it, or there is none.

        Args:
            grants: the items.
            found: the object of each; None: it is not known.
            ends: the Unix second at which their grants end.

        Raises:
            Problem: `OBJECT_UNAVAILABLE`: there is nothing to sign with.
        """
        now = int(time.time())
        until = min(now + self.seconds, ends - 1)
        if until <= now:
            return now, until, [None] * len(grants)
        if self._bucket is not None:
            both = zip(grants, found, strict=True)
            return now, until, [self._by_bucket(self._bucket, grant, it, until) for grant, it in both]
        return now, until, [self._by_nginx(it, until) for it in found]

    def _by_nginx(self, it: Verified | None, until: int) -> str | None:
        if it is None or it.found.sealed:
            return None
        digest = md5(f"{until}/{it.name}{self._suffix}".encode(), usedforsecurity=False).digest()
        return f"/presigned/{until}/{b2a_base64(digest).translate(_FOR_URLS)[:22].decode()}/{it.name}"

    def _by_bucket(self, bucket: Bucket, grant: Grant, it: Verified | None, until: int) -> str | None:
        if it is None or it.found.sealed:
            return None
        told = {
            "ResponseContentType": grant.media_type,
            "ResponseContentDisposition": disposition_of(grant.path, grant.sha256),
        }
        with unavailable(grant.sha256):
            return bucket.presigned(it.name, max(until - ceil(time.time()), 1), **told)
