"""Acoustic fingerprints (Chromaprint): the same recording in two encodings has nearly the same one.

The library libchromaprint and its binding (pyacoustid) are optional; without them nothing but fingerprints is
missing. Like AcoustID, a fingerprint covers the first two minutes: one number of 32 bits for each eighth of a second.
"""

from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audiera.errors import InputError

__all__ = ["Listener", "available", "sounding_like"]


_SECONDS: Final = 120
_MAX_SHIFT: Final = 24
"""Three seconds: encoders add silence, and players cut it off."""
_SHIFTS: Final = range(-_MAX_SHIFT, _MAX_SHIFT + 1)
_MIN_NUMBERS: Final = 8
_BITS: Final = 32
_MAX_BIT_ERRORS: Final = 5
"""Bits of a number that may differ on average, half of what Chromaprint's own matcher allows two passages (10 of 32,
its `match_threshold`). Measured: MP3, Vorbis and FLAC of one recording differ in at most 2 of 100 bits, the
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


def sounding_like(one: Sequence[int]) -> Callable[[Sequence[int]], bool]:
    """Return what says whether another fingerprint is of the same recording as this one.

    Their lengths must agree within three seconds, and where they fit best, at most 5 of 32 bits may differ on
    average.
    """
    ours = _as_number(one)
    few = min(len(one) - 2 * _MAX_SHIFT, len(one) * 3 // 8)  # where others differ by more already, as nearly all do
    few_bits = (1 << _BITS * few) - 1 if few > 0 else 0
    moved = [ours >> _BITS * (_MAX_SHIFT + shift) & few_bits for shift in _SHIFTS]

    def sounds_like(other: Sequence[int]) -> bool:
        if min(len(one), len(other)) < _MIN_NUMBERS or abs(len(one) - len(other)) > _MAX_SHIFT:
            return False
        theirs = _as_number(other)
        middle = theirs >> _BITS * _MAX_SHIFT & few_bits
        most = _MAX_BIT_ERRORS * min(len(one), len(other))
        return any(
            (there ^ middle).bit_count() <= most and fits(theirs, len(other), shift)
            for shift, there in zip(_SHIFTS, moved, strict=True)
        )

    def fits(theirs: int, count: int, shift: int) -> bool:
        """Say whether few enough bits differ where the two overlap, the other moved on by so many numbers."""
        ahead, behind = max(shift, 0), max(-shift, 0)
        size = min(len(one) - ahead, count - behind)
        if size < _MIN_NUMBERS:
            return False
        differing = (ours >> _BITS * ahead ^ theirs >> _BITS * behind) & (1 << _BITS * size) - 1
        return differing.bit_count() <= _MAX_BIT_ERRORS * size

    return sounds_like


def _as_number(fingerprint: Sequence[int]) -> int:
    """Return a fingerprint as one number, whose bits are compared many at a time."""
    return int.from_bytes(np.asarray(fingerprint, dtype="<u4").tobytes(), "little")


def _narrow(samples: NDArray[np.generic]) -> NDArray[np.int16]:
    if samples.dtype == np.int16:
        return samples.astype(np.int16)
    wide = samples.astype(np.float64)
    scale = 32_767.0 if samples.dtype.kind == "f" else 1 / 65_536
    return np.clip(wide * scale, -32_768, 32_767).astype(np.int16)
