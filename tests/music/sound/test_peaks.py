"""Peaks against a plain reading of docs/formats.md, section 12."""

from fractions import Fraction
from math import ceil, floor, inf, nan
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audiera.music.sound.peaks import Peaks
from tests.support.music import RATE, write_tone
from tests.support.reading import reading


def heard(samples: NDArray[np.generic], *pieces: int) -> bytes:
    """The peaks of samples that come in pieces of some lengths, and the rest at once."""
    peaks = Peaks()
    for size in pieces:
        peaks.hear(samples[:size], 8_000)
        samples = samples[size:]
    peaks.hear(samples, 8_000)
    return peaks.finish()


def drawn(samples: NDArray[np.int16]) -> bytes:
    """The same, as the document has it."""
    levels, size = [Fraction(max(abs(int(x)) for x in row), 1 << 15) for row in samples], 1
    while ceil(len(levels) / size) > 4_096:
        size *= 2
    stretches = [max(levels[at : at + size]) for at in range(0, len(levels), size)]
    count = len(stretches)
    edges = [(column * count // 400, (column + 1) * count // 400) for column in range(400)]
    return bytes(floor(255 * max(stretches[a : max(b, a + 1)]) + Fraction(1, 2)) for a, b in edges)


@given(st.integers(1, 9_000), st.integers(1, 3), st.integers(0, 2**32 - 1), st.lists(st.integers(0, 4_000), max_size=4))
def test_peaks_are_those_of_the_document_however_the_samples_come(
    count: int, channels: int, seed: int, pieces: list[int]
) -> None:
    noise = np.random.default_rng(seed).integers(-(1 << 15), 1 << 15, (count, channels)).astype(np.int16)

    assert heard(noise, *pieces) == heard(np.asfortranarray(noise), *pieces[::-1]) == drawn(noise)


def test_peaks_are_as_many_whatever_the_length() -> None:
    silence = np.zeros((1_000_000, 2), dtype=np.int32)

    assert heard(silence[:1]) == heard(silence) == bytes(400)
    assert Peaks().finish() == b""


@pytest.mark.parametrize(
    ("sample", "level"),
    [(1.0, 255), (-0.5, 128), (1.7, 255), (inf, 255), (nan, 255), (0.001, 0), (0.002, 1)],
)
def test_what_is_beyond_full_scale_or_no_number_is_as_loud_as_can_be(sample: float, level: int) -> None:
    assert set(heard(np.full((500, 2), sample, dtype=np.float32))) == {level}


def test_the_lowest_whole_number_is_full_scale() -> None:
    assert set(heard(np.full((9, 1), -(1 << 31), dtype=np.int32))) == {255}
    assert set(heard(np.full((9, 1), -(1 << 15), dtype=np.int16))) == {255}


def test_sound_has_the_same_peaks_in_whatever_it_is_kept_without_loss(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "a.wav")
    soundfile.write(tmp_path / "a.flac", soundfile.read(tone, dtype="int16")[0], RATE)

    flac, wav = reading(tmp_path / "a.flac"), reading(tone)

    assert flac.peaks == wav.peaks
    assert max(flac.peaks or b"") == 77
