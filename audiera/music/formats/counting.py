"""Counts the samples that FFmpeg decodes, and names them."""

import hashlib

import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from numpy.typing import NDArray

from audiera.music.sound.decoded import BLOCK_SAMPLES, AudioError, SampleDigest, sample_type
from audiera.music.sound.fingerprint import Listener

__all__ = ["Count"]


class Count:
    """Counts and names samples as they are decoded.

    What is coded without loss is named by its samples, many frames at once, as one by one would double the work;
    what is coded with loss by its encoded frames, which are a tenth of the bytes and decode to the same samples.
    """

    def __init__(self, depth: int | None, listener: Listener | None) -> None:
        self.depth = depth
        self.frames = self.rate = self.channels = 0
        self._samples: SampleDigest | None = None
        self._encoded = hashlib.sha256()
        self._waiting = AudioFifo()
        self._listener = listener
        self._kind = ""

    def begin(self, packet: "Packet[AudioStream]") -> None:
        """Take an encoded frame, before its samples."""
        if self.depth is None:
            self._encoded.update(bytes(packet))

    def add(self, frame: AudioFrame) -> None:
        """Take decoded samples.

        Raises:
            AudioError: they have another rate or other channels than those before.
        """
        rate, channels = frame.sample_rate, frame.layout.nb_channels
        if self._samples is None:
            self.rate, self.channels = rate, channels
            self._kind = sample_type(self.depth, floating=frame.format.name.startswith(("flt", "dbl")))
            self._samples = SampleDigest(rate, channels, self._kind)
        elif (self.rate, self.channels) != (rate, channels):
            raise AudioError("changes its sample rate or its channels midway; divide it")
        self.frames += frame.samples
        if self.depth is None and self._listener is None:
            return
        frame.pts = None  # gaps in time are not gaps in sound
        self._waiting.write(frame)
        if self._waiting.samples * channels >= BLOCK_SAMPLES:
            self._hear(self._samples)

    def digest(self) -> bytes:
        """Return what names the samples: empty if there are none."""
        if self._samples is not None:
            self._hear(self._samples)
            return self._samples.digest() if self.depth is not None else self._encoded.digest()
        return b""

    def _hear(self, digest: SampleDigest) -> None:
        block = self._waiting.read(0, partial=True)
        if block is None:
            return
        rows = _rows(block, self._kind)
        if self.depth is not None:
            digest.update(rows)
        if self._listener is not None:
            self._listener.hear(rows, self.rate)


def _rows(frame: AudioFrame, kind: str) -> NDArray[np.generic]:
    """Return a frame's samples in rows of one for each channel."""
    found = np.asarray(frame.to_ndarray())
    channels = frame.layout.nb_channels
    samples: NDArray[np.generic] = found.T if frame.format.is_planar else found.reshape(-1, channels)
    if samples.dtype.name == kind:
        return samples
    wide = samples.astype(np.float64)  # holds every integer of 32 bits exactly
    if samples.dtype.kind == "u":
        wide = wide / 128 - 1  # 8 bits around 128
    elif samples.dtype.kind == "i":
        wide /= 1 << 8 * samples.itemsize - 1
    if kind == "float32":
        return wide.astype(np.float32)
    whole: NDArray[np.generic] = np.round(wide * (1 << 8 * np.dtype(kind).itemsize - 1)).astype(kind)
    return whole
