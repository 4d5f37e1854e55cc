from io import FileIO
from pathlib import Path

import pytest

from audiera.audio import AudioError, decode
from audiera.sound import Decoded
from tests.support.encoded import write_encoded
from tests.support.music import RATE, write_tone

STREAM_INFO = 8
"""Where its content begins: behind "fLaC" and the header of the block."""


def decoded(path: Path) -> Decoded:
    with FileIO(path) as file:
        return decode(file)


def refusal(path: Path) -> str:
    with pytest.raises(AudioError) as caught:
        decoded(path)
    return str(caught.value)


def with_frames(path: Path, frames: int) -> Path:
    """Makes a FLAC file announce so many samples."""
    data = bytearray(path.read_bytes())
    packed = int.from_bytes(data[STREAM_INFO + 10 : STREAM_INFO + 18], "big")
    data[STREAM_INFO + 10 : STREAM_INFO + 18] = (packed >> 36 << 36 | frames).to_bytes(8, "big")
    path.write_bytes(data)
    return path


def test_sound_that_fails_the_checksum_of_the_file_is_refused(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.flac")
    data = bytearray(path.read_bytes())
    data[STREAM_INFO + 20] ^= 1
    path.write_bytes(data)

    expected = "is damaged: its sound fails the checksum (MD5) that its encoder left; get a whole copy"
    assert refusal(path) == expected


def test_a_file_without_a_checksum_is_taken_as_it_is(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.flac")
    data = bytearray(path.read_bytes())
    data[STREAM_INFO + 18 : STREAM_INFO + 34] = bytes(16)
    path.write_bytes(data)

    assert decoded(path).duration_ms == 250


def test_more_samples_announced_than_there_are_means_that_the_file_breaks_off(tmp_path: Path) -> None:
    path = with_frames(write_tone(tmp_path / "tone.flac", frames=RATE), RATE + 500)

    assert refusal(path).startswith(("breaks off: it announces 8,500 samples", "cannot be decoded as audio ("))


def test_an_id3_tag_before_the_sound_does_no_harm(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.flac", "flac")
    path.write_bytes(b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + path.read_bytes())

    found = decoded(path)

    assert (found.media_type, found.frames) == ("audio/flac", 22_050)
