"""A small synthesiser: instruments and a sequencer in a few lines of numpy, for music of one's own to try
things with.

Time is in beats, pitch in note names (``F#4``), sound in float64 between -1 and 1. The same score gives
the same
samples: noise comes from a fixed seed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import cycle
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["RATE", "Score", "Sound", "hit", "noise_bed", "perform"]


Sound: TypeAlias = NDArray[np.float64]

_Event: TypeAlias = tuple[float, str, float, float, float, float]
"""When (beat), what, at which frequency, how long (beats), how loud, and where between left (0) and right
(1)."""

RATE: Final = 44_100
"""Samples per second."""

_STEPS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_CHORDS: Final = {
    "": (0, 4, 7, 12),
    "m": (0, 3, 7, 12),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "sus4": (0, 5, 7, 12),
}
_NOTE: Final = re.compile(r"([A-G])([#b]?)(-?\d)")
_CHORD: Final = re.compile(r"([A-G])([#b]?)(maj7|m7|m|7|sus4|)")


@dataclass(frozen=True, slots=True)
class Score:
    """A piece: chords, one a bar of four beats; a melody over them; and what plays them.

    `melody` is notes with their beats, such as ``A4:1 R:.5 C5:1.5`` (R rests). `drums` maps an instrument
    to its sixteen steps of a bar, ``x`` for a hit. Everything repeats until `bars` are full.
    """

    bpm: int
    bars: int
    chords: str
    melody: str
    lead: str
    comp: str
    arpeggio: str = "0213"
    """Which notes of the chord the accompaniment plays, one an eighth; a blank rests."""
    bass: str = "x.....x.x......."
    drums: Mapping[str, str] = field(default_factory=dict)


def perform(score: Score) -> Sound:
    """Return the piece in stereo: frames by two channels."""
    beat = 60 / score.bpm
    total = score.bars * 4 * beat
    sides = np.zeros((2, int((total + 2.5) * RATE)))
    for at, name, pitch, beats, gain, pan in _events(score):
        sound, start = _note(name, pitch, beats * beat), int(at * beat * RATE)
        for side, loud in zip(sides, (gain * (1 - pan), gain * pan), strict=True):
            room = side[start : start + len(sound)]
            room += loud * sound[: len(room)]
    return _master(_echo(sides, 0.75 * beat)).T


def hit(instrument: str, pitch: str = "C3", seconds: float = 0.6) -> Sound:
    """Return one stroke of an instrument in mono: a sample for others to play with."""
    return _master(_INSTRUMENTS[instrument](_frequency(pitch), seconds))


def noise_bed(seed: int, seconds: float, *, colour: int, swell: float, drops: int = 0) -> Sound:
    """Return weather in stereo: noise smoothed over `colour` samples, swelling every `swell` seconds,
    with drops.
    """
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    summed = np.cumsum(rng.standard_normal((2, count + colour)), axis=1)
    bed = (summed[:, colour:] - summed[:, :-colour]) / colour**0.5
    bed *= 0.6 + 0.4 * np.sin(2 * np.pi * np.arange(count) / RATE / swell)
    for start in rng.integers(0, count - RATE // 4, drops):
        drop = _ring(float(rng.uniform(900, 2600)), 0.08) * 6
        bed[int(rng.integers(2)), start : start + len(drop)] += drop
    return _master(bed).T


def _events(score: Score) -> Iterator[_Event]:
    chords = [_chord(name) for name in score.chords.split()]
    for bar in range(score.bars):
        root, notes = chords[bar % len(chords)]
        yield from _bar(score, bar * 4, root, notes)
    yield from _melody(score)


def _bar(score: Score, at: float, root: int, notes: tuple[int, ...]) -> Iterator[_Event]:
    for note in notes[:3]:
        yield at, "pad", _hertz(note), 4, 0.10, 0.5
    for step, index in enumerate(score.arpeggio * (8 // len(score.arpeggio))):
        if index != " ":
            yield at + step / 2, score.comp, _hertz(notes[int(index)]), 0.75, 0.22, 0.3 + 0.1 * (step % 2)
    for name, pattern in {"bass": score.bass, **score.drums}.items():
        for step, mark in enumerate(pattern):
            if mark == "x":
                yield at + step / 4, name, _hertz(root - 12), 1, 0.48, 0.52


def _melody(score: Score) -> Iterator[_Event]:
    at, end, tokens = 0.0, score.bars * 4, cycle(token.split(":") for token in score.melody.split())
    while at < end:
        name, beats = next(tokens)
        if name != "R":
            yield at, score.lead, _frequency(name), float(beats), 0.34, 0.62
        at += float(beats)


@lru_cache(maxsize=512)
def _note(instrument: str, hertz: float, seconds: float) -> Sound:
    return _INSTRUMENTS[instrument](hertz, seconds)


def _frequency(name: str) -> float:
    match = _NOTE.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is not a note like F#4")
    return _hertz(12 * (int(match[3]) + 1) + _STEPS[match[1]] + _accidental(match[2]))


def _chord(name: str) -> tuple[int, tuple[int, ...]]:
    match = _CHORD.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is not a chord like Bbmaj7")
    root = 48 + _STEPS[match[1]] + _accidental(match[2])
    return root, tuple(root + 12 + step for step in _CHORDS[match[3]])


def _accidental(mark: str) -> int:
    return {"#": 1, "b": -1, "": 0}[mark]


def _hertz(note: int) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def _time(seconds: float) -> Sound:
    return np.arange(max(1, int(seconds * RATE))) / RATE


def _ring(hertz: float, seconds: float) -> Sound:
    time = _time(seconds)
    return _sound(np.sin(2 * np.pi * hertz * time) * np.exp(-time * 5 / seconds))


def _pluck(hertz: float, seconds: float) -> Sound:
    time = _time(seconds + 0.9)
    tones = sum(np.sin(2 * np.pi * hertz * n * time) * np.exp(-time * (2 + 1.6 * n)) / n for n in range(1, 7))
    return _sound(tones * np.minimum(1, time * 400))


def _bell(hertz: float, seconds: float) -> Sound:
    time = _time(seconds + 1.4)
    bend = np.sin(2 * np.pi * hertz * 3.5 * time) * 2.2 * np.exp(-time * 4)
    return _sound(np.sin(2 * np.pi * hertz * time + bend) * np.exp(-time * 2.4) * np.minimum(1, time * 500))


def _reed(hertz: float, seconds: float) -> Sound:
    time = _time(seconds + 0.12)
    vibrato = 0.004 * hertz * np.sin(2 * np.pi * 5.2 * time) / (2 * np.pi * 5.2)
    tones = sum(np.sin(2 * np.pi * n * (hertz * time + vibrato)) / n**1.6 for n in (1, 2, 3, 4, 5))
    return _sound(tones * np.clip((seconds + 0.12 - time) * 12, 0, 1) * np.minimum(1, time * 25) * 0.6)


def _pad(hertz: float, seconds: float) -> Sound:
    time = _time(seconds + 0.5)
    tones = sum(np.sin(2 * np.pi * hertz * n * d * time) / n**1.5 for n in (1, 2, 3) for d in (0.997, 1.003))
    return _sound(tones * np.minimum(1, time * 2.5) * np.clip((seconds + 0.5 - time) * 2, 0, 1) * 0.5)


def _bass(hertz: float, seconds: float) -> Sound:
    time = _time(seconds)
    tone = np.sin(2 * np.pi * hertz * time) + 0.35 * np.sin(4 * np.pi * hertz * time)
    fade = np.minimum(1, time * 200) * np.clip((seconds - time) * 40, 0, 1)
    return _sound(tone * np.exp(-time * 2.5) * fade)


def _kick(_: float, seconds: float) -> Sound:
    time = _time(seconds)
    return _sound(np.sin(2 * np.pi * (48 * time - 9 * np.exp(-time * 28))) * np.exp(-time * 9))


def _snare(_: float, seconds: float) -> Sound:
    time = _time(seconds)
    noise = np.random.default_rng(7).standard_normal(len(time))
    tone = np.sin(2 * np.pi * 185 * time)
    return _sound(0.5 * noise * np.exp(-time * 22) + 0.6 * tone * np.exp(-time * 30))


def _hat(_: float, seconds: float) -> Sound:
    time = _time(seconds)
    noise = np.random.default_rng(11).standard_normal(len(time) + 2)
    return _sound(np.diff(noise, 2) * np.exp(-time * 60) * 0.22)


def _wood(hertz: float, seconds: float) -> Sound:
    tones = _ring(hertz * 4, seconds) + 0.6 * _ring(hertz * 10.9, seconds)
    return _sound(tones * np.exp(-_time(seconds) * 18))


def _tin(hertz: float, seconds: float) -> Sound:
    return _sound(sum(_ring(hertz * ratio, seconds) / n for n, ratio in enumerate((2.1, 3.7, 5.3, 7.9), 1)))


def _sound(value: object) -> Sound:
    return np.asarray(value, dtype=np.float64)


def _echo(sides: Sound, seconds: float) -> Sound:
    out, step = sides.copy(), int(seconds * RATE)
    for tap in (1, 2, 3):
        out[:, tap * step :] += sides[::-1, : -tap * step] * 0.3**tap  # each echo from the other side
    return out


def _master(sound: Sound) -> Sound:
    shaped = _sound(sound * (0.85 / max(sound.max(), -sound.min())))
    fade = min(int(0.05 * RATE), sound.shape[-1])
    shaped[..., -fade:] *= np.linspace(1, 0, fade)
    return shaped


_INSTRUMENTS: Final[Mapping[str, Callable[[float, float], Sound]]] = {
    "bass": _bass,
    "bell": _bell,
    "hat": _hat,
    "kick": _kick,
    "pad": _pad,
    "pluck": _pluck,
    "reed": _reed,
    "snare": _snare,
    "tin": _tin,
    "wood": _wood,
}
