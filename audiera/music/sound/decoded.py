"""What decoding a file of audio gives, and what stops it: shared by all decoders."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from audiera.errors import ItemError

__all__ = ["BLOCK_SAMPLES", "AudioError", "Decoded", "Ear", "Ears", "SampleDigest", "breaks_off", "sample_type"]


BLOCK_SAMPLES: Final = 1 << 18
"""How many samples of all channels together are decoded at once: 1,000 channels cost no more than one."""

_FOLD_BYTES: Final = 1 << 18
_MAX_DURATION_MS: Final = (1 << 32) - 1


class AudioError(ItemError):
    """One file cannot be an item; the message is a clause to put after the file's name."""


def breaks_off(announced: str, there: int) -> AudioError:
    """Return the error for a file that has less than it announces."""
    return AudioError(f"breaks off: it announces {announced} and has {there:,}; get a whole copy")


class Ear(Protocol):
    """What hears the samples of a recording as they are decoded."""

    def hear(self, samples: NDArray[np.generic], rate: int) -> None:
        """Take the next samples, in rows of one for each channel; they are overwritten when it returns."""


class Ears:
    """Several ears as one."""

    def __init__(self, *ears: Ear) -> None:
        self._ears = ears

    def hear(self, samples: NDArray[np.generic], rate: int) -> None:
        """Have each take the samples."""
        for ear in self._ears:
            ear.hear(samples, rate)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What decoding a whole file found.

    `bit_depth` is None for what is coded with loss. `samples` names the decoded samples (`SampleDigest`), or
    what they were decoded from, where that is coded with loss and packed in frames.
    `strings` are the container's own text fields (RIFF INFO and the like); `notes` are clauses to put after
    the file's name, on what is odd but stops nothing.
    """

    media_type: str
    frames: int
    sample_rate: int
    channels: int
    bit_depth: int | None = None
    samples: bytes = b""
    strings: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.frames <= 0 or self.sample_rate <= 0 or self.channels <= 0:
            raise AudioError("holds no sound: not one sample could be decoded")
        if self.duration_ms > _MAX_DURATION_MS:
            raise AudioError("lasts more than 49 days; divide it")

    @property
    def duration_ms(self) -> int:
        """The length in milliseconds, rounded up, so that no recording lasts 0 ms and whole seconds counted
        from it are the same as those counted from the exact length.
        """
        return -(-self.frames * 1000 // self.sample_rate)


def sample_type(bit_depth: int | None, *, floating: bool = False) -> str:
    """Return numpy's name of the type that samples of this depth are decoded to, without loss up to 32 bits.

    The same for every decoder, so that the same samples are the same bytes whatever held them.
    """
    if floating or bit_depth is None or bit_depth > 32 or bit_depth == 1:  # DSD's single bits are filtered into samples
        return "float32"
    return "int16" if bit_depth <= 16 else "int32"


class SampleDigest:
    """Names a sequence of samples: rate, channels, type and a running CRC-32 at every 256 KiB, hashed.

    It tells recordings apart, not attackers: a CRC costs a twentieth of decoding, SHA-256 of all samples
    would cost a sixth.
    """

    def __init__(self, sample_rate: int, channels: int, kind: str) -> None:
        self._hash = hashlib.sha256(f"{sample_rate} {channels} {kind}".encode())
        self._crc = 0
        self._size = 0

    def update(self, samples: NDArray[np.generic]) -> None:
        """Add interleaved samples, in pieces of any size."""
        data = np.ascontiguousarray(samples).data.cast("B")
        while data:
            piece = data[: _FOLD_BYTES - self._size % _FOLD_BYTES]
            self._crc = zlib.crc32(piece, self._crc)
            self._size += len(piece)
            if self._size % _FOLD_BYTES == 0:
                self._hash.update(self._crc.to_bytes(4, "big"))
            data = data[len(piece) :]

    def digest(self) -> bytes:
        """Return the 32 bytes that name all samples added so far."""
        last = self._hash.copy()
        last.update(self._crc.to_bytes(4, "big") + self._size.to_bytes(8, "big"))
        return last.digest()
