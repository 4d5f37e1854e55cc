"""The ways by which files of one access come: from URLs that are presigned, several in one answer, and each alone.

Each is tried on what the one before it did not bring. The last, the item's own endpoint, says why one does not come; so
nothing that a gateway says of URLs and bundles is the last word. Whatever the way, a file is held to its hash.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final, TypeAlias

from audiera.consumer.bundling import Key, Load, Piece, Single, bundled, bundles_of, loads_of
from audiera.consumer.presigning import presigned
from audiera.errors import StorageError
from audiera.interface import Access
from audiera.remote import AbsentError, Remote
from audiera.storage import ObjectError, Report, begun, fetch
from audiera.text import shown

__all__ = ["Fetcher", "Outcome"]

_VAIN: Final = 3  # URLs, or requests for some, that may be in vain, ...
_GOOD: Final = 32  # ... and one more for so many URLs that were good, before none is asked for
_PAUSE: Final = 60.0  # seconds, after which one more is tried: what failed may be over

Good: TypeAlias = Callable[[], Access]
"""Returns the access by which files are granted, renewed if its grants end soon; raises ObjectError if they have."""

Outcome: TypeAlias = tuple[Piece, ObjectError | None]
"""A file that came, or why one did not."""


class Fetcher:
    """Brings what a gateway granted. Threads share it, so that one finds out for all which ways there are."""

    def __init__(self, remote: Remote, presigned: int, say: Callable[[str], object]) -> None:
        """Prepare it.

        Args:
            remote: the gateway.
            presigned: seconds for which its presigned URLs are good; 0: it has none.
            say: is told in a sentence that they fail, once.
        """
        self._remote, self._lasts, self._say = remote, presigned, say
        self._vain, self._good = 0, 0
        """How many URLs, and requests for some, were in vain, and how many URLs were good."""
        self._pause = 0.0
        """Until when none is asked for, by this machine's steady clock."""
        self._said = False
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
        return self._lasts > 0 and time.monotonic() >= self._pause

    def _from_urls(
        self, pieces: Sequence[Piece], good: Good, report: Report
    ) -> Generator[Outcome, None, Sequence[Piece]]:
        """Bring files from presigned URLs, and return those that did not come."""
        left, rest, most = deque(pieces), list[Piece](), len(pieces)
        while self._has_urls and left:
            asked, before = time.monotonic(), len(left)
            try:
                lasts, found = presigned(self._remote, good().id, list(islice(left, most)))
            except StorageError as error:
                self._in_vain(error)
                break
            lasts = min(self._lasts, lasts)
            if lasts <= 0 or not any(found):
                self._in_vain()
                break
            for it in found:
                piece = left.popleft()
                if it is not None and self._came(it, piece, report):
                    yield piece, None
                else:
                    rest.append(piece)
                if time.monotonic() > asked + lasts / 2 or not self._has_urls:
                    break
            most = 2 * (before - len(left))  # or few come in time, and all would be asked for once for each few
        return [*rest, *left]

    def _came(self, found: Single, piece: Piece, report: Report) -> bool:
        try:
            _bring(found, piece, report)
        except StorageError as error:  # another than the gateway may have failed: that says nothing of what it would do
            self._in_vain(error)
            return False
        self._good += 1
        return True

    def _in_vain(self, error: StorageError | None = None) -> None:
        """Count something that was, and leave URLs for a while if that is more than happens."""
        self._vain += 1
        if self._vain < _VAIN + self._good // _GOOD:
            return
        self._vain -= 1
        self._pause = time.monotonic() + _PAUSE
        if error is not None and not self._said:
            self._said = True
            self._say(
                f"Presigned URLs of {shown(self._remote.url)} fail, so files come from the gateway itself for a "
                f"while. The last one: {error}"
            )

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
                before = begun(found.sha256, piece.size, piece.to)
                fetch(found, piece.to)
                came.add(piece.key)
                yield piece, None
                report(piece.size - before)
        return [it for it in pieces if it.key not in came], False


def _bring(found: Single, piece: Piece, report: Report) -> None:
    """Fetch a file that another way brings if this one fails: then what is read again counts no more.

    Raises:
        ObjectError: the object is damaged.
        StorageError: it does not come, or cannot be written.
    """
    told, before = 0, begun(found.sha256, piece.size, piece.to)

    def telling(size: int) -> None:
        nonlocal told
        told += size
        report(size)

    try:
        fetch(found, piece.to, telling)
    except StorageError:
        report(max(begun(found.sha256, piece.size, piece.to) - before, 0) - told)
        raise
