"""Fingerprints of real sound; collected only where Chromaprint is installed."""

from io import FileIO
from pathlib import Path

import numpy as np
import soundfile

from audiera.music.reading import read
from audiera.music.sound.fingerprint import sounding_like
from tests.support.optional import chromaprint

chromaprint()

RATE = 22_050


def tune(seed: int, seconds: int = 12) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Chords that change twice a second."""
    source = np.random.default_rng(seed)
    time = np.arange(RATE // 2) / RATE
    chords = [
        sum(np.sin(2 * np.pi * pitch * time) for pitch in source.uniform(120, 1_800, 4)) for _ in range(2 * seconds)
    ]
    return np.asarray(0.1 * np.concatenate(chords))


def fingerprint(path: Path) -> tuple[int, ...]:
    with FileIO(path) as file:
        found = read(file, path.name, fingerprint=True).fingerprint
    assert found is not None
    return found


def test_one_recording_is_recognised_in_every_encoding_and_another_is_not(tmp_path: Path) -> None:
    one = tune(1)
    soundfile.write(tmp_path / "one.flac", one, RATE)
    soundfile.write(tmp_path / "one.mp3", one, RATE)
    with soundfile.SoundFile(tmp_path / "one.ogg", "w", RATE, 1) as file:
        for start in range(0, len(one), 4_096):
            file.write(one[start : start + 4_096])
    soundfile.write(tmp_path / "other.flac", tune(2), RATE)

    first = fingerprint(tmp_path / "one.flac")

    assert sounding_like(first)(fingerprint(tmp_path / "one.mp3"))
    assert sounding_like(first)(fingerprint(tmp_path / "one.ogg"))
    assert not sounding_like(first)(fingerprint(tmp_path / "other.flac"))


def test_what_is_shorter_than_three_seconds_has_no_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, tune(1)[: RATE // 2], RATE)

    with FileIO(path) as file:
        assert read(file, path.name, fingerprint=True).fingerprint is None
