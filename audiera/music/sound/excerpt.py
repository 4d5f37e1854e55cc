"""An excerpt of a recording that anyone may hear: half a minute in one channel, as MP3 of 64 kbit/s.

MP3, because every browser and every telephone plays it, and its encoder (LAME) makes the same bytes of the same
samples each time; Ogg is refused by many that are in use, and its writers draw a random number. It begins half a minute
into the recording, when songs have begun, or as much earlier as it takes to be as long; a shorter recording is heard
whole. So nothing has to be known of what follows, and nothing beyond the first minute is decoded.
"""

from typing import Final

import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

__all__ = ["EXCERPT_MS", "Excerpt", "HeardEnough", "stretch_of"]

EXCERPT_MS: Final = 30_000
"""The most that an excerpt lasts, and where it begins in what is long enough."""

_RATE: Final = 44_100
_BITS: Final = 64_000  # a second
_FRAME: Final = 1_152  # samples that MP3 codes together
_EFFORT: Final = {"compression_level": "7"}
"""Of LAME, where 0 is the most: no ear tells the difference at this rate from twice the time."""
_FADE: Final = _RATE // 2


class HeardEnough(Exception):  # noqa: N818  # it is no error
    """Nothing that follows is heard: whoever decodes may stop."""


def stretch_of(duration_ms: int) -> tuple[int, int]:
    """Return where the excerpt of a recording begins, and how long it lasts, in milliseconds."""
    start = min(EXCERPT_MS, max(0, duration_ms - EXCERPT_MS))
    return start, min(EXCERPT_MS, duration_ms - start)


class Excerpt:
    """Hears the samples of one recording as they are decoded, and gives an excerpt at the end."""

    def __init__(self) -> None:
        self._resampler = AudioResampler(format="fltp", layout="mono", rate=_RATE)
        self._heard: list[NDArray[np.float32]] = []
        self._count = 0

    def hear(self, samples: NDArray[np.generic], rate: int) -> None:
        """Take the next samples, in rows of one for each channel.

        Raises:
            HeardEnough: no more are needed.
        """
        full = float(1 << 8 * samples.itemsize - 1) if samples.dtype.kind == "i" else 1.0
        whole = sum(samples[:, at].astype(np.float32) for at in range(samples.shape[1]))
        mono = (whole / np.float32(full * samples.shape[1])).astype(np.float32)
        frame = AudioFrame.from_ndarray(np.clip(np.nan_to_num(mono), -1, 1)[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        self._take(frame)
        if self._count >= 2 * _samples(EXCERPT_MS):
            raise HeardEnough

    def finish(self) -> bytes:
        """Return the excerpt; empty if nothing was heard."""
        if not self._count:
            return b""
        self._take(None)
        heard, longest = np.concatenate(self._heard)[: 2 * _samples(EXCERPT_MS)], _samples(EXCERPT_MS)
        start = min(longest, max(0, len(heard) - longest))
        chosen = heard[start : start + longest]
        ramp = np.linspace(0, 1, min(_FADE, len(chosen)), dtype=np.float32)
        if start:
            chosen[: len(ramp)] *= ramp
        if len(chosen) == longest:
            chosen[len(chosen) - len(ramp) :] *= ramp[::-1]
        return _encoded(chosen)

    def _take(self, frame: AudioFrame | None) -> None:
        for made in self._resampler.resample(frame):
            self._heard.append(made.to_ndarray()[0].astype(np.float32))
            self._count += made.samples


def _samples(milliseconds: int) -> int:
    return milliseconds * _RATE // 1_000


def _encoded(samples: NDArray[np.float32]) -> bytes:
    """Return samples as frames of MP3 and nothing else: no header of a program, no date."""
    encoder = AudioCodecContext.create("libmp3lame", "w")
    encoder.sample_rate, encoder.bit_rate, encoder.layout, encoder.format = _RATE, _BITS, "mono", "fltp"
    encoder.options = _EFFORT
    data = bytearray()
    for at in range(0, len(samples), _FRAME):
        frame = AudioFrame.from_ndarray(samples[None, at : at + _FRAME].copy(), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = _RATE, at
        for packet in encoder.encode(frame):
            data += bytes(packet)
    for packet in encoder.encode(None):
        data += bytes(packet)
    return bytes(data)
