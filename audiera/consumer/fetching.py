"""The ways by which files of one access come: from URLs that are presigned, several in one answer, and each alone.

Each is tried on what the one before it did not bring. The last, the item's own endpoint, says why one does not come; so
nothing that a gateway says of URLs and bundles is the last word. Whatever the way, a file is held to its hash.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from audiera.consumer.bundling import Key, Load, Piece, Single, bundled, bundles_of, loads_of
from audiera.consumer.presigning import Elsewhere, presigned
from audiera.errors import StorageError
from audiera.interface import Access
from audiera.remote import AbsentError, Remote
from audiera.storage import ObjectError, Report, fetch

__all__ = ["Fetcher", "Outcome"]

_VAIN: Final = 3  # URLs, or requests for some, that were in vain one after another, after which none is asked for

Good: TypeAlias = Callable[[], Access]
"""Returns the access by which files are granted, renewed if its grants end soon; raises ObjectError if they have."""

Outcome: TypeAlias = tuple[Piece, ObjectError | None]
"""A file that came, or why one did not."""


class Fetcher:
    """Brings what a gateway granted. Threads share it, so that one finds out for all which ways there are."""

    def __init__(self, remote: Remote, presigned: int) -> None:
        """Prepare it.

        Args:
            remote: the gateway.
            presigned: seconds for which its presigned URLs are good; 0: it has none.
        """
        self._remote, self._lasts = remote, presigned
        self._vain = 0
        """How many of them failed since one was good."""
        self._bundles = True
        """Whether several items are asked for in one answer: until the gateway has none, or one fails."""

    def loads(self, pieces: Sequence[Piece], workers: int) -> list[Load]:
        """Divide files, in their order, into what one thread brings."""
        return loads_of(pieces, workers, presigned=self._has_urls)

    def bring(self, pieces: Sequence[Piece], good: Good, report: Report) -> Generator[Outcome]:
        """Bring files of one access, and yield of each what came of it, as it does.

        Raises:
            StorageError: a file cannot be written, or the gateway cannot be reached.
        """
        left = pieces
        if len(left) > 1:  # the item's own endpoint leads a single one to the same place
            left = yield from self._from_urls(left, good, report)
        for load in bundles_of(left):
            left, is_absent = load.pieces, False
            if self._bundles and len(left) > 1:
                left, is_absent = yield from self._together(left, good, report)
            for piece in left:
                try:
                    fetch(Single(self._remote, good().id, piece.row), piece.to, report)
                except ObjectError as error:
                    yield piece, error
                else:
                    yield piece, None
                    if is_absent:  # and not the access
                        self._bundles = False

    @property
    def _has_urls(self) -> bool:
        return self._lasts > 0 and self._vain < _VAIN

    def _from_urls(
        self, pieces: Sequence[Piece], good: Good, report: Report
    ) -> Generator[Outcome, None, Sequence[Piece]]:
        """Bring files from presigned URLs, and return those that did not come."""
        left, rest = deque(pieces), list[Piece]()
        while self._has_urls and left:
            asked, lasts, found = time.monotonic(), 0.0, list[Elsewhere | None]()
            with suppress(StorageError):
                access = good()
                lasts = min(self._lasts, access.until - time.time())
                found = presigned(self._remote, access.id, left)
            if not any(found):
                self._vain += 1
                break
            for it in found:
                piece = left.popleft()
                if it is not None and self._came(it, piece, report):
                    yield piece, None
                else:
                    rest.append(piece)
                if time.monotonic() > asked + lasts / 2 or not self._has_urls:  # by this clock, whatever theirs says
                    break
        return [*rest, *left]

    def _came(self, found: Elsewhere, piece: Piece, report: Report) -> bool:
        told = 0

        def telling(size: int) -> None:
            nonlocal told
            told += size
            report(size)

        try:
            fetch(found, piece.to, telling)
        except StorageError:  # another than the gateway may have failed: that says nothing of what it would do
            self._vain += 1
            report(-told)
            return False
        self._vain = 0
        return True

    def _together(
        self, pieces: Sequence[Piece], good: Good, report: Report
    ) -> Generator[Outcome, None, tuple[Sequence[Piece], bool]]:
        """Bring files in one answer, and return those that did not come, and whether the gateway sends none so."""
        came = set[Key]()
        try:
            sent, is_whole = bundled(self._remote, good().id, pieces, report)
        except AbsentError:
            return pieces, True
        except ObjectError:  # of the access, which is told of each of its files
            return pieces, False
        if not is_whole:  # each would take as long, or as much work in vain
            self._bundles = False
        for piece, found in zip(pieces, sent, strict=False):
            with suppress(ObjectError):
                fetch(found, piece.to)
                came.add(piece.key)
                yield piece, None
                report(piece.size)
        return [it for it in pieces if it.key not in came], False
