"""Files at URLs of their own, at which another than the gateway sends them, and need not ask it.

The URLs are what a gateway says, so they are followed no further than its redirects are, and what comes of them is held
to its hash like all else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from audiera.consumer.bundling import Piece, Single
from audiera.errors import StorageError
from audiera.interface import Presigned, Presigning
from audiera.remote import Answer, Remote
from audiera.text import hex_of, shown

__all__ = ["Elsewhere", "presigned"]

_MOST: Final = 1 << 22  # bytes of an answer


@dataclass(frozen=True, slots=True)
class Elsewhere(Single):
    """A granted item at a presigned URL."""

    url: str

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        """Give its bytes from `start` on."""
        return self.remote.blocks_at(self.url, start, self.size())


def presigned(remote: Remote, access: bytes, pieces: Sequence[Piece]) -> tuple[int, list[Elsewhere | None]]:
    """Return for how many seconds from now on URLs are good, by the gateway's clock alone, and items at them, in their
    order; None: the gateway sends one itself.

    Args:
        remote: the gateway, which is asked once.
        access: by which they are granted.
        pieces: the items.

    Raises:
        StorageError: it refuses or fails, answers something else, or leads to several places, which no store is at.
    """
    body = Presigning(items=[it.key[1] for it in pieces]).model_dump_json().encode()
    told = b"".join(remote.answered(f"/v1/accesses/{hex_of(access)}/presigned", body, _MOST))
    answer = remote.read(Presigned, Answer(200, {}, told))
    urls = answer.urls
    if len(urls) != len(pieces):
        raise StorageError(f"{shown(remote.url)} answered with {len(urls):,} URLs, where {len(pieces):,} belong.")
    if len({_origin(it) for it in urls if it is not None and not it.startswith("/")}) > 1:
        raise StorageError(f"{shown(remote.url)} leads to several places at once, which are not followed.")
    return answer.until - answer.at, [
        None if url is None else Elsewhere(remote, access, it.row, url) for it, url in zip(pieces, urls, strict=True)
    ]


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
