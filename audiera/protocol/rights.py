"""What a licence may grant, as the bits that the contracts store.

The first four are the assertions of the CAWG training-and-data-mining standard.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final

from audiera.errors import TermsError

__all__ = ["ALL_RIGHTS", "Right", "describe_rights", "parse_right", "parse_rights", "right_bit"]


class Right(IntFlag):
    """A set of rights; each member is one bit."""

    DataMining = 1 << 0
    Inference = 1 << 1
    Training = 1 << 2
    GenerativeTraining = 1 << 3
    VoiceCloning = 1 << 4
    Playback = 1 << 5
    Derivation = 1 << 6
    Commercial = 1 << 7
    Redistribution = 1 << 8
    WeightRelease = 1 << 9


ALL_RIGHTS: Final = (1 << 10) - 1
"""Every right there is: no bit outside it is accepted."""

_BY_NAME: Final = {right.name.lower(): right for right in Right if right.name}


def parse_right(name: str) -> Right:
    """Return the one right called `name`, in any letter case.

    Raises:
        TermsError: if there is none; the message lists them.
    """
    right = _BY_NAME.get(name.strip().lower())
    if right is None:
        known = ", ".join(right.name or "" for right in Right)
        raise TermsError(f"{name.strip()!r} is not a right; choose from {known}.")
    return right


def parse_rights(text: str) -> Right:
    """Return the rights in a list separated by commas, such as ``Training,Inference``.

    Raises:
        TermsError: if a name is unknown or the list is empty.
    """
    names = [name for name in text.split(",") if name.strip()]
    if not names:
        raise TermsError("No right is named; name at least one, such as Training.")
    rights = Right(0)
    for name in names:
        rights |= parse_right(name)
    return rights


def describe_rights(rights: int) -> str:
    """Return the names of a set of rights, lowest bit first, separated by commas.

    Raises:
        TermsError: if a bit is not a right.
    """
    if rights & ~ALL_RIGHTS:
        raise TermsError(f"{rights:#x} has bits that are not rights; only {ALL_RIGHTS:#x} exist.")
    return ", ".join(right.name or "" for right in Right if rights & right)


def right_bit(right: Right) -> int:
    """Return the bit index of one right, as `Use.right` and `record` take it.

    Raises:
        TermsError: if it is not exactly one right.
    """
    if right <= 0 or right & (right - 1) or right & ~ALL_RIGHTS:
        raise TermsError(f"{right!r} is not one right; name the single right that is used.")
    return int(right).bit_length() - 1
