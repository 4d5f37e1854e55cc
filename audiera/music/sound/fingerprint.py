"""Acoustic fingerprints (Chromaprint): the same recording in two encodings has nearly the same one.

The library libchromaprint and its binding (pyacoustid) are optional; without them nothing but fingerprints is
missing. Like AcoustID, a fingerprint covers the first two minutes: one number of 32 bits for each eighth of a second.
"""

from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audiera.errors import InputError

__all__ = ["Listener", "available", "similar"]


_SECONDS: Final = 120
_MAX_SHIFT: Final = 24
"""Three seconds: encoders add silence, and players cut it off."""
_MIN_NUMBERS: Final = 8
_MAX_BIT_ERRORS: Final = 5 / 32
"""The share of bits that may differ, half of what Chromaprint's own matcher allows two passages (10 of 32, its
`match_threshold`). Measured: MP3, Vorbis and FLAC of one recording differ in at most 2 of 100 bits, the
closest two of different recordings in 33; Haitsma and Kalker (ISMIR 2002) set the bound at 35 for theirs.
"""


@cache
def _library() -> ModuleType | None:
    try:
        import chromaprint  # noqa: PLC0415  # optional, and importing it looks for a library of the system
    except ImportError:
        return None
    module: ModuleType = chromaprint
    return module


def available() -> bool:
    """Say whether Chromaprint and its binding are installed."""
    return _library() is not None


class Listener:
    """Hears the samples of one recording as they are decoded, and gives its fingerprint at the end.

    Raises:
        InputError: Chromaprint is not installed.
    """

    def __init__(self) -> None:
        library = _library()
        if library is None:
            raise InputError(
                "Fingerprints need Chromaprint; install the library (libchromaprint1 on Debian and Ubuntu, "
                'chromaprint elsewhere) and pip install "audiera[fingerprint]", or leave them out.'
            )
        self._library = library
        self._printer = library.Fingerprinter()
        self._left = -1  # samples of each channel still to hear; -1: not one heard yet

    def hear(self, samples: NDArray[np.generic], rate: int) -> None:
        """Take the next samples, in rows of one for each channel."""
        if self._left < 0:
            self._printer.start(rate, samples.shape[1])
            self._left = rate * _SECONDS
        heard = samples[: self._left]
        self._left -= len(heard)
        if len(heard):
            self._printer.feed(_narrow(heard).tobytes())

    def finish(self) -> tuple[int, ...] | None:
        """Return the fingerprint; None if the recording is too short for one (some three seconds)."""
        if self._left < 0:
            return None
        numbers, _ = self._library.decode_fingerprint(self._printer.finish())
        return tuple(int(number) & 0xFFFFFFFF for number in numbers) if len(numbers) >= _MIN_NUMBERS else None


def similar(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether two fingerprints are of the same recording.

    Their lengths must agree within three seconds, and where they fit best, at most 5 of 32 bits may differ on
    average.
    """
    if min(len(one), len(other)) < _MIN_NUMBERS or abs(len(one) - len(other)) > _MAX_SHIFT:
        return False
    first, second = (np.array(each, dtype=np.uint32) for each in (one, other))
    return min(_errors(first, second, shift) for shift in range(-_MAX_SHIFT, _MAX_SHIFT + 1)) <= _MAX_BIT_ERRORS


def _errors(one: NDArray[np.uint32], other: NDArray[np.uint32], shift: int) -> float:
    """Return the share of differing bits where the two overlap, `other` moved on by so many numbers."""
    one, other = one[max(shift, 0) :], other[max(-shift, 0) :]
    size = min(len(one), len(other))
    if size < _MIN_NUMBERS:
        return 1.0
    return float(np.unpackbits((one[:size] ^ other[:size]).view(np.uint8)).mean())


def _narrow(samples: NDArray[np.generic]) -> NDArray[np.int16]:
    if samples.dtype == np.int16:
        return samples.astype(np.int16)
    wide = samples.astype(np.float64)
    scale = 32_767.0 if samples.dtype.kind == "f" else 1 / 65_536
    return np.clip(wide * scale, -32_768, 32_767).astype(np.int16)
