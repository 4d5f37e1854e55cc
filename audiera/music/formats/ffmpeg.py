"""Decoding with FFmpeg (through PyAV): MP3 and all that libsndfile cannot decode.

The demuxer is the one that the file's first bytes name, never one that FFmpeg guesses: some of those follow
references to other files. Whatever the decoder complains of is damage: it is asked to stop at the first error,
and what it would print is read here, never shown. Exactly one stream of sound is expected; pictures of covers do
not count.

Codecs work in frames, so that a file holds more samples than were recorded. What a player plays counts: FFmpeg passes
over what encoders put before the sound (edit lists of MPEG-4, CodecDelay of Matroska, LAME's header) and behind it
(DiscardPadding, Opus in Ogg); where MPEG-4 says that the sound ends within the last frame, it is cut here.

Sources: ISO/IEC 14496-12, 8.6.6 (edit lists); RFC 7845, 4.2 (pre-skip); RFC 9559, 5.1.4.1 (CodecDelay); Apple,
iTunSMPB.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from typing import Final, TypeAlias

import av
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from audiera.music.formats.flac import read_stream_info
from audiera.music.sound.decoded import BLOCK_SAMPLES, AudioError, Decoded, Ear, SampleDigest, breaks_off, sample_type

__all__ = ["Stretch", "decode_with_ffmpeg", "judge_streams"]


_STRICT: Final = {"err_detect": "crccheck+bitstream+buffer+explode"}
_GAPLESS: Final = re.compile(r"\s*[0-9A-F]+ ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+)(?: |$)", re.IGNORECASE)
"""What iTunes says of a file in a tag: samples before its sound, behind it, and of it."""

_DSD: Final = 8
"""FFmpeg counts the one-bit samples of DSD in eights."""

Stretch: TypeAlias = tuple[int, int]
"""Where a part of a file begins and ends."""


class _Input:
    """A stretch of a file for FFmpeg, which reports trouble only when asked: FFmpeg would print an exception."""

    def __init__(self, file: FileIO, stretch: Stretch | None) -> None:
        self._file = file
        self._start, self._end = stretch or (0, os.fstat(file.fileno()).st_size)
        self._at = self._start
        self.error: OSError | None = None

    def read(self, count: int) -> bytes:
        try:
            self._file.seek(self._at)
            data = self._file.read(max(0, min(count, self._end - self._at)))
        except OSError as error:
            self.error = error
            return b""
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        at = offset + (self._start, self._at, self._end)[whence]
        self._at = min(max(at, self._start), self._end)
        return self.tell()

    def tell(self) -> int:
        return self._at - self._start


def decode_with_ffmpeg(
    file: FileIO,
    demuxer: str,
    media_type: str,
    *,
    bit_depth: int | None = None,
    frames: int | None = None,
    stretch: Stretch | None = None,
    open_ended: bool = False,
    ear: Ear | None = None,
) -> Decoded:
    """Decode an open file from its beginning to its end.

    Args:
        file: the file, open for reading.
        demuxer: FFmpeg's name of the kind of file.
        media_type: what the result says it is.
        bit_depth: bits of a sample where the caller knows; else what FFmpeg says of it.
        frames: how many samples of each channel there must be, where the caller knows.
        stretch: the part of the file that is sound; by default all of it.
        open_ended: take the sound to the end of the file, whatever length the file states.
        ear: hears the samples, if given.

    Raises:
        AudioError: it is damaged, breaks off, or is not one stream of sound that can be decoded.
        OSError: it cannot be read.
    """
    source, told = _Input(file, stretch), _STRICT | ({"ignore_length": "1"} if open_ended else {})
    try:
        with (
            _listening() as pictures,
            av.open(source, "r", demuxer, options=told, metadata_errors="replace") as container,
        ):
            pictures.update(_decoders_of_pictures(container))
            decoded = _decode(container, media_type, _Count(bit_depth, ear), open_ended)
    except av.FFmpegError as error:
        if source.error is not None:
            raise source.error from None
        raise AudioError(f"is damaged or breaks off ({_clause(error.strerror)}); get a whole copy") from error
    if source.error is not None:
        raise source.error
    counted = decoded.frames // _DSD if decoded.bit_depth == 1 else decoded.frames
    if frames is not None and counted < frames:
        raise breaks_off(f"{frames:,} samples", counted)
    return decoded


def judge_streams(file: FileIO, demuxer: str, name: str) -> str | None:
    """Return why a container is not one stream of sound alone, as a clause to put after the file's name, or None.

    Nothing is decoded: whether the sound is whole, `decode_with_ffmpeg` says.

    Args:
        file: the container, open for reading.
        demuxer: FFmpeg's name of its kind.
        name: the kind's name for people.

    Raises:
        OSError: it cannot be read.
    """
    source = _Input(file, None)
    try:
        with _captured(), av.open(source, "r", demuxer, metadata_errors="replace") as container:
            _sound_of(container)
    except AudioError as error:
        return str(error)
    except av.FFmpegError as error:
        if source.error is None:
            return f"begins like {name} and cannot be opened as such ({_clause(error.strerror)}); get a whole copy"
    if source.error is not None:
        raise source.error
    return None


class _Count:
    """Counts and names samples as they are decoded.

    What is coded without loss is named by its samples, many frames at once, as one by one would double the work;
    what is coded with loss by its encoded frames, which are a tenth of the bytes and decode to the same samples.
    """

    def __init__(self, depth: int | None, ear: Ear | None) -> None:
        self.depth = depth
        self.frames = self.rate = self.channels = 0
        self.last = 0  # samples of the last frame
        self._samples: SampleDigest | None = None
        self._encoded = hashlib.sha256()
        self._waiting = AudioFifo()
        self._ear = ear
        self._kind = ""
        self._cut = 0

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
        self.last = frame.samples
        if self.depth is None and self._ear is None:
            return
        if self._waiting.samples * channels >= BLOCK_SAMPLES:
            self._hear(self._samples)  # before the last frame, of which a part may be cut
        frame.pts = None  # gaps in time are not gaps in sound
        self._waiting.write(frame)

    def cut(self, samples: int) -> None:
        """Leave out so many samples at the end, at most those of the last frame where they are named one by one."""
        self.frames -= samples
        self._cut += samples

    def digest(self) -> bytes:
        """Return what names the samples: empty if there are none."""
        if self._samples is not None:
            self._hear(self._samples, self._cut)
            return self._samples.digest() if self.depth is not None else self._encoded.digest()
        return b""

    def _hear(self, digest: SampleDigest, cut: int = 0) -> None:
        block = self._waiting.read(0, partial=True)
        if block is None:
            return
        rows = _rows(block, self._kind)
        rows = rows[: max(0, len(rows) - cut)]
        if self.depth is not None:
            digest.update(rows)
        if self._ear is not None:
            self._ear.hear(rows, self.rate)


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


@contextmanager
def _listening() -> Iterator[set[str]]:
    """Take an error that FFmpeg would only have printed for what it is.

    Except those of the decoders whose names are put into the set: FFmpeg looks at covers as well.
    """
    unheard: set[str] = set()
    with _captured() as complaints:
        yield unheard
    for name, text in ((name, text) for _, name, text in complaints if name not in unheard):
        raise AudioError(f"is damaged: its {name} decoder says {_clause(text)!r}; get a whole copy")


def _captured() -> "av.logging.Capture":
    """Return what keeps FFmpeg from printing, and collects its errors."""
    if av.logging.get_level() != av.logging.ERROR:
        av.logging.set_level(av.logging.ERROR)
    return av.logging.Capture(local=True)


def _decoders_of_pictures(container: InputContainer) -> set[str]:
    contexts: list[VideoCodecContext | None] = [stream.codec_context for stream in container.streams.video]
    return {context.name for context in contexts if context is not None}  # None: of a kind that FFmpeg does not know


def _clause(text: str | None) -> str:
    return " ".join((text or "unknown error").split()).rstrip(".")


def _decode(container: InputContainer, media_type: str, count: _Count, open_ended: bool) -> Decoded:
    stream = _sound_of(container)
    stream.codec_context.options = _STRICT
    stream.codec_context.thread_count = 1  # files are what is read in parallel
    name = stream.codec_context.name
    if count.depth is None:
        count.depth = _depth(stream)
    packets = late = 0
    for packet in container.demux(stream):
        if packet.is_corrupt and not open_ended:
            raise AudioError("breaks off within a frame; get a whole copy")
        if name == container.format.name == "flac" and packet.size and packet.pts != count.frames:
            raise AudioError(
                f"is damaged: what follows its sample {count.frames:,} is no frame of it; get a whole copy"
            )
        if not packets:
            late = _late(stream, packet)
        packets += packet.size > 0
        count.begin(packet)
        for frame in packet.decode():
            if isinstance(frame, AudioFrame):
                count.add(frame)
    there = count.frames if name.startswith(("pcm_", "adpcm_")) else packets  # FFmpeg reads many samples at once
    count.frames -= min(late, count.frames)
    played = _played(container, stream, count)
    # CAF states the samples of whole frames; and whole frames may lie outside of what an edit list plays.
    if stream.frames > there and container.format.name != "caf" and count.frames < (played or count.frames + 1):
        raise breaks_off(f"{stream.frames:,} frames", there)
    if played is not None:
        count.cut(count.frames - played if count.frames > played else 0)
    scale = _DSD if "dsd" in name or count.depth == 1 else 1
    depth = 1 if scale == _DSD else count.depth
    return Decoded(
        media_type,
        count.frames * scale,
        count.rate * scale,
        count.channels,
        depth,
        count.digest(),
        _strings(container, stream),
    )


def _late(stream: AudioStream, first: "Packet[AudioStream]") -> int:
    """Return how many samples at the beginning are to be passed over that FFmpeg does not pass over.

    It believes the container; but muxers have counted the delay of Opus, which is of 48 kHz, at the rate of what was
    encoded. The codec's own head has it right.
    """
    head = stream.codec_context.extradata or b""
    if head[:8] != b"OpusHead" or len(head) < 12:
        return 0
    told = (bytes(it)[:4] for it in first.iter_sidedata() if it.data_type == "skip_samples")
    return max(0, int.from_bytes(head[10:12], "little") - int.from_bytes(next(told, b""), "little"))


def _played(container: InputContainer, stream: AudioStream, count: _Count) -> int | None:
    """Return how many of the decoded samples MPEG-4 plays: None if it does not say, or says what cannot be so.

    Encoders fill up the last frame, and no more. What would leave out more contradicts the file.
    """
    if not container.format.name.startswith("mov"):
        return None
    if match := _GAPLESS.match(container.metadata.get("iTunSMPB", "")):
        _, behind, sound = (int(part, 16) for part in match.groups())
        if 0 < count.frames - sound == behind:
            return sound
    if stream.duration is None or stream.time_base is None:
        return None
    stated = round(stream.duration * stream.time_base * count.rate)
    return stated if stated > 0 and count.frames - stated < count.last else None


def _strings(container: InputContainer, stream: AudioStream) -> dict[str, str]:
    return {name.lower(): text for name, text in {**stream.metadata, **container.metadata}.items()}


def _sound_of(container: InputContainer) -> AudioStream:
    if any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video):
        raise AudioError("holds video; extract its sound")
    found = container.streams.audio
    if len(found) != 1:
        many = "no sound" if not found else f"{len(found)} streams of sound"
        raise AudioError(f"holds {many}; extract the one that is meant" if found else f"holds {many}")
    if found[0].codec_context is None:
        raise AudioError("holds sound of a kind that cannot be decoded here; convert it to FLAC or WAV")
    return found[0]


def _depth(stream: AudioStream) -> int | None:
    """Return the bits of a sample of what is coded without loss, else None."""
    context = stream.codec_context
    extra = context.extradata or b""
    if context.name == "alac" and len(extra) > 17:
        return extra[17]
    if context.name == "flac" and len(extra) >= 34:
        return read_stream_info(extra).bit_depth
    if match := re.match(r"pcm_[suf](\d+)", context.name):
        return int(match.group(1))
    if context.name == "wmalossless":
        return 16 if context.format.name.startswith("s16") else 24
    return None
