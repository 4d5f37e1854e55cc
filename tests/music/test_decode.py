from io import FileIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiera.music.decode import decode
from tests.support.music import RATE, write_tone
from tests.support.reading import refusal


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [
        (".aiff", "audio/aiff"),
        (".au", "audio/basic"),
        (".caf", "audio/x-caf"),
        (".flac", "audio/flac"),
        (".mp3", "audio/mpeg"),
        (".ogg", "audio/ogg"),
        (".opus", "audio/ogg"),
        (".w64", "audio/x-w64"),
        (".wav", "audio/wav"),
    ],
)
def test_every_format_names_its_media_type(tmp_path: Path, suffix: str, media_type: str) -> None:
    path = write_tone(tmp_path / f"tone{suffix}", channels=2)

    with FileIO(path) as file:
        found = decode(file)

    assert found.media_type == media_type
    assert found.channels == 2


@pytest.mark.parametrize("suffix", [".aiff", ".flac", ".ogg", ".wav"])
@pytest.mark.parametrize(("frames", "milliseconds"), [(1, 1), (8, 1), (9, 2), (8_000, 1_000), (8_001, 1_001)])
def test_length_is_decoded_and_rounded_up(tmp_path: Path, suffix: str, frames: int, milliseconds: int) -> None:
    path = write_tone(tmp_path / f"tone{suffix}", frames=frames)

    with FileIO(path) as file:
        found = decode(file)

    assert (found.duration_ms, found.sample_rate, found.channels) == (milliseconds, RATE, 1)


def test_content_decides_and_not_the_extension(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.wav", like=".flac")

    with FileIO(path) as file:
        assert decode(file).media_type == "audio/flac"


def test_decoding_starts_at_the_beginning_wherever_the_file_was_left(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.flac")

    with FileIO(path) as file:
        file.seek(0, 2)

        assert decode(file).duration_ms == 250


def test_a_hundred_channels_decode_in_bounded_blocks(tmp_path: Path) -> None:
    path = tmp_path / "many.wav"
    soundfile.write(path, np.zeros((4_000, 100)), RATE)

    with FileIO(path) as file:
        found = decode(file)

    assert (found.channels, found.duration_ms) == (100, 500)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    path.touch()

    assert refusal(path) == "is empty"


def test_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.wav"
    path.write_text("These are not the sounds you are looking for.\n" * 40)

    assert refusal(path) == "cannot be decoded as audio (nothing in it is of a known format)"


def test_a_header_without_sound_is_refused(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "silent.wav", frames=0)

    assert refusal(path) == "holds no sound: not one sample could be decoded"


@pytest.mark.parametrize("kept", [0.95, 0.5, 0.1])
def test_flac_that_breaks_off_is_refused(tmp_path: Path, kept: float) -> None:
    path = write_tone(tmp_path / "tone.flac", frames=RATE)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])

    assert refusal(path) == "is damaged or breaks off; get a whole copy"


def test_flac_with_one_rotten_bit_is_refused_though_its_tags_read_well(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.flac", frames=RATE)
    data = bytearray(path.read_bytes())
    data[len(data) * 3 // 4] ^= 1
    path.write_bytes(data)

    assert refusal(path) == "is damaged or breaks off; get a whole copy"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b".RMF", "RealAudio"),
        (b"tBaK", "TAK"),
        (b"\x7f\xfe\x80\x01", "DTS"),
        (b"OFR ", "OptimFROG"),
        (b"ajkg", "Shorten"),
    ],
)
def test_audio_that_cannot_be_decoded_here_is_named(tmp_path: Path, head: bytes, name: str) -> None:
    path = tmp_path / "song.flac"
    path.write_bytes(head.ljust(400, b"\0"))

    assert refusal(path) == f"is {name}, which cannot be decoded here; convert it to FLAC or WAV"


def test_a_length_beyond_what_an_item_can_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "endless.wav"
    soundfile.write(path, np.zeros(4_294_968, dtype=np.int16), 1, subtype="PCM_U8")

    assert refusal(path) == "lasts more than 49 days; divide it"
