"""The music world's own numbers, in the one spelling that is hashed: ISRC, ISWC, ISNI, IPI, ORCID.

People write them with hyphens, dots and spaces; here they are kept without. Check characters are
verified where the standard has them.

Sources: ISO 3901 (ISRC), ISO 15707 (ISWC), ISO 27729 (ISNI, check character of ISO 7064 MOD 11-2), "Structure
of the ORCID Identifier" (support.orcid.org: the same check character, in the block of ISNI numbers kept for
ORCID). CISAC does not publish the check of IPI name numbers; it is as societies' software has it (weights 10
to 2, modulo 101), and holds for the numbers that MusicBrainz lists.
"""

from __future__ import annotations

import re

from audiera.errors import InputError

__all__ = ["parse_ipi", "parse_isni", "parse_isrc", "parse_iswc", "parse_orcid"]

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_ISWC = re.compile(r"T[0-9]{10}")
_ISNI = re.compile(r"[0-9]{15}[0-9X]")
_IPI = re.compile(r"[0-9]{9,11}")
_IPI_BASE = re.compile(r"I[0-9]{10}")


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
    if code[15] != _mod_11_2(code[:15]):
        raise InputError(f"{text!r} has a wrong check character; copy the ISNI again.")
    return code


def parse_ipi(text: str) -> str:
    """Return a person's IPI name number as its eleven digits, such as ``00519338442``.

    Zeros at its front, which spreadsheets drop, are put back.

    Raises:
        InputError: if it is not an IPI name number or its check digits are wrong.
    """
    code = _bare(text).removeprefix("IPI")
    if _IPI_BASE.fullmatch(code):
        raise InputError(f"{text!r} is an IPI base number; give the IPI name number, which has 9 to 11 digits.")
    if not _IPI.fullmatch(code):
        raise InputError(f"{text!r} is not an IPI name number; write its 9 to 11 digits, like 00519338442.")
    code = code.zfill(11)
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), code[:9], strict=True))
    if int(code[9:]) != -total % 101 % 100:
        raise InputError(f"{text!r} has wrong check digits; copy the IPI name number again.")
    return code


def parse_orcid(text: str) -> str:
    """Return a person's ORCID iD as ORCID writes it, such as ``0000-0002-1825-0097``.

    Raises:
        InputError: if it is not an ORCID iD or its check character is wrong.
    """
    code = _bare(text.rstrip("/").rsplit("/", 1)[-1]).removeprefix("ORCID")
    if not _ISNI.fullmatch(code):
        raise InputError(f"{text!r} is not an ORCID iD; write it like 0000-0002-1825-0097.")
    if code[15] != _mod_11_2(code[:15]):
        raise InputError(f"{text!r} has a wrong check character; copy the ORCID iD again.")
    return "-".join(code[start : start + 4] for start in range(0, 16, 4))


def _mod_11_2(digits: str) -> str:
    """Return the check character of ISO 7064 MOD 11-2."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return "X" if check == 10 else str(check)


def _bare(text: str) -> str:
    return re.sub(r"[\s.:-]", "", text).upper()
