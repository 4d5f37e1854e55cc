"""Serves the files of a pulled folder to training, in an order that can be gone on with, and writes down which."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import soundfile

from audiera.errors import InputError
from audiera.loading.order import order_of, share_of, start_of, turns_of
from audiera.loading.shelf import Entry, Shelf
from audiera.runs import ServedLog
from audiera.storage import ObjectError
from audiera.text import shown

__all__ = ["Serving", "decode"]

Sound: TypeAlias = npt.NDArray[np.float32]

_PAGE: Final = 1 << 20
"""Samples that no page of Vorbis exceeds: libvorbis lands beside what it seeks in the last one."""
_RESERVOIR: Final = 1 << 15
"""Samples of MPEG whose frames have what a later one borrows: 511 bytes, of 24 or more each."""
_BLOCK: Final = 1 << 16
"""Samples that are decoded at a time, where all are."""
_FAILURES: Final = (soundfile.LibsndfileError, ValueError, MemoryError)
"""What reading a file ends with whose header tells anything."""


@dataclass(slots=True, kw_only=True)
class Serving:
    """What one rank of a run is served, and how far it is."""

    shelf: Shelf
    log: Path
    """The folder in which each process writes down what it serves; of one run."""
    seed: int = 0
    batch_size: int = 1
    rank: int = 0
    ranks: int = 1
    even: bool = True
    """Whether each rank is served as many as the others: the last few of each epoch's order, fewer than ranks, are left
    over, others in each epoch."""
    epoch: int = 0
    position: int = 0
    """How many files of the epoch's order all ranks together have gone through."""
    _which: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.shelf.entries:
            raise InputError(f"{shown(str(self.shelf.folder))} has no files; pull some.")
        if not 0 <= self.rank < self.ranks or self.batch_size < 1 or self.seed < 0:
            raise InputError("A rank is below their number, a batch has one file or more, a seed is not negative.")
        if self.even and len(self.shelf.entries) < self.ranks:
            raise InputError(f"{self.ranks} ranks cannot be served as many each of {len(self.shelf.entries)} files.")

    @property
    def left(self) -> int:
        """How many files of this epoch this rank has yet to be served."""
        return len(self._share())

    @property
    def left_over(self) -> int:
        """How many files of an epoch no rank is served, so that all are served as many."""
        return len(self.shelf.entries) % self.ranks if self.even else 0

    @property
    def which(self) -> str:
        """Which files they are: one hash over dataset, version and item of each, in their order."""
        if not self._which:
            digest = hashlib.sha256()
            for it in self.shelf.entries:
                digest.update(b"%d %d %b\n" % (it.dataset, it.version, it.row.item.leaf()))
            self._which = digest.hexdigest()
        return self._which

    def state(self) -> dict[str, int | str]:
        """Return all that it takes to go on from here."""
        files = len(self.shelf.entries)
        return {
            "seed": self.seed,
            "epoch": self.epoch,
            "position": self.position,
            "files": files,
            "which": self.which,
        }

    def go_on(self, state: Mapping[str, int | str]) -> None:
        """Go on from a state, in whatever number of ranks and workers.

        Raises:
            InputError: it is none, or of other files.
        """
        numbers = {name: it for name, it in state.items() if isinstance(it, int) and it >= 0}
        if state.keys() != self.state().keys() or state.keys() - numbers.keys() != {"which"}:
            raise InputError("That is no state of a dataset; give what `state_dict` returned.")
        if numbers["files"] != len(self.shelf.entries) or numbers["position"] > numbers["files"]:
            raise InputError(
                f"The state is of {numbers['files']:,} files, and {shown(str(self.shelf.folder))} has "
                f"{len(self.shelf.entries):,}; begin anew."
            )
        if state["which"] != self.which:
            raise InputError(
                f"The state is of other files or versions than {shown(str(self.shelf.folder))} has now; begin anew."
            )
        self.seed, self.epoch, self.position = numbers["seed"], numbers["epoch"], numbers["position"]

    def advance(self, files: int) -> None:
        """Note that each rank was served so many more."""
        self.position = min(self.position + files * self.ranks, len(self.shelf.entries))

    def end_epoch(self) -> None:
        """Begin the next epoch."""
        self.epoch, self.position = self.epoch + 1, 0

    def serve(self, worker: int = 0, workers: int = 1) -> Iterator[tuple[Entry, bytes]]:
        """Give the rest of this epoch's files to one of this rank's workers, each verified and written down.

        Raises:
            ObjectError: a file is not there, or is not what was pulled, and no pull was asked for.
            StorageError: it could not be pulled, or the log cannot be written.
        """
        order = order_of(len(self.shelf.entries), self.seed, self.epoch)
        name = f"rank{self.rank}-worker{worker}-{os.getpid()}-{secrets.token_hex(4)}"
        with closing(ServedLog(self.log, name)) as log:
            for place in turns_of(self._share(), self.batch_size, worker, workers):
                entry = self.shelf.entries[order[place]]
                data = self.shelf.read(entry)
                log.add(entry.dataset, entry.version, entry.row.item.leaf())
                yield entry, data

    def stretch(self, entry: Entry, data: bytes, seconds: float) -> tuple[Sound, int, int]:
        """Return so much of a file's sound as seed, epoch and item draw, decoded alone.

        Args:
            entry: the file.
            data: its bytes.
            seconds: how long it is; all of a file that is shorter.

        Returns:
            A row for each channel, the samples a second, and at which of them it begins.

        Raises:
            ObjectError: libsndfile does not read it.
        """
        with _opened(entry, data) as file:
            rate = file.samplerate
            frames = max(1, round(seconds * rate))
            start = self._start(entry, file.frames - frames)
            sound = _sought(file, start, min(frames, file.frames))
        if sound is None:  # so it is cut by what is there, which is known only once all of it was decoded
            with _opened(entry, data) as file:
                start = self._start(entry, sum(it.shape[1] for it in _blocks(file)) - frames)
            with _opened(entry, data) as file:
                sound = _cut(file, start, frames)
        return sound, rate, start

    def _start(self, entry: Entry, latest: int) -> int:
        return start_of(entry.row.item.leaf(), self.seed, self.epoch, max(latest, 0))

    def _share(self) -> range:
        return share_of(len(self.shelf.entries), self.position, self.rank, self.ranks, even=self.even)


def decode(entry: Entry, data: bytes) -> tuple[Sound, int]:
    """Return the sound of a file, a row for each channel, and its samples a second.

    Raises:
        ObjectError: libsndfile does not read it.
    """
    with _opened(entry, data) as file:
        return np.concatenate(list(_blocks(file)), axis=1), file.samplerate


class _Onward(soundfile.SoundFile):  # type: ignore[misc]  # a package without types
    """A file that is read on and on.

    Where it may seek, `soundfile` does so after each read, which fails at the end of what does not tell its length, and
    is heard in MPEG.
    """

    def seekable(self) -> bool:
        return False


@contextmanager
def _opened(entry: Entry, data: bytes) -> Iterator[_Onward]:
    try:
        with _Onward(BytesIO(data)) as file:
            yield file
    except _FAILURES as error:
        raise ObjectError(
            f"{shown(str(entry.file))} is sound that is not decoded here ({error}); take the bytes (decoded=False)."
        ) from error


def _rows(file: _Onward, frames: int) -> Sound:
    return np.ascontiguousarray(file.read(frames, dtype="float32", always_2d=True).T)


def _blocks(file: _Onward) -> Iterator[Sound]:
    """Give the sound from here on, whatever length the file tells; the last of it is empty."""
    while True:
        block = _rows(file, _BLOCK)
        yield block
        if not block.size:
            return


def _sought(file: _Onward, start: int, frames: int) -> Sound | None:
    """Return what is there, or nothing if the file cannot seek, or has less than it tells."""
    at = _before(file, start)
    try:
        file.seek(at)
        sound = _rows(file, start - at + frames)[:, start - at :]
    except _FAILURES:
        return None
    return np.ascontiguousarray(sound) if sound.shape[1] == frames else None


def _cut(file: _Onward, start: int, frames: int) -> Sound:
    """Return what is there, decoded from the beginning."""
    parts, at = list[Sound](), 0
    for block in _blocks(file):
        parts.append(block[:, max(start - at, 0) : max(start + frames - at, 0)])
        at += block.shape[1]
        if at >= start + frames:
            break
    return np.concatenate(parts, axis=1)


def _before(file: _Onward, start: int) -> int:
    """Return from where to decode, so that what begins at `start` is what the whole has there."""
    if file.subtype == "VORBIS":
        start = min(start, file.frames - _PAGE)
    elif file.subtype.startswith("MPEG"):
        start -= _RESERVOIR
    return max(start, 0)
