"""The music world's own numbers, in the one spelling that is hashed: ISRC, ISWC, ISNI.

People write them with hyphens, dots and spaces; here they are kept without. Check characters are
verified where the standard has them.

Sources: ISO 3901 (ISRC), ISO 15707 (ISWC), ISO 27729 (ISNI, check character of ISO 7064 MOD 11-2).
"""

from __future__ import annotations

import re

from audiera.errors import InputError

__all__ = ["parse_isni", "parse_isrc", "parse_iswc"]

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_ISWC = re.compile(r"T[0-9]{10}")
_ISNI = re.compile(r"[0-9]{15}[0-9X]")


def parse_isrc(text: str) -> str:
    """Return a recording's ISRC as its twelve characters, such as ``USRC17607839``.

    Raises:
        InputError: if it is not an ISRC.
    """
    code = _bare(text)
    if code.startswith("ISRC"):
        code = code[4:]
    if not _ISRC.fullmatch(code):
        raise InputError(f"{text!r} is not an ISRC; write it like US-RC1-76-07839.")
    return code


def parse_iswc(text: str) -> str:
    """Return a musical work's ISWC as its eleven characters, such as ``T0345246801``.

    Raises:
        InputError: if it is not an ISWC or its check digit is wrong.
    """
    code = _bare(text)
    if code.startswith("ISWC"):
        code = code[4:]
    if not _ISWC.fullmatch(code):
        raise InputError(f"{text!r} is not an ISWC; write it like T-034.524.680-1.")
    total = 1 + sum(place * int(digit) for place, digit in enumerate(code[1:10], start=1))
    if (total + int(code[10])) % 10:
        raise InputError(f"{text!r} has a wrong check digit; copy the ISWC again.")
    return code


def parse_isni(text: str) -> str:
    """Return a person's ISNI as its sixteen characters, such as ``0000000121032683``.

    Raises:
        InputError: if it is not an ISNI or its check character is wrong.
    """
    code = _bare(text.rsplit("/", 1)[-1])
    if code.startswith("ISNI"):
        code = code[4:]
    if not _ISNI.fullmatch(code):
        raise InputError(f"{text!r} is not an ISNI; write it like 0000 0001 2103 2683.")
    total = 0
    for digit in code[:15]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if code[15] != ("X" if check == 10 else str(check)):
        raise InputError(f"{text!r} has a wrong check character; copy the ISNI again.")
    return code


def _bare(text: str) -> str:
    return re.sub(r"[\s.:-]", "", text).upper()
