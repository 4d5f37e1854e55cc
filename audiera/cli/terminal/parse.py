"""What people write on a command line, as the domain's types."""

from __future__ import annotations

import string

from audiera.errors import AmountError, InputError, LineageError
from audiera.protocol import Parent, dataset_account, payee_of
from audiera.quantities import parse_ppm

__all__ = ["parse_account", "parse_hash32", "parse_parent", "parse_payee"]

_ADDRESS: int = 42  # letters of an address, 0x included
_WORD: int = 66  # letters of 32 bytes, 0x included


def parse_hash32(text: str, what: str) -> bytes:
    """Read 32 bytes in hexadecimal.

    Raises:
        InputError: if it is something else; the message calls it `what`.
    """
    digits = text.strip().removeprefix("0x")
    if len(digits) != _WORD - 2 or not set(digits) <= set(string.hexdigits):
        raise InputError(f"{text!r} is not {what}; give 0x and 64 hex digits.")
    return bytes.fromhex(digits)


def parse_payee(text: str, registry: str) -> bytes:
    """Read a payee: an address, an account as 32 bytes, or `dataset:7` for a dataset's account.

    Raises:
        InputError: if it is something else.
    """
    tidy = text.strip()
    if tidy.startswith("dataset:"):
        return parse_account(tidy.removeprefix("dataset:"), registry)
    if tidy.startswith("0x") and len(tidy) == _ADDRESS:
        return payee_of(tidy)
    if tidy.startswith("0x") and len(tidy) == _WORD:
        return parse_hash32(tidy, "an account")
    raise InputError(f"{text!r} is nobody to pay; give an address, an account (0x and 64 digits) or dataset:NUMBER.")


def parse_account(text: str, registry: str) -> bytes:
    """Read an account: a dataset's number, or 32 bytes in hexadecimal.

    Raises:
        InputError: if it is something else.
    """
    tidy = text.strip().removeprefix("dataset:")
    if tidy.isascii() and tidy.isdigit() and tidy.strip("0"):
        return dataset_account(registry, int(tidy))
    if tidy.startswith("0x") and len(tidy) == _WORD:
        return parse_hash32(tidy, "an account")
    raise InputError(f"{text!r} is neither a dataset's number nor an account; give 7, or 0x and 64 hex digits.")


def parse_parent(text: str) -> Parent:
    """Read a parent and its share: `3:15000` (ppm), `3:1.5%`, or `3:0` for lineage without royalty.

    Raises:
        LineageError: if it is something else.
    """
    number, colon, share = text.partition(":")
    try:
        if not colon or not number.strip().isdigit():
            raise AmountError("no share")
        bare = share.strip().isdigit()
        return Parent(int(number), parse_ppm(f"{share} ppm" if bare else share))
    except AmountError as error:
        raise LineageError(f"{text!r} is not a parent; write its number and share like 3:15000 or 3:1.5%.") from error
