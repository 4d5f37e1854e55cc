"""What holds where Chromaprint is not installed, too."""

import os
import subprocess
import sys

import numpy as np
import pytest

from audiera.music.sound.fingerprint import sounding_like
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

    assert sounding_like(one)(one)
    assert sounding_like(one)(one[20:])
    assert sounding_like(one[20:])(one)
    assert not sounding_like(one)(numbers(2))


def test_fingerprints_may_differ_in_five_of_32_bits() -> None:
    one = numbers(1)

    assert sounding_like(one)([number ^ 0b11111 for number in one])
    assert not sounding_like(one)([number ^ 0b111111 for number in one])


def test_recordings_of_other_lengths_are_other_recordings() -> None:
    one = numbers(1)

    assert sounding_like(one)(one[24:])
    assert not sounding_like(one)(one[25:])


def test_too_short_a_fingerprint_is_similar_to_nothing() -> None:
    assert not sounding_like(numbers(1, 7))(numbers(1, 7))
    assert not sounding_like(())(())


def spoilt(one: list[int], bits: float, random: np.random.Generator) -> list[int]:
    """The same with so many bits of 32 changed on average, wherever."""
    changed = np.packbits(random.random(len(one) * 32) < bits / 32).view(np.uint32)
    return [int(it) for it in np.array(one, np.uint32) ^ changed]


def errors(one: list[int], other: list[int], shift: int) -> float:
    """The share of differing bits where the two overlap, `other` moved on by so many numbers."""
    first, second = np.array(one[max(shift, 0) :], np.uint32), np.array(other[max(-shift, 0) :], np.uint32)
    size = min(len(first), len(second))
    return float(np.unpackbits((first[:size] ^ second[:size]).view(np.uint8)).mean()) if size >= 8 else 1.0


@pytest.mark.parametrize("count", [8, 31, 49, 60, 128, 948])
def test_what_is_compared_first_decides_nothing_that_all_of_it_would_not(count: int) -> None:
    random = np.random.default_rng(count)
    found = []
    for bits in (0, 3, 4.5, 4.9, 5, 5.1, 5.5, 7, 16):
        for cut in (0, 1, 7, 23, 24, 25):
            one = numbers(count + cut, count)
            for first, second in ((one, spoilt(one, bits, random)[cut:]), (one[cut:], spoilt(one, bits, random))):
                least = min((errors(first, second, shift) for shift in range(-24, 25)), default=1.0)
                possible = min(len(first), len(second)) >= 8 and cut <= 24
                found.append((sounding_like(first)(second), possible and least <= 5 / 32))

    assert {said for said, _ in found} == {True, False}
    assert [said for said, _ in found] == [expected for _, expected in found]
