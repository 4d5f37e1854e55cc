"""What people write on a command line, as the domain's types."""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from audiera.errors import AmountError, InputError, LineageError, SplitError
from audiera.protocol import Parent, Split, dataset_account, from_weights, payee_of
from audiera.quantities import parse_ppm, parse_share, settle_shares
from audiera.text import read_spreadsheet

__all__ = [
    "DATASET",
    "parse_account",
    "parse_hash32",
    "parse_parent",
    "parse_payee",
    "parse_split",
    "parse_whole",
]

_DIGITS: Final = 78  # those of 2^256
_ADDRESS: int = 42  # letters of an address, 0x included
_SPLIT: Final = frozenset({"payee", "share"})
_WORD: int = 66  # letters of 32 bytes, 0x included


class _DatasetNumber(click.IntRange):
    """Reads the number of a dataset, and tells those who typed a name where numbers are."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it; click refuses what is out of range."""
        try:
            whole = click.INT.convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no number of a dataset; `ape run dataset list` shows them.", param, ctx)
        number: int = super().convert(whole, param, ctx)
        return number


DATASET: Final = _DatasetNumber(1, 2**32 - 1)
"""The type of an argument that is a dataset."""


def parse_whole(text: str) -> int | None:
    """Return a whole number of as many digits as a word of the chain may have; None if it is something else."""
    digits = text.strip()
    return int(digits) if len(digits) <= _DIGITS and digits.isascii() and digits.isdecimal() else None


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
    if number := parse_whole(tidy):
        return dataset_account(registry, number)
    if tidy.startswith("0x") and len(tidy) == _WORD:
        return parse_hash32(tidy, "an account")
    raise InputError(f"{text!r} is neither a dataset's number nor an account; give 7, or 0x and 64 hex digits.")


def parse_parent(text: str) -> Parent:
    """Read a parent and its share: `3:15000` (ppm), `3:1.5%`, or `3:0` for lineage without royalty.

    Raises:
        LineageError: if it is something else.
    """
    before, colon, share = text.partition(":")
    number = parse_whole(before)
    try:
        if not colon or number is None:
            raise AmountError("no share")
        bare = share.strip().isdecimal()
        return Parent(number, parse_ppm(f"{share} ppm" if bare else share))
    except AmountError as error:
        raise LineageError(f"{text!r} is not a parent; write its number and share like 3:15000 or 3:1.5%.") from error


def parse_split(shares: Sequence[str], registry: str) -> Split:
    """Read a split from `PAYEE:SHARE` pairs, or from the one CSV file that is named instead.

    Raises:
        SplitError: if the shares do not make a whole.
        InputError: if a payee is nobody, or the file cannot be read.
    """
    pairs = _pairs_of(Path(shares[0])) if len(shares) == 1 and ":" not in shares[0] else list(map(_pair, shares))
    payees = [parse_payee(payee, registry) for payee, _ in pairs]
    if len(set(payees)) != len(payees):
        raise SplitError("A payee is listed twice; add its shares up.")
    parts = settle_shares([parse_share(share) for _, share in pairs])
    return from_weights(dict(zip(payees, parts, strict=True)))


def _pair(text: str) -> tuple[str, str]:
    payee, colon, share = text.rpartition(":")
    if not colon or not payee:
        raise InputError(f"{text!r} is not a payee and its share; write it like 0x7099...:60% or dataset:7:1/3.")
    return payee, share


def _pairs_of(path: Path) -> list[tuple[str, str]]:
    try:
        table = read_spreadsheet(path, _SPLIT)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    rows = [dict(zip(table.columns, cells, strict=True)) for _, cells in table.rows]
    if not set(table.columns) >= _SPLIT or not all(row[it].strip() for row in rows for it in _SPLIT):
        raise InputError(f"{path} needs a header `payee,share` and both in every row.")
    return [(row["payee"].strip(), row["share"].strip()) for row in rows]
