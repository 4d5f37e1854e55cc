"""Excerpts: where they begin, how long they are, and that they are the same bytes each time."""

import io
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from audiera.music.excerpt import excerpt
from audiera.music.formats import libsndfile
from audiera.music.sound.decoded import AudioError
from audiera.music.sound.excerpt import Excerpt, stretch_of

RATE = 8_000


def steps(seconds: int, *, channels: int = 2) -> NDArray[np.float32]:
    """A tone for each ten seconds, an octave above the one before: what is heard tells where it was taken."""
    moments = np.arange(seconds * RATE) / RATE
    wave = (0.4 * np.sin(2 * np.pi * 50 * 2.0 ** (moments // 10) * moments)).astype(np.float32)
    return np.stack([wave] * channels, axis=1)


def written(path: Path, samples: NDArray[np.float32]) -> Path:
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return path


def made(path: Path) -> bytes:
    with FileIO(path) as file:
        return excerpt(file)


def tones(data: bytes) -> list[int]:
    """The tone in the middle of each ten seconds."""
    sound, rate = soundfile.read(io.BytesIO(data))
    parts = [sound[at + 4 * rate : at + 5 * rate] for at in range(0, len(sound) - 5 * rate, 10 * rate)]
    return [int(np.argmax(np.abs(np.fft.rfft(it)))) for it in parts]


@pytest.mark.parametrize(
    ("seconds", "start", "length", "heard"),
    [
        (70, 30, 30, [400, 800, 1_600]),
        (50, 20, 30, [200, 400, 800]),
        (20, 0, 20, [50, 100]),
    ],
)
def test_it_is_of_half_a_minute_and_begins_as_late_or_as_early_as_is_said(
    tmp_path: Path, seconds: int, start: int, length: int, heard: list[int]
) -> None:
    data = made(written(tmp_path / "a.flac", steps(seconds)))

    assert stretch_of(seconds * 1_000) == (start * 1_000, length * 1_000)
    assert soundfile.info(io.BytesIO(data)).duration == pytest.approx(length, abs=0.25)  # of what is coded
    assert soundfile.info(io.BytesIO(data)).channels == 1
    assert tones(data) == heard
    assert len(data) == pytest.approx(8_000 * length, abs=1_000)


def test_the_same_recording_gives_the_same_bytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(7).normal(scale=0.1, size=(RATE, 2)).astype(np.float32)
    flac, wav = written(tmp_path / "a.wav", noise), tmp_path / "a.flac"
    soundfile.write(wav, soundfile.read(flac, dtype="int16")[0], RATE)

    assert made(flac) == made(flac) == made(wav)


def test_no_more_is_decoded_than_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    hear = Excerpt.hear

    def counted(ear: Excerpt, block: NDArray[np.generic], rate: int) -> None:
        seen.append(len(block))
        hear(ear, block, rate)

    monkeypatch.setattr(libsndfile, "BLOCK_SAMPLES", RATE)
    monkeypatch.setattr(Excerpt, "hear", counted)

    made(written(tmp_path / "b.wav", steps(75)))

    assert 60 * RATE <= sum(seen) < 62 * RATE


def test_what_is_no_number_and_what_is_too_loud_is_heard_as_can_be(tmp_path: Path) -> None:
    loud = np.full((RATE, 1), 9.0, dtype=np.float32)
    loud[::2] = np.nan
    path = tmp_path / "a.wav"
    soundfile.write(path, loud, RATE, subtype="FLOAT")

    sound, _ = soundfile.read(io.BytesIO(made(path)))

    assert np.isfinite(sound).all()


def test_what_is_no_sound_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")

    with pytest.raises(AudioError):
        made(path)
