"""Pulling: what is licensed, brought to a folder, each file verified, and paid for as it comes.

Files are fetched on several threads. The thread that comes to a file for which nothing was granted yet signs for it and
for those after it, as far as the limits allow: what was signed for and is not there yet is never more than the payer
agreed to lose.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import filterfalse, islice
from pathlib import Path
from typing import Final

from audiera.consumer.accesses import Accesses, ExposedError, RefusedItemError, Wanted
from audiera.consumer.keeping import Granted
from audiera.consumer.version import Version
from audiera.errors import GatewayError, StorageError
from audiera.interface import Access
from audiera.protocol import TableRow
from audiera.remote import Remote
from audiera.storage import ObjectError, Report, each, fetch, holds, landing
from audiera.text import hex_of, shown
from audiera.work import Watcher

__all__ = ["LeftOut", "Part", "Pulled", "pull"]

_WORKERS: Final = 8
_WAKE: Final = 0.5  # seconds after which a thread that waits looks whether all is over
_SPARE: Final = 60  # seconds that a grant has to be good yet


@dataclass(frozen=True, slots=True)
class Part:
    """A dataset that is pulled: what it holds, and all of it as one access would have it."""

    version: Version
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that is not served."""

    dataset: int
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of it."""

    fetched: int
    fetched_bytes: int
    present: int
    """Files that were there already."""
    left_out: tuple[LeftOut, ...]
    failed: tuple[str, ...]
    """Why other files are not there, a sentence each."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A file to be."""

    part: Part
    row: TableRow
    to: Path

    @property
    def size(self) -> int:
        return self.row.item.size

    @property
    def key(self) -> tuple[int, bytes]:
        return self.part.version.dataset, self.row.item.leaf()


@dataclass(frozen=True, slots=True)
class _Object:
    """A granted item behind the gateway."""

    remote: Remote
    access: bytes
    row: TableRow

    @property
    def sha256(self) -> bytes:
        return self.row.item.sha256

    def size(self) -> int:
        return self.row.item.size

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        path = f"/v1/accesses/{hex_of(self.access)}/items/{hex_of(self.row.item.leaf())}"
        return self.remote.blocks(path, start, self.row.item.size)

    def damaged(self) -> ObjectError:
        return ObjectError(f"{shown(self.remote.url)} sent something else than item {hex_of(self.row.item.leaf())}.")


def pull(
    accesses: Accesses,
    parts: Sequence[Part],
    folder: Path,
    *,
    progress: Watcher | None = None,
    looking: Watcher | None = None,
) -> Pulled:
    """Bring all items of datasets to a folder, one below it for each, and pay for what is not there yet.

    Args:
        accesses: takes what is to be paid.
        parts: what to bring.
        folder: where to.
        progress: of what is fetched.
        looking: of what is looked at, since it may be there already.

    Raises:
        GatewayError: the gateway refuses or lies, or the limits are reached; what came stays, and is not paid again.
        StorageError: a file cannot be written, or the gateway cannot be reached.
    """
    return _Pull(accesses, parts, folder).run(progress, looking)


class _Pull:
    def __init__(self, accesses: Accesses, parts: Sequence[Part], folder: Path) -> None:
        self.accesses, self.remote, self.keeping = accesses, accesses.remote, accesses.keeping
        self.parts, self.folder = parts, folder
        self.moved = threading.Condition()
        self.signing = False
        self.granted: dict[tuple[int, bytes], Granted] = {}
        self.open: dict[bytes, set[bytes]] = {}
        """Accesses that are not delivered, and the leaves that are missing of each."""
        self.left_out: dict[tuple[int, bytes], LeftOut] = {}
        self.queue: dict[int, list[_Piece]] = defaultdict(list)
        """By dataset, the files for which nothing was granted when it began."""
        self.begun: dict[int, int] = defaultdict(int)
        """By dataset, how many of those are granted or left out."""
        self.missing: set[tuple[int, bytes]] = set()
        self.coming: set[tuple[int, bytes]] = set()
        """What was granted, is not here, and has not failed."""

    def run(self, progress: Watcher | None, looking: Watcher | None) -> Pulled:
        self._write_papers()
        pieces, unfit = self._pieces()
        present: list[_Piece] = []

        def look(piece: _Piece, report: Report) -> None:
            if holds(piece.to, piece.row.item.sha256, piece.size):
                present.append(piece)
            report(piece.size)

        each(pieces, look, progress=looking, workers=_WORKERS)
        there = {it.key for it in present}
        self.missing = {it.key for it in pieces} - there
        self.accesses.finish({it.version.dataset: it.wanted for it in self.parts})
        for granted in self.keeping.granted():
            self._know(granted)
        missing = sorted((it for it in pieces if it.key in self.missing), key=lambda it: it.key not in self.granted)
        for piece in missing:
            if piece.key not in self.granted:
                self.queue[piece.part.version.dataset].append(piece)
        fetched: list[_Piece] = []

        def bring(piece: _Piece, report: Report) -> None:
            granted = self._granted(piece, report)
            if granted is None:
                return
            try:
                access = self._good(granted)
                fetch(_Object(self.remote, access.id, piece.row), piece.to, report)
            finally:
                with self.moved:
                    self.coming.discard(piece.key)
                    self.moved.notify_all()
            fetched.append(piece)
            self._delivered(piece)

        failed = each(missing, bring, progress=progress, workers=_WORKERS)
        return Pulled(
            len(fetched),
            sum(it.size for it in fetched),
            len(present),
            tuple(self.left_out.values()),
            (*unfit, *map(str, failed)),
        )

    def _write_papers(self) -> None:
        try:
            for it in self.parts:
                name = f"dataset-{it.version.dataset}"
                (self.folder / name).mkdir(parents=True, exist_ok=True)
                (self.folder / f"{name}.manifest.json").write_bytes(it.version.manifest)
                (self.folder / f"{name}.items.jsonl").write_bytes(it.version.table)
        except OSError as error:
            raise StorageError(f"{self.folder} cannot be written ({error.strerror}); see to that.") from error

    def _pieces(self) -> tuple[list[_Piece], list[str]]:
        """Return the files that are to be, and why others are none."""
        pieces, unfit = [], []
        for part in self.parts:
            for row in part.version.rows:
                try:
                    to = landing(self.folder / f"dataset-{part.version.dataset}", row.metadata.path)
                except ObjectError as error:
                    unfit.append(str(error))
                else:
                    pieces.append(_Piece(part, row, to))
        return pieces, unfit

    def _know(self, granted: Granted) -> None:
        """Count an access among those that were paid."""
        part = next((it for it in self.parts if it.version.dataset == granted.dataset), None)
        leaves = granted.items
        if leaves is None:
            leaves = [it.item.leaf() for it in part.version.rows] if part else []
        missing = set()
        for leaf in leaves:
            key = granted.dataset, leaf
            if key in self.missing:
                missing.add(leaf)
                self.granted[key] = granted
                self.coming.add(key)
        if missing:
            self.open[granted.answer.id] = missing
        else:
            self.accesses.delivered += granted.value

    def _granted(self, piece: _Piece, report: Report) -> Granted | None:
        """Return what grants a file, signed for here if nothing does yet; None: it is not served."""
        while True:
            with self.moved:
                if piece.key in self.left_out:
                    return None
                if (found := self.granted.get(piece.key)) is not None:
                    return found
                wanted = None if self.signing else self._next(piece)
                if wanted is None:
                    self.moved.wait(_WAKE)
                else:
                    self.signing = True
            report(0)  # ends this thread if all is over
            if wanted is not None:
                self._sign(wanted)

    def _next(self, piece: _Piece) -> Wanted | None:
        """Return the next access, of this file and of those after it; None: something has to arrive before."""
        part, limit, worth = piece.part, self.accesses.limits.exposure, self.accesses.worth
        owed = self.accesses.owed
        if part.wanted.taken.whole:
            rows: list[TableRow] = list(part.version.rows)
        else:
            rows = self._rows(part.version.dataset, limit // 2)
        wanted = replace(part.wanted, rows=rows)
        if owed + self.accesses.value(wanted) <= limit:
            return wanted
        if self.coming:
            return None
        if owed:
            raise GatewayError(
                f"{worth(owed)} is signed for and not delivered; with more it would be above your limit of "
                f"{worth(limit)}. See what is missing, or raise --max-exposure."
            )
        if len(rows) > 1 and not part.wanted.taken.whole:
            return replace(part.wanted, rows=rows[:1])
        raise GatewayError(
            f"One access of dataset {part.version.dataset} comes to {worth(self.accesses.value(wanted))}, above your "
            f"limit of {worth(limit)}; raise --max-exposure."
        )

    def _rows(self, dataset: int, most: int) -> list[TableRow]:
        """Return the rows of the next files for which nothing was granted, as many as cost `most` together."""
        queue, at = self.queue[dataset], self.begun[dataset]
        while at < len(queue) and self._is_known(queue[at]):
            at += 1
        self.begun[dataset] = at
        rows, price = list[TableRow](), 0
        for it in islice(filterfalse(self._is_known, islice(queue, at, None)), self.accesses.agreed.items):
            price += it.part.wanted.units_of(it.row) * it.part.wanted.terms.unit_price
            if rows and price > most:
                break
            rows.append(it.row)
        return rows

    def _is_known(self, piece: _Piece) -> bool:
        return piece.key in self.granted or piece.key in self.left_out

    def _sign(self, wanted: Wanted) -> None:
        """Take an access, or note what of it is not served."""
        granted = None
        try:
            granted = self.accesses.take(wanted)
        except RefusedItemError as error:
            self._leave_out(wanted, error)
        except ExposedError:
            pass  # something was signed for in vain; what may be done now, `_next` says
        finally:
            with self.moved:
                self.signing = False
                if granted is not None:
                    self._know(granted)
                self.moved.notify_all()

    def _leave_out(self, wanted: Wanted, error: RefusedItemError) -> None:
        dataset = wanted.taken.dataset
        refused = [it for it in wanted.rows if it.item.leaf() == error.item] or (
            list(wanted.rows) if not any(error.item) else []
        )
        if not refused:
            raise GatewayError(f"{self.remote.url} refuses an item that was not asked for.") from error
        with self.moved:
            for row in refused:
                key = dataset, row.item.leaf()
                self.left_out[key] = LeftOut(dataset, row.metadata.path, error.reason)

    def _good(self, granted: Granted) -> Access:
        """Return an access whose grants are good for a while yet, renewed if they were not."""
        access = granted.answer
        if access.until - _SPARE > time.time():
            return access
        answer = self.remote.ask_openly("POST", f"/v1/accesses/{hex_of(access.id)}/renew")
        if answer.status != 200:
            raise ObjectError(
                f"What access {hex_of(access.id)} granted has ended and is not renewed ({answer.problem()}); "
                "pull to another folder, which pays anew."
            )
        renewed = self.remote.read(Access, answer)
        if renewed.id != access.id:
            raise GatewayError(f"{self.remote.url} renewed another access than was asked for.")
        kept = granted.model_copy(update={"answer": access.model_copy(update={"until": renewed.until})})
        with self.moved:
            self.keeping.renewed(kept)
            for key, it in self.granted.items():
                if it.answer.id == access.id:
                    self.granted[key] = kept
        return kept.answer

    def _delivered(self, piece: _Piece) -> None:
        with self.moved:
            granted = self.granted[piece.key]
            missing = self.open[granted.answer.id]
            missing.discard(piece.row.item.leaf())
            if not missing:
                del self.open[granted.answer.id]
                self.accesses.delivered += granted.value
            self.moved.notify_all()
