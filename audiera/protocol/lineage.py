"""Lineage: which datasets a dataset was derived from, and what it owes them for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audiera.errors import LineageError
from audiera.protocol.hashing import ZERO_WORD, keccak, word
from audiera.protocol.ids import dataset_account

__all__ = ["MAX_PARENTS", "MAX_PARENTS_PPM", "Parent", "check_parents", "lineage_hash", "owed_ppm"]

MAX_PARENTS: Final = 255
"""The most parents a dataset may have."""

MAX_PARENTS_PPM: Final = 900_000
"""The most that all parents together may be owed."""


@dataclass(frozen=True, slots=True)
class Parent:
    """One parent and the share it is owed."""

    dataset: int
    ppm: int
    """Parts per million of the child's income; 0 is lineage without royalty."""


def check_parents(parents: Sequence[Parent]) -> None:
    """Return if the registry would accept these parents (that they exist, only the chain knows).

    Raises:
        LineageError: if they are out of order, too many, or owed too much.
    """
    if len(parents) > MAX_PARENTS:
        raise LineageError(f"{len(parents)} parents are too many; at most {MAX_PARENTS} are kept.")
    previous = 0
    for parent in parents:
        if not 0 < parent.dataset < 1 << 32:
            raise LineageError(f"{parent.dataset} is not a dataset id; ids are 1 to 2^32 - 1.")
        if parent.dataset <= previous:
            raise LineageError(f"Parent {parent.dataset} is out of order or listed twice; sort them.")
        if parent.ppm < 0:
            raise LineageError(f"Parent {parent.dataset} is owed {parent.ppm} ppm; give 0 or more.")
        previous = parent.dataset
    if (total := sum(parent.ppm for parent in parents)) > MAX_PARENTS_PPM:
        raise LineageError(f"Parents are owed {total} ppm; at most {MAX_PARENTS_PPM} may be.")


def lineage_hash(parents: Sequence[Parent]) -> bytes:
    """Return what the registry keeps: ``keccak256(abi.encode(Parent[]))``, zero without parents.

    Raises:
        LineageError: if the registry would refuse the parents.
    """
    check_parents(parents)
    if not parents:
        return ZERO_WORD
    words = [word(32), word(len(parents))]  # where the array starts, and how long it is
    for parent in parents:
        words += [word(parent.dataset), word(parent.ppm)]
    return keccak(b"".join(words))


def owed_ppm(registry: str, parents: Sequence[Parent]) -> dict[bytes, int]:
    """Return the leaves that a child's split must hold: ppm by parent account, none for ppm 0.

    Raises:
        LineageError: if the registry would refuse the parents.
    """
    check_parents(parents)
    return {dataset_account(registry, parent.dataset): parent.ppm for parent in parents if parent.ppm}
