"""Files of audio in the formats that FFmpeg writes, a fraction of a second long."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray


class Encoding(NamedTuple):
    container: str
    codec: str
    samples: str
    rate: int = 44_100


ENCODINGS: Final[Mapping[str, Encoding]] = {
    "aac": Encoding("adts", "aac", "fltp"),
    "ac3": Encoding("ac3", "ac3", "fltp"),
    "alac": Encoding("ipod", "alac", "s16p"),
    "amr": Encoding("amr", "libopencore_amrnb", "s16", 8_000),
    "eac3": Encoding("eac3", "eac3", "fltp"),
    "flac": Encoding("flac", "flac", "s16"),
    "m4a": Encoding("ipod", "aac", "fltp"),
    "mka": Encoding("matroska", "flac", "s16"),
    "mov": Encoding("mov", "pcm_s16le", "s16"),
    "mp4": Encoding("mp4", "aac", "fltp"),
    "mp2": Encoding("mp2", "mp2", "s16"),
    "mp3": Encoding("mp3", "libmp3lame", "fltp"),
    "oggflac": Encoding("ogg", "flac", "s16"),
    "tta": Encoding("tta", "tta", "s16"),
    "webm": Encoding("webm", "libopus", "flt", 48_000),
    "wma": Encoding("asf", "wmav2", "fltp"),
    "wv": Encoding("wv", "wavpack", "s16p"),
}


def noise(frames: int, channels: int = 1, *, seed: int = 7) -> NDArray[np.int16]:
    """Sound in which every frame differs from every other."""
    source = np.random.default_rng(seed)
    wave = np.sin(np.cumsum(source.uniform(0.01, 0.2, frames)))
    sound = wave[:, np.newaxis].repeat(channels, 1) * 9_000 + source.normal(0, 300, (frames, channels))
    return np.asarray(sound, dtype=np.int16)


def write_encoded(
    path: Path,
    kind: str,
    *,
    frames: int = 22_050,
    channels: int = 1,
    seed: int = 7,
    tags: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Writes noise in one of the `ENCODINGS`, and returns the path."""
    container, codec, samples, rate = ENCODINGS[kind]
    layout = "mono" if channels == 1 else "stereo"
    sound = noise(frames, channels, seed=seed)
    with av.open(path, "w", format=container, options=dict(options or {})) as output:
        output.metadata.update(tags or {})
        stream = output.add_stream(codec, rate=rate, layout=layout, format=samples)
        assert isinstance(stream, AudioStream)
        if samples != "s16p" and kind not in {"amr", "flac", "mka", "oggflac", "tta"}:
            stream.bit_rate = 64_000
        source = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout=layout)
        source.sample_rate, source.pts, source.time_base = rate, 0, Fraction(1, rate)
        for packet in _packets(stream, source):
            output.mux(packet)
    return path


def write_film(path: Path, container: str, *, pictures: int = 1, sounds: int = 1) -> Path:
    """Writes a moment of streams of pictures and of sound, and returns the path."""
    codecs = {"mp4": ("mpeg4", "aac", "fltp"), "webm": ("libvpx", "libopus", "flt"), "asf": ("wmv2", "mp2", "s16")}
    seen, heard, samples = codecs.get(container, ("mpeg4", "flac", "s16"))
    with av.open(path, "w", format=container) as output:
        films = [output.add_stream(seen, rate=25) for _ in range(pictures)]
        tracks = [output.add_stream(heard, rate=48_000, layout="mono", format=samples) for _ in range(sounds)]
        for film in films:
            assert isinstance(film, VideoStream)
            film.width, film.height, film.pix_fmt = 64, 64, "yuv420p"
        for film in films:
            assert isinstance(film, VideoStream)
            for packet in [*film.encode(av.VideoFrame(64, 64, "yuv420p")), *film.encode(None)]:
                output.mux(packet)
        for track in tracks:
            assert isinstance(track, AudioStream)
            source = av.AudioFrame.from_ndarray(noise(9_600).reshape(1, -1), format="s16", layout="mono")
            source.sample_rate, source.pts, source.time_base = 48_000, 0, Fraction(1, 48_000)
            for packet in _packets(track, source):
                output.mux(packet)
    return path


def _packets(stream: AudioStream, source: av.AudioFrame) -> "list[av.Packet[AudioStream]]":
    size = stream.codec_context.frame_size or 1024
    resampler = av.AudioResampler(stream.format.name, stream.layout.name, stream.rate, frame_size=size)
    frames = [*resampler.resample(source), *resampler.resample(None)]
    return [packet for frame in [*frames, None] for packet in stream.encode(frame)]
