"""Decoding with libsndfile: WAV and its like, AIFF, CAF, AU, FLAC, Ogg Vorbis, Opus and FLAC.

Its lengths are exact. What it does not see of damage, the modules beside this one do.
"""

import os
import re
from io import FileIO
from typing import Final

import numpy as np
import soundfile

from audiera.music.formats.flac import SampleMd5, StreamInfo
from audiera.music.sound.decoded import BLOCK_SAMPLES, AudioError, Decoded, Ear, SampleDigest, sample_type

__all__ = ["decode_with_libsndfile"]


_MEDIA_TYPES: Final = {
    "AIFF": "audio/aiff",
    "AU": "audio/basic",
    "CAF": "audio/x-caf",
    "FLAC": "audio/flac",
    "OGG": "audio/ogg",
    "RF64": "audio/wav",
    "W64": "audio/x-w64",
    "WAV": "audio/wav",
    "WAVEX": "audio/wav",
}
_DEPTHS: Final = {"FLOAT": 32, "DOUBLE": 64}
_DEPTH: Final = re.compile(r"(?:PCM_[SU]?|ALAC_)(\d+)")


_WORDS: Final = (
    (re.compile(r"No 'fmt '|without 'COMM'"), "lacks the part that describes its sound; get a whole copy"),
    (
        re.compile(r"'fmt '|'COMM'|format chunk|bit width|channel count|number of channels|samples per block"),
        "contradicts itself in the part that describes its sound; export it anew",
    ),
    (
        re.compile(r"'data'|'SSND'|'BODY'|sound data"),
        "lacks the part that holds its sound, or it is damaged; get a whole copy",
    ),
    (re.compile(r"chunk|marker|malformed", re.IGNORECASE), "is damaged in its structure; get a whole copy"),
    (
        re.compile(r"SF_INFO|sample ?rate|channel", re.IGNORECASE),
        "contradicts itself in the part that describes its sound; export it anew",
    ),
    (
        re.compile(r"unimplemented|unsupported|not supported|unknown format|format not", re.IGNORECASE),
        "holds sound of a kind that cannot be decoded here; convert it to FLAC or WAV",
    ),
    (re.compile(r"decoder|sync|seek|read", re.IGNORECASE), "is damaged or breaks off; get a whole copy"),
)


class _Onwards(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A file that is only read onwards.

    soundfile seeks to where it is after every block, which FLAC of a wrong length answers with
    an error of libsndfile's own.
    """

    def seekable(self) -> bool:
        return False


def decode_with_libsndfile(
    file: FileIO, *, start: int = 0, info: StreamInfo | None = None, ear: Ear | None = None
) -> Decoded:
    """Decode an open file from its beginning to its end, and hold it against FLAC's own statement, if given.

    Raises:
        AudioError: it cannot be decoded, or is not the sound that `info` states.
        OSError: it cannot be read.
    """
    os.lseek(file.fileno(), start, os.SEEK_SET)
    try:
        with _Onwards(file.fileno(), closefd=False) as sound:
            return _decode(sound, info, ear)
    except soundfile.LibsndfileError as error:
        raise AudioError(_reason(error)) from error


def _decode(sound: soundfile.SoundFile, info: StreamInfo | None, ear: Ear | None) -> Decoded:
    media_type = _MEDIA_TYPES.get(sound.format)
    if media_type is None:
        raise AudioError(f"is {sound.format_info}, a format that is not accepted; convert it to FLAC or WAV")
    rate, channels, depth = int(sound.samplerate), int(sound.channels), _depth(sound.subtype)
    if info is not None:
        depth = info.bit_depth
    kind = sample_type(depth, floating=sound.subtype in _DEPTHS)  # libsndfile makes zeros of fractions
    named, md5 = SampleDigest(rate, channels, kind), SampleMd5(depth or 0) if info and any(info.md5) else None
    buffer = np.empty((max(1, BLOCK_SAMPLES // channels), channels), dtype=kind)
    frames = 0
    while len(block := sound.read(out=buffer[: max(0, sound.frames - frames)])):  # no further: tags may follow
        frames += len(block)
        named.update(block)
        if md5 is not None:
            md5.update(block)
        if ear is not None:
            ear.hear(block, rate)
    if info is not None:
        info.check(frames, md5.digest() if md5 else info.md5)
    return Decoded(media_type, frames, rate, channels, depth, named.digest(), dict(sound.copy_metadata()))


def _depth(subtype: str) -> int | None:
    match = _DEPTH.fullmatch(subtype)
    return int(match.group(1)) if match else _DEPTHS.get(subtype)


def _reason(error: soundfile.LibsndfileError) -> str:
    """Return a refusal of libsndfile's, which speaks to programmers, in words for people."""
    text = " ".join(error.error_string.split()).rstrip(".").removeprefix("Error : ")
    if told := next((words for form, words in _WORDS if form.search(text)), None):
        return told
    said = text[:1].lower() + text[1:] or f"libsndfile error {error.code}"
    return f"cannot be decoded as audio ({said}); get a whole copy, or export it anew"
