"""The same recording in two encodings, where Chromaprint is installed."""

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiera.folder.readings import Readings
from audiera.folder.scan import ScanOptions, scan
from tests.support.optional import chromaprint

chromaprint()

BY_EAR = ScanOptions(fingerprint=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two melodies of ten seconds, the first of them also in another encoding."""
    folder = tmp_path_factory.mktemp("music")
    for seed, names in ((1, ("tune.flac", "tune.ogg")), (2, ("other.flac",))):
        notes = np.random.default_rng(seed).choice([220, 262, 294, 330, 392, 440, 523], 40)
        time_axis = np.arange(11_025 // 4) / 11_025
        tones = [np.sin(2 * np.pi * hertz * time_axis) + np.sin(4 * np.pi * hertz * time_axis) / 2 for hertz in notes]
        for name in names:
            soundfile.write(folder / name, np.concatenate(tones) / 4, 11_025)
    time.sleep(2.1)  # so that readings are kept
    return folder


def test_the_same_recording_in_two_encodings_is_noted(folder: Path) -> None:
    assert [str(note) for note in scan(folder, BY_EAR).notes] == [
        "tune.ogg sounds like the same recording as tune.flac in another encoding"
    ]


def test_nothing_is_compared_by_ear_unless_asked_for(folder: Path) -> None:
    assert scan(folder).notes == ()


def test_readings_without_fingerprints_do_for_those_who_want_none(folder: Path, tmp_path: Path) -> None:
    reused = [
        scan(folder, options, known=Readings.load(tmp_path)).reused for options in (ScanOptions(), BY_EAR, BY_EAR)
    ]

    assert reused == [0, 0, 3]
    assert scan(folder, known=Readings.load(tmp_path)).reused == 3
