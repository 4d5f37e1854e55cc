"""Peaks: how loud a recording is from its beginning to its end, in as many bytes whatever its length, to be drawn.

The samples of a recording are divided into at most 4,096 stretches of equal length, a power of two and the smallest
that serves; the last may be shorter. Of the stretches, 400 columns are made: column c is of those from floor(c * s /
400) up to, and without, floor((c + 1) * s / 400), of at least one, where s is their number. Its byte is 255 times the
largest absolute sample in it of any channel, of full scale, rounded half up; beyond full scale and what is no number
count as full scale.

The loudest channel and not a mix, in which channels may cancel each other and which rounds. Stretches, because how
long a recording is, only its last sample tells: so nothing is decoded twice, and little is held.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "Peaks"]

COLUMNS: Final = 400
"""Bytes of the peaks of one recording."""

_STRETCHES: Final = 4_096
_LOUDEST: Final = 255


class Peaks:
    """Hears the samples of one recording as they are decoded, and gives its peaks at the end."""

    def __init__(self) -> None:
        self._loud = np.zeros(0)
        self._samples = 0  # of each channel, heard so far
        self._size = 1  # samples of a stretch

    def hear(self, samples: NDArray[np.generic], rate: int) -> None:  # noqa: ARG002  # other ears want it
        """Take the next samples, in rows of one for each channel."""
        count = len(samples)
        while -(-(self._samples + count) // self._size) > _STRETCHES:
            self._size *= 2
            self._loud = _grouped(self._loud, 2)
        begun = min(-self._samples % self._size, count)  # samples that the last stretch still has room for
        if begun:
            self._loud[-1] = np.maximum(self._loud[-1], _loudness(samples[:begun], self._size)[0])
        if begun < count:
            self._loud = np.concatenate([self._loud, _loudness(samples[begun:], self._size)])
        self._samples += count

    def finish(self) -> bytes:
        """Return the peaks: one byte for each column; none if nothing was heard."""
        count = len(self._loud)
        if not count:
            return b""
        columns = np.maximum.reduceat(self._loud, np.arange(COLUMNS) * count // COLUMNS)
        level = np.minimum(np.nan_to_num(columns, nan=1.0), 1.0)
        return bytes(np.floor(level * _LOUDEST + 0.5).astype(np.uint8))


def _loudness(samples: NDArray[np.generic], size: int) -> NDArray[np.float64]:
    """Return the largest absolute sample of each stretch, of full scale."""
    # As they lie in memory: channel by channel, or all channels of one moment after the other.
    lanes = samples.T
    if samples.flags.c_contiguous:
        lanes, size = samples.reshape(1, -1), size * samples.shape[1]
    starts = np.arange(0, lanes.shape[1], size)
    high = np.maximum.reduceat(lanes, starts, axis=1).max(axis=0)
    low = np.minimum.reduceat(lanes, starts, axis=1).min(axis=0)
    full = float(1 << 8 * samples.itemsize - 1) if samples.dtype.kind == "i" else 1.0
    loud: NDArray[np.float64] = np.maximum(high / full, low / -full)
    return loud


def _grouped(loud: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return the largest of each group of neighbours; the last group may have fewer."""
    grouped: NDArray[np.float64] = np.maximum.reduceat(loud, np.arange(0, len(loud), size)) if len(loud) else loud
    return grouped
