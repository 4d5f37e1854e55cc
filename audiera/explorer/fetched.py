"""Objects of the stores that the explorer is told of, verified, and kept in memory while they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from audiera.errors import StorageError
from audiera.explorer.refusals import not_found
from audiera.storage import Store

__all__ = ["fetching"]


def fetching(urls: Sequence[str], what: str, kept: int) -> Callable[[bytes, int], bytes]:
    """Return what fetches the object of a digest, of so many bytes at most, from the first store that has it.

    Args:
        urls: of the stores.
        what: the object is called, where none has it.
        kept: the most objects that are kept in memory.
    """
    stores = [Store.open(url) for url in urls]

    @lru_cache(kept)
    def fetched(digest: bytes, most: int) -> bytes:
        for store in stores:
            try:
                return store.get(digest, most)
            except StorageError:  # the next one may have it
                continue
        raise not_found(f"This {what} is in none of the stores that are asked here.")

    return fetched
