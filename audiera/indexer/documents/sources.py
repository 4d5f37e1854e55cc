"""Where documents are looked for: the stores that the user names, then the gateways that a dataset does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import Final

from audiera.errors import StorageError
from audiera.indexer.documents.papers import Paper
from audiera.licensing import template_of
from audiera.metering import log_name
from audiera.storage import ObjectError, Store

__all__ = ["Sources"]

_PATIENCE: Final = 600.0  # seconds for one document of one source
_SAID: Final = 400  # letters of what one source answered
_KNOWN: Final = 256  # gateways whose connections are kept


@dataclass(frozen=True, slots=True)
class Sources:
    """Stores that the user trusts to exist, and the way to those that strangers name."""

    stores: Sequence[Store] = ()
    patience: float = field(default=_PATIENCE, kw_only=True)

    def get(self, paper: Paper, digest: bytes, most: int, gateways: Sequence[str] = ()) -> Iterator[bytes]:
        """Yield what each source has under a document's name, until the caller has what it wants.

        All but a use log is what its digest says; a use log is whatever the source gave.

        Args:
            paper: what it is.
            digest: its sha-256; of a use log the root.
            most: the bytes that it can have: more are not read.
            gateways: URLs that strangers name.

        Raises:
            StorageError: at the end, with what each source answered.
        """
        if paper is Paper.TEXT and (text := template_of(digest)):
            yield text.text
            return
        refusals: list[str] = []
        for source in self._opened(gateways, refusals):
            try:
                yield self._read(source, paper, digest, most)
            except StorageError as error:
                refusals.append(str(error)[:_SAID])
        if not refusals:
            raise StorageError("No store and no gateway is known to ask; name a store with --store.")
        raise StorageError(" ".join(refusals))

    def _opened(self, gateways: Iterable[str], refusals: list[str]) -> Iterator[Store]:
        yield from self.stores
        for url in gateways:
            try:
                yield _foreign(url)
            except StorageError as error:
                refusals.append(str(error)[:_SAID])

    def _read(self, store: Store, paper: Paper, digest: bytes, most: int) -> bytes:
        if paper is Paper.LOG:
            return self._named(store, log_name(digest), most)
        found = store.find(digest, most)
        data = self._whole(found.blocks(), store.url)
        if hashlib.sha256(data).digest() != digest:
            raise found.damaged()
        return data

    def _named(self, store: Store, name: str, most: int) -> bytes:
        size = store.backend.size(name)
        if size is None:
            raise ObjectError(f"{store.url}/{name} is missing; ask the gateway to publish it.")
        if size > most:
            raise ObjectError(f"{store.url}/{name} has {size:,} bytes, where {most:,} at most belong, and is not read.")
        return self._whole(store.backend.read(name, 0, size), store.url)

    def _whole(self, blocks: Iterator[bytes], url: str) -> bytes:
        data, until = bytearray(), monotonic() + self.patience
        for block in blocks:
            data += block
            if monotonic() > until:
                raise StorageError(f"{url} is too slow; {len(data):,} bytes came in {self.patience:.0f} seconds.")
        return bytes(data)


@lru_cache(_KNOWN)
def _foreign(url: str) -> Store:
    return Store.open_foreign(url)
