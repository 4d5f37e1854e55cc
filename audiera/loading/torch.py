"""Pulled music as an iterable dataset of PyTorch. Needs the extra `torch`; without, nothing but this refuses."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from audiera.errors import InputError
from audiera.loading.serving import Serving, decode
from audiera.loading.shelf import Shelf

try:
    import torch
    from torch.utils.data import DataLoader, IterableDataset, get_worker_info
except ImportError:
    torch, IterableDataset = None, object

__all__ = ["AudieraDataset", "Sample"]

Sample: TypeAlias = dict[str, Any]  # Any: tensors, which have no types here
"""`audio` (channels, samples) and `sample_rate`, or `bytes`; of a stretch, the sample at which it begins (`start`);
`uri`; and what `Entry.facts` says of the file."""


class AudieraDataset(IterableDataset):  # type: ignore[misc]  # PyTorch is not installed where types are checked
    """The files of a pulled folder, each once in an epoch, over all ranks and workers.

    The order follows from seed and epoch. `loader` is a DataLoader over one epoch that keeps count of what was taken,
    so that `state_dict` between two batches is where to go on, whatever its workers have prepared.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        pull: str | None = None,
        seed: int = 0,
        batch_size: int = 1,
        rank: int | None = None,
        ranks: int | None = None,
        even: bool = True,
        decoded: bool = True,
        seconds: float | None = None,
        transform: Callable[[Sample], object] | None = None,
        log: Path | str | None = None,
    ) -> None:
        """Open a folder.

        Args:
            folder: that was pulled to.
            pull: what is typed after `audiera pull` to bring what is missing or broken, without `--to` and `--yes`;
                one process of a machine does it. Unless told, what is missing is an error.
            seed: of the order.
            batch_size: of the batches: so many files in a row are of one worker.
            rank: of this process; unless told, what torch.distributed or torchrun says.
            ranks: how many there are, likewise.
            even: whether each rank is served as many as the others, which leaves over fewer files than there are ranks.
            decoded: whether samples have sound, or the file's bytes.
            seconds: of sound in a sample, which alone are decoded, from where seed, epoch and item draw; a shorter file
                is whole. Unless told, each is.
            transform: makes of a sample what is batched, in the worker.
            log: the folder in which each process writes down what it serves, of one run; `.audiera/served` in that of
                the pull, unless told.

        Raises:
            InputError: PyTorch is not installed, nothing was pulled, or a stretch has no sound.
            StorageError: what is written down in the folder is not as it was written, or it cannot be pulled.
        """
        if torch is None:
            raise InputError("A dataset for PyTorch needs PyTorch: pip install 'audiera[torch]'.")
        if seconds is not None and not (decoded and 0 < seconds < math.inf):
            raise InputError("A stretch has more than no seconds, and is decoded; correct `seconds` or leave it out.")
        here, (known, count) = Path(folder), _ranks()
        self._serving = Serving(
            shelf=Shelf.open(here, pull),
            log=here / ".audiera" / "served" if log is None else Path(log),
            seed=seed,
            batch_size=batch_size,
            rank=known if rank is None else rank,
            ranks=count if ranks is None else ranks,
            even=even,
        )
        self._decoded, self._seconds, self._transform = decoded, seconds, transform

    def __len__(self) -> int:
        """How many files of this epoch this rank has yet to be served."""
        return self._serving.left

    @property
    def epoch(self) -> int:
        """Which epoch it is, from 0."""
        return self._serving.epoch

    @property
    def left_over(self) -> int:
        """How many files of an epoch no rank is served, so that all are served as many."""
        return self._serving.left_over

    def state_dict(self) -> dict[str, int | str]:
        """Return seed, epoch and position, and of which files: all that it takes to go on."""
        return self._serving.state()

    def load_state_dict(self, state: Mapping[str, int | str]) -> None:
        """Go on from a state, in whatever number of ranks and workers.

        Raises:
            InputError: it is none, or of other files.
        """
        self._serving.go_on(state)

    def advance(self, files: int) -> None:
        """Note that this rank, as each, took so many files from workers. `loader` does so by itself."""
        self._serving.advance(files)

    def end_epoch(self) -> None:
        """Begin the next epoch, after one that workers served. `loader` does so by itself."""
        self._serving.end_epoch()

    def __iter__(self) -> Iterator[Any]:  # Any: whatever `transform` returns
        """Serve the rest of the epoch; in a worker, its part of that."""
        info = get_worker_info()
        if info is not None:
            yield from map(self._made, self._serving.serve(info.id, info.num_workers))
            return
        for found in self._serving.serve():
            made = self._made(found)
            self._serving.advance(1)
            yield made
        self._serving.end_epoch()

    def loader(self, workers: int = 0, **options: object) -> Iterator[Any]:  # Any: whatever is collated
        """Give the batches of the rest of this epoch, and keep count of them.

        Args:
            workers: processes that read, verify and decode.
            options: of PyTorch's DataLoader, such as `collate_fn` or `pin_memory`.
        """
        left, size = len(self), self._serving.batch_size
        loader = DataLoader(self, batch_size=size, num_workers=workers, **options)
        if not workers:  # it counts as it serves
            yield from loader
            return
        for batch in loader:
            self.advance(min(size, left))
            left -= size
            yield batch
        self.end_epoch()

    def _made(self, found: tuple[Any, bytes]) -> object:
        entry, data = found
        sample: Sample = {"uri": entry.uri, **entry.facts()}
        if not self._decoded:
            sample["bytes"] = data
        elif self._seconds is None:
            sound, sample["sample_rate"] = decode(entry, data)
            sample["audio"] = torch.from_numpy(sound)
        else:
            sound, sample["sample_rate"], sample["start"] = self._serving.stretch(entry, data, self._seconds)
            sample["audio"] = torch.from_numpy(sound)
        return sample if self._transform is None else self._transform(sample)


def _ranks() -> tuple[int, int]:
    """Return which rank this process is, and of how many."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
