"""What holds where Chromaprint is not installed, too."""

import os
import subprocess
import sys

import numpy as np

from audiera.music.sound.fingerprint import similar
from tests.support.places import ROOT

WITHOUT = """
import sys
sys.modules["chromaprint"] = None  # as if it were not installed
from audiera.music.sound.fingerprint import Listener, available
assert not available()
try:
    Listener()
except ValueError as error:
    print(error)
"""


def numbers(seed: int, count: int = 100) -> list[int]:
    return [int(number) for number in np.random.default_rng(seed).integers(0, 1 << 32, count)]


def test_asking_for_a_fingerprint_without_the_library_says_what_to_install() -> None:
    root = ROOT

    found = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )

    assert found.stdout == (
        "Fingerprints need Chromaprint; install the library (libchromaprint1 on Debian and Ubuntu, chromaprint "
        'elsewhere) and pip install "audiera[fingerprint]", or leave them out.\n'
    )


def test_a_fingerprint_is_similar_to_itself_shifted_and_to_no_other() -> None:
    one = numbers(1)

    assert similar(one, one)
    assert similar(one, one[20:])
    assert similar(one[20:], one)
    assert not similar(one, numbers(2))


def test_fingerprints_may_differ_in_five_of_32_bits() -> None:
    one = numbers(1)

    assert similar(one, [number ^ 0b11111 for number in one])
    assert not similar(one, [number ^ 0b111111 for number in one])


def test_recordings_of_other_lengths_are_other_recordings() -> None:
    one = numbers(1)

    assert similar(one, one[24:])
    assert not similar(one, one[25:])


def test_too_short_a_fingerprint_is_similar_to_nothing() -> None:
    assert not similar(numbers(1, 7), numbers(1, 7))
    assert not similar((), ())
