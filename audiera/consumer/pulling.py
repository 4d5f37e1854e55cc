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
from typing import Final, TypeAlias

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

__all__ = ["LeftOut", "Part", "Pull", "Pulled"]

_WORKERS: Final = 8
_WAKE: Final = 0.5  # seconds after which a thread that waits looks whether all is over
_SPARE: Final = 60  # seconds that a grant has to be good yet
_Key: TypeAlias = tuple[int, bytes]
"""A dataset, and the leaf of one of its items."""


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
    def key(self) -> _Key:
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


class Pull:
    """Datasets on their way to a folder, one below it for each: `look`, then `bring`."""

    def __init__(self, accesses: Accesses, parts: Sequence[Part], folder: Path) -> None:
        """Prepare it.

        Args:
            accesses: takes what is to be paid.
            parts: what to bring.
            folder: where to.
        """
        self._accesses, self._remote, self._keeping = accesses, accesses.remote, accesses.keeping
        self._parts, self._folder = parts, folder
        self._moved = threading.Condition()
        self._signing = False
        self._granted: dict[_Key, Granted] = {}
        self._open: dict[bytes, set[bytes]] = {}
        """Accesses that are not delivered, and the leaves that are missing of each."""
        self._left_out: dict[_Key, LeftOut] = {}
        self._queue: dict[int, list[_Piece]] = defaultdict(list)
        """By dataset, the files for which nothing was granted when it began."""
        self._begun: dict[int, int] = defaultdict(int)
        """By dataset, how many of those are granted or left out."""
        self._coming: set[_Key] = set()
        """What was granted, is not here, and has not failed."""
        self._pieces, self._unfit = self._laid_out()
        self._missing = {it.key for it in self._pieces}

    def look(self, progress: Watcher | None = None) -> int:
        """Look which files are there already, and return how many.

        Raises:
            StorageError: a file cannot be read.
        """
        present: list[_Piece] = []

        def look(piece: _Piece, report: Report) -> None:
            if holds(piece.to, piece.row.item.sha256, piece.size):
                present.append(piece)
            report(piece.size)

        each(self._pieces, look, progress=progress, workers=_WORKERS)
        self._missing -= {it.key for it in present}
        return len(present)

    def bring(self, progress: Watcher | None = None) -> Pulled:
        """Fetch what is missing, and pay for it as it comes.

        Raises:
            GatewayError: the gateway refuses or lies, or the limits are reached; what came stays, and is paid for.
            StorageError: a file cannot be written, or the gateway cannot be reached.
        """
        self._write_papers()
        self._accesses.finish({it.version.dataset: it.wanted for it in self._parts})
        for granted in self._keeping.granted():
            self._know(granted)
        missing = [it for it in self._pieces if it.key in self._missing]
        missing.sort(key=lambda it: it.key not in self._granted)
        for piece in missing:
            if piece.key not in self._granted:
                self._queue[piece.part.version.dataset].append(piece)
        fetched: list[_Piece] = []

        def bring(piece: _Piece, report: Report) -> None:
            granted = self._grant_of(piece, report)
            if granted is None:
                return
            try:
                access = self._good(granted)
                fetch(_Object(self._remote, access.id, piece.row), piece.to, report)
            finally:
                with self._moved:
                    self._coming.discard(piece.key)
                    self._moved.notify_all()
            fetched.append(piece)
            self._delivered(piece)

        failed = each(missing, bring, progress=progress, workers=_WORKERS)
        size = sum(it.size for it in fetched)
        return Pulled(len(fetched), size, tuple(self._left_out.values()), (*self._unfit, *map(str, failed)))

    def _write_papers(self) -> None:
        try:
            for it in self._parts:
                name = f"dataset-{it.version.dataset}"
                (self._folder / name).mkdir(parents=True, exist_ok=True)
                (self._folder / f"{name}.manifest.json").write_bytes(it.version.manifest)
                (self._folder / f"{name}.items.jsonl").write_bytes(it.version.table)
        except OSError as error:
            raise StorageError(f"{self._folder} cannot be written ({error.strerror}); see to that.") from error

    def _laid_out(self) -> tuple[list[_Piece], list[str]]:
        """Return the files that are to be, and why others are none, a sentence each."""
        pieces, unfit = [], []
        for part in self._parts:
            for row in part.version.rows:
                try:
                    to = landing(self._folder / f"dataset-{part.version.dataset}", row.metadata.path)
                except ObjectError as error:
                    unfit.append(str(error))
                else:
                    pieces.append(_Piece(part, row, to))
        return pieces, unfit

    def _know(self, granted: Granted) -> None:
        """Count an access among those that were paid."""
        part = next((it for it in self._parts if it.version.dataset == granted.dataset), None)
        leaves = granted.items
        if leaves is None:
            leaves = [it.item.leaf() for it in part.version.rows] if part else []
        missing = set()
        for leaf in leaves:
            key = granted.dataset, leaf
            if key in self._missing:
                missing.add(leaf)
                self._granted[key] = granted
                self._coming.add(key)
        if missing:
            self._open[granted.answer.id] = missing
        else:
            self._accesses.delivered += granted.value

    def _grant_of(self, piece: _Piece, report: Report) -> Granted | None:
        """Return what grants a file, signed for here if nothing does yet; None: it is not served."""
        while True:
            with self._moved:
                if piece.key in self._left_out:
                    return None
                if (found := self._granted.get(piece.key)) is not None:
                    return found
                wanted = None if self._signing else self._next(piece)
                if wanted is None:
                    self._moved.wait(_WAKE)
                else:
                    self._signing = True
            report(0)  # ends this thread if all is over
            if wanted is not None:
                self._sign(wanted)

    def _next(self, piece: _Piece) -> Wanted | None:
        """Return the next access, of this file and of those after it; None: something has to arrive before."""
        part, limit, worth = piece.part, self._accesses.limits.exposure, self._accesses.worth
        owed = self._accesses.owed
        if part.wanted.taken.whole:
            rows: list[TableRow] = list(part.version.rows)
        else:
            rows = self._rows(part.version.dataset, limit // 2)
        wanted = replace(part.wanted, rows=rows)
        if owed + self._accesses.value(wanted) <= limit:
            return wanted
        if self._coming:
            return None
        if owed:
            raise GatewayError(
                f"{worth(owed)} is signed for and not delivered; with more it would be above your limit of "
                f"{worth(limit)}. See what is missing, or raise --max-exposure."
            )
        if len(rows) > 1 and not part.wanted.taken.whole:
            return replace(part.wanted, rows=rows[:1])
        raise GatewayError(
            f"One access of dataset {part.version.dataset} comes to {worth(self._accesses.value(wanted))}, above your "
            f"limit of {worth(limit)}; raise --max-exposure."
        )

    def _rows(self, dataset: int, most: int) -> list[TableRow]:
        """Return the rows of the next files for which nothing was granted, as many as cost `most` together."""
        queue, at = self._queue[dataset], self._begun[dataset]
        while at < len(queue) and self._is_known(queue[at]):
            at += 1
        self._begun[dataset] = at
        rows, price = list[TableRow](), 0
        for it in islice(filterfalse(self._is_known, islice(queue, at, None)), self._accesses.agreed.items):
            price += it.part.wanted.units_of(it.row) * it.part.wanted.terms.unit_price
            if rows and price > most:
                break
            rows.append(it.row)
        return rows

    def _is_known(self, piece: _Piece) -> bool:
        return piece.key in self._granted or piece.key in self._left_out

    def _sign(self, wanted: Wanted) -> None:
        """Take an access, or note what of it is not served."""
        granted = None
        try:
            granted = self._accesses.take(wanted)
        except RefusedItemError as error:
            self._leave_out(wanted, error)
        except ExposedError:
            pass  # something was signed for in vain; what may be done now, `_next` says
        finally:
            with self._moved:
                self._signing = False
                if granted is not None:
                    self._know(granted)
                self._moved.notify_all()

    def _leave_out(self, wanted: Wanted, error: RefusedItemError) -> None:
        dataset = wanted.taken.dataset
        refused = [it for it in wanted.rows if it.item.leaf() == error.item] or (
            list(wanted.rows) if not any(error.item) else []
        )
        if not refused:
            raise GatewayError(f"{self._remote.url} refuses an item that was not asked for.") from error
        with self._moved:
            for row in refused:
                key = dataset, row.item.leaf()
                self._left_out[key] = LeftOut(dataset, row.metadata.path, error.reason)

    def _good(self, granted: Granted) -> Access:
        """Return an access whose grants are good for a while yet, renewed if they were not."""
        access = granted.answer
        if access.until - _SPARE > time.time():
            return access
        answer = self._remote.ask_openly("POST", f"/v1/accesses/{hex_of(access.id)}/renew")
        if answer.status != 200:
            raise ObjectError(
                f"What access {hex_of(access.id)} granted has ended and is not renewed ({answer.problem()}); "
                "pull to another folder, which pays anew."
            )
        renewed = self._remote.read(Access, answer)
        if renewed.id != access.id:
            raise GatewayError(f"{self._remote.url} renewed another access than was asked for.")
        kept = granted.model_copy(update={"answer": access.model_copy(update={"until": renewed.until})})
        with self._moved:
            self._keeping.renewed(kept)
            for key, it in self._granted.items():
                if it.answer.id == access.id:
                    self._granted[key] = kept
        return kept.answer

    def _delivered(self, piece: _Piece) -> None:
        with self._moved:
            granted = self._granted[piece.key]
            missing = self._open[granted.answer.id]
            missing.discard(piece.row.item.leaf())
            if not missing:
                del self._open[granted.answer.id]
                self._accesses.delivered += granted.value
            self._moved.notify_all()
