"""What a dataset is: its kind, and how it came to be, as the registry stores them."""

from __future__ import annotations

from enum import IntEnum, IntFlag

from audiera.errors import InputError

__all__ = ["DatasetFlag", "Kind", "holds_music", "parse_kind"]


class Kind(IntEnum):
    """What a dataset is made of."""

    Recordings = 0
    Samples = 1
    Stems = 2
    Scores = 3
    Lyrics = 4
    Features = 5
    Model = 6
    Catalogue = 7


class DatasetFlag(IntFlag):
    """What is known of how a dataset came to be."""

    Derived = 1 << 0
    """It has parents. The registry sets this itself and refuses it from callers."""
    Synthetic = 1 << 1
    """Declared by the creator: made wholly or mainly by a generative model."""


def holds_music(kind: Kind) -> bool:
    """Say whether the files of a dataset are sound, which is decoded and whose tags are read."""
    return kind in {Kind.Recordings, Kind.Samples, Kind.Stems}


def parse_kind(name: str) -> Kind:
    """Return the kind of dataset called `name`, in any letter case.

    Raises:
        InputError: if there is none; the message lists them.
    """
    for kind in Kind:
        if kind.name.lower() == name.strip().lower():
            return kind
    known = ", ".join(kind.name for kind in Kind)
    raise InputError(f"{name.strip()!r} is not a kind of dataset; choose from {known}.")
