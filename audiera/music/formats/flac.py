"""FLAC: what its first block states of the sound, against which what was decoded is held.

libFLAC checks the checksum of each frame; it lets pass that frames are missing where the cut is clean, and
that the sound is not the one whose MD5 the file states. Both are checked here, so that every cut and every
changed bit of the sound is seen. A file that was written to a pipe states neither length nor MD5: there, a cut
exactly between two frames cannot be seen, and a note says so.

Source: RFC 9639 (FLAC), section 8.2.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audiera.music.sound.decoded import AudioError, breaks_off

__all__ = ["SampleMd5", "StreamInfo", "read_stream_info"]


_BYTES: Final = 34
_NO_MD5: Final = bytes(16)


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a FLAC stream states of its sound; `frames` is 0 and `md5` zeros where it does not say."""

    bit_depth: int
    frames: int
    md5: bytes

    def check(self, frames: int, md5: bytes) -> None:
        """Hold this against the sound that was decoded.

        Raises:
            AudioError: it is not that sound.
        """
        if self.frames > frames:
            raise breaks_off(f"{self.frames:,} samples", frames)
        if self.frames and self.frames < frames:
            raise AudioError(
                f"contradicts itself: it announces {self.frames:,} samples and has {frames:,}; encode it anew"
            )
        if self.md5 not in (_NO_MD5, md5):
            raise AudioError("is damaged: its sound fails the checksum (MD5) that its encoder left; get a whole copy")


def read_stream_info(block: bytes) -> StreamInfo:
    """Read the content of a STREAMINFO block.

    Raises:
        AudioError: it is too short.
    """
    if len(block) < _BYTES:
        raise AudioError("breaks off in its header; get a whole copy")
    packed = int.from_bytes(block[10:18], "big")  # sample rate 20 bits, channels 3, bits 5, frames 36
    return StreamInfo((packed >> 36 & 31) + 1, packed & (1 << 36) - 1, block[18:34])


class SampleMd5:
    """The MD5 of samples as FLAC counts it: each in as few whole bytes as its depth needs, lowest first."""

    def __init__(self, bit_depth: int) -> None:
        self._depth, self._width = bit_depth, -(-bit_depth // 8)
        self._md5 = hashlib.md5(usedforsecurity=False)

    def update(self, samples: NDArray[np.int16] | NDArray[np.int32]) -> None:
        """Add interleaved samples, whose highest bits are those of their type."""
        bits = samples.itemsize * 8
        if bits != self._depth:
            samples = samples >> (bits - self._depth)
        data = np.ascontiguousarray(samples).view(np.uint8)
        if self._width != samples.itemsize:
            data = np.ascontiguousarray(data.reshape(-1, samples.itemsize)[:, : self._width])
        self._md5.update(data.data.cast("B"))

    def digest(self) -> bytes:
        """Return the 16 bytes."""
        return self._md5.digest()
