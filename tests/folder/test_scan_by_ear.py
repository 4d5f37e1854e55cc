"""The same recording in two encodings, where Chromaprint is installed."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiera.folder.cache import ReadingCache
from audiera.folder.scan import ScanOptions, scan
from tests.support.optional import chromaprint
from tests.support.readings import count_as_old

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
    return folder


def test_the_same_recording_in_two_encodings_is_noted(folder: Path) -> None:
    assert [str(note) for note in scan(folder, BY_EAR).notes] == [
        "tune.ogg sounds like the same recording as tune.flac in another encoding"
    ]


def test_nothing_is_compared_by_ear_unless_asked_for(folder: Path) -> None:
    assert scan(folder).notes == ()


def test_readings_without_fingerprints_do_for_those_who_want_none(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_as_old(monkeypatch)

    reused = [
        scan(folder, options, known=ReadingCache.load(tmp_path)).reused for options in (ScanOptions(), BY_EAR, BY_EAR)
    ]

    assert reused == [0, 0, 3]
    assert scan(folder, known=ReadingCache.load(tmp_path)).reused == 3
