"""Every format, cut and damaged at many places: what the module of each format says it sees, it sees."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiera.music.decode import AudioError
from audiera.music.sound.decoded import Decoded
from tests.support.encoded import ENCODINGS, noise, write_encoded
from tests.support.reading import decoded

LIBSNDFILE = {
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "flac24": ("FLAC", "PCM_24"),
    "lame": ("MP3", "MPEG_LAYER_III"),
    "opus": ("OGG", "OPUS"),
    "rf64": ("RF64", "PCM_16"),
    "vorbis": ("OGG", "VORBIS"),
    "w64": ("W64", "PCM_16"),
    "wav": ("WAV", "PCM_16"),
}
EVERY_KIND = [*ENCODINGS, *LIBSNDFILE]

CUT_BETWEEN_FRAMES = {"aac", "ac3", "amr", "eac3", "mp2"}
"""What states no length: a cut exactly between two frames leaves a whole file of fewer frames."""

CHECKED = ["flac", "flac24", "lame", "mka", "mp3", "oggflac", "opus", "tta", "vorbis", "wv"]
"""What has a checksum of its sound; of the others, none can say that a changed bit is not the sound meant."""


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("kinds")

    def write(kind: str) -> Path:
        path = folder / kind
        if path.exists():
            return path
        if kind in ENCODINGS:
            return write_encoded(path, kind, frames=11_025)
        container, subtype = LIBSNDFILE[kind]
        sound = noise(11_025).astype(np.float64) / 32_768
        soundfile.write(path, sound, 48_000 if kind == "opus" else 44_100, format=container, subtype=subtype)
        return path

    return write


def outcome(path: Path, data: bytes) -> Decoded | AudioError:
    path.write_bytes(data)
    try:
        return decoded(path)
    except AudioError as error:
        return error


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_wherever_a_file_breaks_off_it_is_refused(
    kinds: Callable[[str], Path], tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = kinds(kind).read_bytes()
    size = len(data)
    cuts = [*range(0, size, max(1, size // 25)), *range(max(0, size - 8), size)]

    found = [(cut, outcome(tmp_path / "cut", data[:cut])) for cut in cuts]

    whole = [(cut, each) for cut, each in found if isinstance(each, Decoded)]
    if kind in CUT_BETWEEN_FRAMES:
        complete = decoded(kinds(kind)).frames
        assert all(each.frames < complete for _, each in whole)
        assert len(whole) < len(cuts) / 5
    else:
        assert whole == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", CHECKED)
def test_one_changed_bit_of_sound_is_seen_wherever_it_is(
    kinds: Callable[[str], Path], tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = kinds(kind).read_bytes()
    whole = decoded(kinds(kind))
    first = 450 if kind in ("lame", "mp3") else 3  # behind the frame that holds the checksum
    places = range(first, len(data), max(1, len(data) // 40))

    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        found = outcome(tmp_path / "damaged", bytes(damaged))

        # What is left of the file, such as its tags or its padding, may have changed without harm to the sound.
        assert isinstance(found, AudioError) or found.samples == whole.samples, f"byte {place}"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_no_damage_crashes_or_prints(
    kinds: Callable[[str], Path], tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = kinds(kind).read_bytes()
    source = np.random.default_rng(11)

    for _ in range(12):
        damaged = bytearray(data)
        for place in source.integers(0, min(len(data), 400), 3):
            damaged[place : place + 4] = b"\xff\xff\xff\x7f"[: len(damaged) - place]

        assert isinstance(outcome(tmp_path / "damaged", bytes(damaged)), (Decoded, AudioError))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind != "amr"])  # to which zeros are silence
def test_nothing_but_zeros_after_a_head_is_refused(kinds: Callable[[str], Path], tmp_path: Path, kind: str) -> None:
    data = kinds(kind).read_bytes()

    found = outcome(tmp_path / "zeros", data[:12].ljust(len(data), b"\0"))

    assert isinstance(found, AudioError)
