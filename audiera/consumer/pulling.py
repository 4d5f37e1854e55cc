"""Pulling: what is licensed, brought to a folder, each file verified, and paid for as it comes.

Files are fetched on several threads. The thread that comes to a file for which nothing was granted yet signs for it and
for those after it, as far as the limits allow: what was signed for and is not there yet is never more than the payer
agreed to lose.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import filterfalse, islice
from pathlib import Path
from typing import Final

from audiera.consumer.accesses import Accesses, ExposedError, RefusedItemError
from audiera.consumer.bundling import Key, Load, Piece
from audiera.consumer.choosing import Need
from audiera.consumer.fetching import Fetcher
from audiera.consumer.keeping import Granted, Keeping
from audiera.consumer.papers import bring_people, files_of, write_papers
from audiera.consumer.version import Version
from audiera.consumer.wanted import Wanted, units_under
from audiera.errors import AudieraError, GatewayError
from audiera.interface import Access
from audiera.protocol import TableRow
from audiera.remote import Remote
from audiera.storage import ObjectError, Report, begun, each, holds, landing
from audiera.text import hex_of
from audiera.work import Watcher

__all__ = ["LeftOut", "Pull", "Pulled"]

_WORKERS: Final = 8
_WAKE: Final = 0.5  # seconds after which a thread that waits looks whether all is over
_SPARE: Final = 60  # seconds that a grant has to be good yet, and that one which was renewed is, whatever clocks say


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that is not served."""

    dataset: int
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of it so far."""

    fetched: int
    fetched_bytes: int
    present: int
    """Files that were there already."""
    left_out: tuple[LeftOut, ...]
    failed: tuple[str, ...]
    """Why other files are not there, a sentence each."""


class Pull:
    """Datasets on their way to a folder, one below it for each: `look`, then `bring`."""

    def __init__(
        self,
        keeping: Keeping,
        versions: Sequence[Version],
        folder: Path,
        chosen: Mapping[int, Collection[bytes]] | None = None,
    ) -> None:
        """Prepare it.

        Args:
            keeping: what was granted before.
            versions: what to bring.
            folder: where to.
            chosen: by dataset, the leaves of the items to bring; all of one that is not there.
        """
        self._chosen = chosen or {}
        self._keeping, self._versions, self._folder = keeping, versions, folder
        self._moved = threading.Condition()
        self._signing = False
        self._over: AudieraError | None = None
        """Why nothing more is signed for."""
        self._records: dict[str, Granted] = {}
        """Accesses that are not delivered, by name."""
        self._open: dict[str, set[Key]] = {}
        """What is missing of each of them."""
        self._owners: dict[Key, str] = {}
        """By file, the access that was paid for it."""
        self._granted: dict[Key, Granted] = {}
        """By file, the access that it is fetched by: the same, or the one that a gateway gave for it later."""
        self._renewed: dict[bytes, float] = {}
        """By access, when it was renewed last, by this machine's steady clock."""
        self._left_out: dict[Key, LeftOut] = {}
        self._queue: dict[int, list[Piece]] = defaultdict(list)
        """By dataset, the files for which nothing was granted when it began."""
        self._begun: dict[int, int] = defaultdict(int)
        """By dataset, how many of those are granted or left out."""
        self._coming: set[Key] = set()
        """What was granted, is not here, and has not failed."""
        self._fetched: list[Piece] = []
        self._failed: list[str] = []
        self._pieces: list[Piece] = []
        self._unfit: dict[Key, LeftOut] = {}
        """Items that are no files here."""
        self._lay_out()
        self._missing = {it.key for it in self._pieces}
        self._present: set[Key] = set()

    def look(self, progress: Watcher | None = None) -> tuple[Need, ...]:
        """Look which files are there already, and return what is missing and was not paid.

        Raises:
            StorageError: a file cannot be read.
        """
        present: list[Piece] = []

        def look(piece: Piece, report: Report) -> None:
            if holds(piece.to, piece.row.item.sha256, piece.size):
                present.append(piece)
            report(piece.size)

        each(self._pieces, look, progress=progress, workers=_WORKERS)
        self._present = {it.key for it in present}
        self._missing -= self._present
        for granted in self._keeping.granted():
            self._know(granted)
        for piece in self._pieces:
            if piece.key in self._missing and piece.key not in self._granted:
                self._queue[piece.dataset].append(piece)
        return tuple(Need(it, tuple(piece.row for piece in self._queue[it.dataset])) for it in self._versions)

    def bring(self, accesses: Accesses, wanted: Mapping[int, Wanted], progress: Watcher | None = None) -> None:
        """Fetch what is missing, and pay for what was not paid. Whatever ends it, `pulled` tells what came.

        Args:
            accesses: takes what is to be paid.
            wanted: by dataset, what `look` said is to be paid, as one access.
            progress: called as bytes come.

        Raises:
            GatewayError: the gateway refuses or lies, or the limits are reached; what came stays, and is paid for.
            StorageError: a file cannot be written, or the gateway cannot be reached.
        """
        self._write_papers()  # before anything is there that they speak of
        with self._moved:
            for name in tuple(self._open):  # an earlier run may have ended before it noted what came
                self._settle(name, accesses)
        missing = [it for it in self._pieces if it.key in self._missing]
        missing.sort(key=lambda it: it.key not in self._granted)
        fetcher = Fetcher(accesses.remote, accesses.deal.presigned, accesses.report)

        def bring(load: Load, report: Report) -> None:
            left = list(load.pieces)
            while left:
                granted, ours = self._grant_of(left[0], accesses, wanted, report), left[:1]
                if granted is not None:  # or it is not served
                    with self._moved:
                        ours = [it for it in left if self._granted.get(it.key) is granted]
                    for piece, error in fetcher.bring(ours, partial(self._good, accesses.remote, granted), report):
                        self._ended(piece, error, accesses)
                done = {it.key for it in ours}
                left = [it for it in left if it.key not in done]

        each(
            fetcher.loads(missing, _WORKERS),
            bring,
            progress=progress,
            workers=_WORKERS,
            files=lambda it: len(it.pieces),
        )
        if self._left_out:
            self._write_papers()
        for version in self._versions:
            bring_people(self._folder, version, accesses.remote)

    @property
    def here(self) -> frozenset[tuple[int, bytes]]:
        """The dataset and the leaf of each item whose file is there, verified by this run."""
        return frozenset({*self._present, *(it.key for it in self._fetched)})

    @property
    def lacking(self) -> int:
        """The bytes of files that `look` did not find, less those that an earlier run began to bring."""
        missing = [it for it in self._pieces if it.key in self._missing]
        return sum(it.size - begun(it.row.item.sha256, it.size, it.to) for it in missing)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The files that are pulled, here or not."""
        return tuple(self._pieces)

    def pulled(self) -> Pulled:
        """Return what came of it so far."""
        fetched = tuple(self._fetched)
        return Pulled(
            len(fetched),
            sum(it.size for it in fetched),
            len(self._present),
            tuple(self._left_out.values()),
            (*(it.reason for it in self._unfit.values()), *self._failed),
        )

    def _write_papers(self) -> None:
        for version in self._versions:
            none = (*self._left_out.values(), *self._unfit.values())
            write_papers(self._folder, version, {it.path: it.reason for it in none if it.dataset == version.dataset})

    def _lay_out(self) -> None:
        """Find the file of each item."""
        for version in self._versions:
            for row in self._rows_of(version):
                try:
                    to = landing(files_of(self._folder, version.dataset), row.metadata.path)
                except ObjectError as error:
                    unfit = LeftOut(version.dataset, row.metadata.path, str(error))
                    self._unfit[version.dataset, row.item.leaf()] = unfit
                else:
                    self._pieces.append(Piece((version.dataset, row.item.leaf()), row, to))

    def _rows_of(self, version: Version) -> Sequence[TableRow]:
        """Return the rows of a version that are pulled."""
        chosen = self._chosen.get(version.dataset)
        return version.rows if chosen is None else [it for it in version.rows if it.item.leaf() in chosen]

    def _know(self, granted: Granted) -> None:
        """Count an access among those that were paid."""
        version = next((it for it in self._versions if it.dataset == granted.dataset), None)
        leaves = granted.items
        if leaves is None:  # it opens what was in the version that it was of
            same = version is not None and version.number == granted.version
            rows = self._rows_of(version) if version is not None and same else ()
            leaves = [it.item.leaf() for it in rows]
        keys = {(granted.dataset, it) for it in leaves}
        missing = keys & self._missing
        self._granted |= dict.fromkeys(missing, granted)
        self._coming |= missing
        if not granted.delivered and keys:
            # What is in no version that is pulled now may never have come, so the access is never delivered.
            self._records[granted.name] = granted
            self._open[granted.name] = keys - self._present - self._unfit.keys()
            self._owners |= dict.fromkeys(missing, granted.name)

    def _grant_of(
        self, piece: Piece, accesses: Accesses, wanted: Mapping[int, Wanted], report: Report
    ) -> Granted | None:
        """Return what grants a file, signed for here if nothing does yet; None: it is not served."""
        while True:
            with self._moved:
                if piece.key in self._left_out:
                    return None
                if (found := self._granted.get(piece.key)) is not None:
                    return found
                if self._over is not None:
                    raise self._over
                next_one = None if self._signing else self._next(accesses, wanted[piece.dataset])
                if next_one is None:
                    self._moved.wait(_WAKE)
                else:
                    self._signing = True
            report(0)  # ends this thread if all is over
            if next_one is not None:
                self._sign(accesses, next_one)

    def _next(self, accesses: Accesses, wanted: Wanted) -> Wanted | None:
        """Return the next access of a dataset; None: something has to arrive before."""
        limit, owed, worth = accesses.deal.limits.exposure, accesses.owed, accesses.worth
        rows = wanted.rows if wanted.whole else self._rows(wanted, accesses.deal.items, limit // 2)
        wanted = replace(wanted, rows=rows)
        if owed + accesses.value(wanted) <= limit:
            return wanted
        if self._coming:
            return None
        if owed:
            raise GatewayError(
                f"{worth(owed)} is signed for and not delivered; with more it would be above your limit of "
                f"{worth(limit)}. See what is missing, or raise --max-exposure."
            )
        if len(rows) > 1 and not wanted.whole:
            return replace(wanted, rows=rows[:1])
        raise GatewayError(
            f"One access of dataset {wanted.dataset} comes to {worth(accesses.value(wanted))}, above your limit of "
            f"{worth(limit)}; raise --max-exposure."
        )

    def _rows(self, wanted: Wanted, count: int, most: int) -> list[TableRow]:
        """Return the rows of the next files for which nothing was granted, so many that cost `most` together."""
        queue, at = self._queue[wanted.dataset], self._begun[wanted.dataset]
        while at < len(queue) and self._is_known(queue[at]):
            at += 1
        self._begun[wanted.dataset] = at
        rows, price = list[TableRow](), 0
        for it in islice(filterfalse(self._is_known, islice(queue, at, None)), count):
            price += units_under(wanted.terms, it.row) * wanted.terms.unit_price
            if rows and price > most:
                break
            rows.append(it.row)
        return rows

    def _is_known(self, piece: Piece) -> bool:
        return piece.key in self._granted or piece.key in self._left_out

    def _sign(self, accesses: Accesses, wanted: Wanted) -> None:
        """Take an access, or note what of it is not served, or that nothing more is signed for."""
        try:
            granted = accesses.take(wanted)
        except RefusedItemError as error:
            self._leave_out(accesses.remote, wanted, error)
        except ExposedError:  # something was signed for in vain, which `_next` finds, once nothing is coming
            with self._moved:
                if self._coming:
                    self._moved.wait(_WAKE)
        except AudieraError as error:
            with self._moved:
                self._over = error
        else:
            with self._moved:
                self._know(granted)
        finally:
            with self._moved:
                self._signing = False
                self._moved.notify_all()

    def _leave_out(self, remote: Remote, wanted: Wanted, error: RefusedItemError) -> None:
        """Note that an item is not served; of a dataset that is used as a whole, that none is."""
        all_of_it = wanted.whole or not any(error.item)
        pulled = [it for it in wanted.rows if (wanted.dataset, it.item.leaf()) in self._missing]
        refused = [it for it in pulled if all_of_it or it.item.leaf() == error.item]
        with self._moved:
            new = [it for it in refused if (wanted.dataset, it.item.leaf()) not in self._left_out]
            if not new:
                self._over = GatewayError(
                    f"{remote.url} refuses an item that was not asked for; nothing more is signed. Ask its operator, "
                    "or name another gateway with --from."
                )
            for row in new:
                key = wanted.dataset, row.item.leaf()
                self._left_out[key] = LeftOut(wanted.dataset, row.metadata.path, error.reason)

    def _good(self, remote: Remote, granted: Granted) -> Access:
        """Return an access whose grants are good for a while yet, renewed if they were not."""
        access, now = granted.answer, time.monotonic()
        if access.until - _SPARE > time.time() or now < self._renewed.get(access.id, float("-inf")) + _SPARE:
            return access
        answer = remote.ask_openly("POST", f"/v1/accesses/{hex_of(access.id)}/renew")
        if answer.status != 200:
            raise ObjectError(
                f"What access {hex_of(access.id)} granted has ended and is not renewed ({answer.problem()}); "
                "pull to another folder, which pays anew."
            )
        renewed = access.model_copy(update={"until": remote.read(Access, answer).until})
        with self._moved:
            self._renewed[access.id] = now
            for it in {id(it): it for it in self._granted.values() if it.answer.id == access.id}.values():
                it.answer = renewed
                self._keeping.renew(it)
        return renewed

    def _ended(self, piece: Piece, error: ObjectError | None, accesses: Accesses) -> None:
        """Note why a file did not come, or that it did, and whether its access is delivered with it."""
        with self._moved:
            self._coming.discard(piece.key)
            name = self._owners.get(piece.key)
            if error is not None:
                self._failed.append(str(error))
            else:
                self._fetched.append(piece)
                if name is not None:  # or it was brought back, and is counted already
                    self._open[name].discard(piece.key)
                    self._settle(name, accesses)
            self._moved.notify_all()

    def _settle(self, name: str, accesses: Accesses) -> None:
        if self._open[name]:
            return
        record = self._records.pop(name)
        del self._open[name]
        record.delivered = True
        self._keeping.renew(record)
        accesses.delivered += record.value
