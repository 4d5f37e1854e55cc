"""Reads what a file of audio is by decoding all of it: headers are not believed.

The duration is that of the frames that come out of the decoder, the media type that of the format the
decoder found, and a file that breaks off or fails its own checksum (FLAC) is an error, not a shorter
recording. libsndfile does the work, a block at a time, outside Python's lock: several files decode at
once on several cores.
"""

__all__ = ["AudioError", "Decoded", "Digest", "decode", "digest"]

import hashlib
import os
from dataclasses import dataclass
from io import FileIO
from typing import Final

import soundfile

from audiera.errors import ItemError
from audiera.media import HEAD_BYTES, undecodable_format

_BLOCK_SAMPLES: Final = 1 << 16  # of all channels together: a header that claims 1,000 costs no more
_FLOAT_BYTES: Final = 4
_CHUNK_BYTES: Final = 1 << 20
_MAX_DURATION_MS: Final = (1 << 32) - 1

_MEDIA_TYPES: Final = {
    "AIFF": "audio/aiff",
    "AU": "audio/basic",
    "CAF": "audio/x-caf",
    "FLAC": "audio/flac",
    "MP3": "audio/mpeg",
    "OGG": "audio/ogg",
    "RF64": "audio/wav",
    "W64": "audio/x-w64",
    "WAV": "audio/wav",
    "WAVEX": "audio/wav",
}


class AudioError(ItemError):
    """One file cannot be an item; the message is a clause to put after the file's name."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The SHA-256 and the size in bytes of one reading of a file."""

    sha256: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """What decoding a whole file found.

    `duration_ms` is rounded up, so that no recording lasts 0 ms and whole seconds counted from it are the
    same as those counted from the exact length. `strings` are the container's own text fields (RIFF INFO
    and the like).
    """

    media_type: str
    duration_ms: int
    sample_rate: int
    channels: int
    strings: dict[str, str]


def digest(file: FileIO) -> Digest:
    """Hashes an open file from its beginning to its end in one pass, a mebibyte at a time.

    Raises:
        OSError: the file cannot be read.
    """
    sha256, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    file.seek(0)
    while count := file.readinto(buffer):
        sha256.update(buffer[:count])
        size += count
    return Digest(sha256.digest(), size)


def decode(file: FileIO) -> Decoded:
    """Decodes an open file of audio from its beginning to its end and reports what came out.

    Raises:
        AudioError: it is empty, not audio, of a format that cannot be decoded, damaged, silent by length
            (no frames) or longer than a uint32 of milliseconds can say (49 days).
        OSError: the file cannot be read.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise AudioError("is empty")
    if name := undecodable_format(head):
        raise AudioError(f"is {name}, which cannot be decoded here; convert it to FLAC or WAV")
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    try:
        with soundfile.SoundFile(file.fileno(), closefd=False) as sound:
            return _decode(sound)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"cannot be decoded as audio ({_reason(error)})") from error


def _decode(sound: soundfile.SoundFile) -> Decoded:
    media_type = _MEDIA_TYPES.get(sound.format)
    if media_type is None:
        raise AudioError(f"is {sound.format_info}, a format that is not accepted; convert it to FLAC or WAV")
    frames, rate = _count_frames(sound), int(sound.samplerate)
    if not frames or rate <= 0:
        raise AudioError("holds no sound: not one sample could be decoded")
    duration_ms = -(-frames * 1000 // rate)
    if duration_ms > _MAX_DURATION_MS:
        raise AudioError("lasts more than 49 days; divide it")
    return Decoded(media_type, duration_ms, rate, int(sound.channels), dict(sound.copy_metadata()))


def _count_frames(sound: soundfile.SoundFile) -> int:
    frame_bytes = int(sound.channels) * _FLOAT_BYTES
    buffer = bytearray(max(1, _BLOCK_SAMPLES // int(sound.channels)) * frame_bytes)
    frames = 0
    while count := sound.buffer_read_into(buffer, "float32"):
        frames += count
    return frames


def _reason(error: soundfile.LibsndfileError) -> str:
    text = " ".join(error.error_string.split()).rstrip(".")
    return text[:1].lower() + text[1:] or f"libsndfile error {error.code}"
