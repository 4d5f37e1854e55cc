"""In which order the files of an epoch are served, and to whom: a function of a few numbers, so that a run goes on.

The order of an epoch is a permutation drawn by seed and epoch, computed again wherever it is needed. From a position in
it on, each rank takes every so-manieth; of what a rank takes, each worker takes a batch in turn. PyTorch's DataLoader
asks its workers in turn, so that a rank is served the same batches in the same order, however many workers it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

__all__ = ["order_of", "share_of", "start_of", "turns_of"]


def order_of(count: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """Return the order of an epoch: the same for ever, since numpy has frozen what it is drawn by."""
    drawn = np.random.RandomState(np.random.MT19937(np.random.SeedSequence([seed, epoch])))
    found: npt.NDArray[np.int64] = drawn.permutation(count)
    return found


def share_of(count: int, position: int, rank: int, ranks: int, *, even: bool) -> range:
    """Return the places in the order that a rank is served, from a position on.

    Args:
        count: of all files.
        position: how many the ranks have gone through together.
        rank: whose share.
        ranks: how many there are.
        even: whether each is served as many as the others, so that the last few are left over.
    """
    end = position + (count - position) // ranks * ranks if even else count
    return range(position + rank, end, ranks)


def turns_of(share: range, batch: int, worker: int, workers: int) -> Iterator[int]:
    """Give those of a rank's places that a worker serves: every so-manieth batch."""
    for start in range(worker * batch, len(share), workers * batch):
        yield from share[start : start + batch]


def start_of(leaf: bytes, seed: int, epoch: int, latest: int) -> int:
    """Return where a stretch of an item begins in an epoch, at `latest` at the latest: the same for ever."""
    drawn = hashlib.sha256(b"%d %d %b" % (seed, epoch, leaf)).digest()[:8]
    return int.from_bytes(drawn) * (latest + 1) >> 64
