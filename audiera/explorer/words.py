"""Kinds, rights, meters and times in the words of people who do not read contracts."""

import datetime as dt
from typing import Final

from audiera.protocol import PERPETUAL, Kind, Meter, Right, holds_music
from audiera.quantities import format_duration, format_length

__all__ = [
    "KINDS",
    "METERS",
    "RIGHTS",
    "contents",
    "counted",
    "day",
    "iso",
    "lasting",
    "length",
    "moment",
    "rights_of",
    "span",
    "until",
]

KINDS: Final = {
    Kind.Recordings: "recordings",
    Kind.Samples: "samples",
    Kind.Stems: "stems",
    Kind.Scores: "scores",
    Kind.Lyrics: "lyrics",
    Kind.Features: "features",
    Kind.Model: "model",
    Kind.Catalogue: "catalogue",
}

RIGHTS: Final = {
    Right.DataMining: ("analyse it by machine", "analyse it by machine, and keep what the analysis finds"),
    Right.Inference: ("put it into a model", "put it into a finished model to get a result"),
    Right.Training: ("train models", "train models that do not generate music, sound or speech"),
    Right.GenerativeTraining: ("train generative models", "train models that generate music, sound or speech"),
    Right.VoiceCloning: ("clone voices", "imitate the recognisable voice of a person in it"),
    Right.Playback: ("play it", "play it to those who build and test models"),
    Right.Derivation: ("derive datasets", "make datasets from it, and register them"),
    Right.Commercial: ("make money with it", "do all this for money"),
    Right.Redistribution: ("pass it on", "pass its files on to others"),
    Right.WeightRelease: ("release weights", "publish the weights of models trained on it"),
}
"""What each right allows: in two or three words, and in a sentence."""

METERS: Final = {Meter.Call: "use", Meter.Second: "second", Meter.Megabyte: "megabyte"}
"""What a price of use is for each of."""


def rights_of(bits: int) -> tuple[Right, ...]:
    """Return the rights in a set, as they are listed everywhere."""
    return tuple(right for right in Right if bits & right)


def counted(count: int, one: str, many: str = "") -> str:
    """Return how many there are of something: `1 item`, `2,000 items`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def contents(kind: Kind, count: int) -> str:
    """Return how many items a dataset has, in the words of its kind."""
    if kind is Kind.Catalogue and not count:
        return "other datasets, under one licence"
    return counted(count, "track" if kind is Kind.Recordings else "item" if holds_music(kind) else "file")


def day(at: int) -> str:
    """Return the day of a Unix second in UTC: `26 November 2026`."""
    when = dt.datetime.fromtimestamp(at, dt.UTC)
    return f"{when.day} {when:%B %Y}"


def moment(at: int) -> str:
    """Return a Unix second to the minute: `26 November 2026, 10:30 UTC`."""
    return f"{day(at)}, {dt.datetime.fromtimestamp(at, dt.UTC):%H:%M} UTC"


def iso(at: int) -> str:
    """Return a Unix second as machines read it."""
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat().replace("+00:00", "Z")


def until(at: int) -> str:
    """Return when something ends."""
    return "for ever" if at >= PERPETUAL else f"until {moment(at)}"


def length(milliseconds: int) -> str:
    """Return a length as a clock shows it, with milliseconds only where they are much of it."""
    clock = format_length(milliseconds)
    return clock if milliseconds < 10_000 else clock.partition(".")[0]


def lasting(seconds: int) -> str:
    """Return how long a licence lasts."""
    return f"for {format_duration(seconds)}" if seconds else "for ever"


def span(seconds: int) -> str:
    """Return a span of time that may be none."""
    return format_duration(seconds) if seconds else "no time"
