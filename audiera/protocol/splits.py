"""Splits: who shares a dataset's income, and how much, as `RoyaltySplitter` accepts it.

A split is a list of (payee, ppm) in strictly ascending payee order, named by its Merkle root. A payee
below 2^160 is an address; any other is an account, resolved to a split when money arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import ClassVar, Final

from eth_typing import ChecksumAddress

from audiera.errors import InputError, SplitError
from audiera.protocol.hashing import ZERO_WORD, address_word
from audiera.protocol.ids import to_address
from audiera.protocol.merkle import MerkleTree
from audiera.protocol.typed import Struct

__all__ = [
    "MAX_SHARES",
    "WHOLE",
    "Share",
    "Split",
    "TooSmallError",
    "from_weights",
    "is_account",
    "move_share",
    "payee_address",
    "payee_of",
    "whole_weights",
]

WHOLE: Final = 1_000_000
"""All shares of a split together, in parts per million."""

MAX_SHARES: Final = 1_000
"""The most payees a split may have."""


class TooSmallError(SplitError):
    """Payees would get less than one millionth, which no split can state; `payees` are all of them."""

    def __init__(self, payees: Iterable[bytes]) -> None:
        self.payees = tuple(payees)
        listed = ", ".join(f"0x{payee.hex()}" for payee in self.payees)
        super().__init__(f"{listed} would get less than one millionth; raise its weight or drop it.")


@dataclass(frozen=True, slots=True)
class Share(Struct):
    """One payee's part of a split."""

    TYPE: ClassVar[str] = "Share(bytes32 payee,uint32 ppm)"

    payee: bytes
    """An address or an account, as 32 bytes."""
    ppm: int
    """Parts per million, above zero."""

    def __post_init__(self) -> None:
        try:
            self.struct_hash()  # refuses every value that does not fit its Solidity type
        except InputError as error:
            raise SplitError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Split:
    """A valid split. Shares must come in ascending payee order; :meth:`of` sorts them.

    Raises:
        SplitError: if the contract would refuse the list.
    """

    shares: tuple[Share, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.shares) <= MAX_SHARES:
            raise SplitError(f"A split has 1 to {MAX_SHARES} shares; this has {len(self.shares)}.")
        previous = ZERO_WORD
        for share in self.shares:
            if share.payee == ZERO_WORD:
                raise SplitError("A payee is zero; name who is paid.")
            if not any(share.payee[20:]):
                raise SplitError(
                    f"Payee 0x{share.payee.hex()} is an address at the left end of its word, where nobody could ever "
                    "claim; write it at the right end."
                )
            if share.payee <= previous:
                raise SplitError(f"Payee 0x{share.payee.hex()} is out of order or listed twice.")
            if share.ppm <= 0:
                raise SplitError(f"Payee 0x{share.payee.hex()} has {share.ppm} ppm; give it more.")
            previous = share.payee
        if (total := sum(share.ppm for share in self.shares)) != WHOLE:
            raise SplitError(f"Shares sum to {total} ppm; they must sum to {WHOLE} (100 %).")

    @classmethod
    def of(cls, ppm_by_payee: Mapping[bytes, int]) -> Split:
        """Build a split from ppm by payee, in any order.

        Raises:
            SplitError: if the contract would refuse it.
        """
        return cls(tuple(Share(payee, ppm) for payee, ppm in sorted(ppm_by_payee.items())))

    def tree(self) -> MerkleTree:
        """Return the tree over the shares' struct hashes, in payee order."""
        return MerkleTree.of([share.struct_hash() for share in self.shares])

    def id(self) -> bytes:
        """Return the split's id: the root of its tree."""
        return self.tree().root

    def ppm_of(self, payee: bytes) -> int:
        """Return the payee's share, 0 if it has none."""
        return next((share.ppm for share in self.shares if share.payee == payee), 0)

    def proof(self, payee: bytes) -> tuple[bytes, ...]:
        """Return the siblings that `claim` takes for this payee.

        Raises:
            SplitError: if the payee has no share.
        """
        for index, share in enumerate(self.shares):
            if share.payee == payee:
                return self.tree().proof(index)
        raise SplitError(f"0x{payee.hex()} has no share in this split; look up its payees.")

    def refuse(self, payee: bytes, reason: str) -> None:
        """Return if `payee` has no share: the splitter itself, say, or the dataset's own account.

        Raises:
            SplitError: naming `reason`, if it has one.
        """
        if self.ppm_of(payee):
            raise SplitError(f"0x{payee.hex()} cannot have a share: {reason}.")


def payee_of(address: str) -> bytes:
    """Return an address as a payee.

    Raises:
        InputError: if it is not an address.
    """
    return address_word(to_address(address))


def is_account(payee: bytes) -> bool:
    """Say whether a payee is an account, not an address."""
    return payee[:12] != bytes(12)


def payee_address(payee: bytes) -> ChecksumAddress:
    """Return the address that a payee is.

    Raises:
        SplitError: if it is an account.
    """
    if is_account(payee):
        raise SplitError(f"0x{payee.hex()} is an account and not an address; resolve it first.")
    return to_address("0x" + payee[12:].hex())


def from_weights(weights: Mapping[bytes, int | Fraction], parents: Mapping[bytes, int] | None = None) -> Split:
    """Round weights to a split of exactly one million ppm, by largest remainder.

    What the parents' fixed ppm leave is divided in proportion to the weights and rounded down; the
    ppm left over go one each to the largest remainders, and among equal remainders to the lowest
    payees. So no share is off by a whole ppm, and the same weights always give the same split.

    Args:
        weights: by payee, in any unit, each above zero.
        parents: ppm by the account of each parent dataset, kept exactly (P6).

    Raises:
        TooSmallError: if weights would round to nothing.
        SplitError: if a weight is not positive or belongs to a parent, or the contract would refuse the split.
    """
    fixed = dict(parents or {})
    rest = WHOLE - sum(fixed.values())
    if both := fixed.keys() & weights.keys():
        raise SplitError(f"0x{min(both).hex()} is a parent and has a weight; keep one of them.")
    for payee, weight in weights.items():
        if isinstance(weight, float) or weight <= 0:
            raise SplitError(f"0x{payee.hex()} weighs {weight}; give an exact number above zero.")
    whole = whole_weights(weights)
    total = sum(whole.values())
    ppm = {payee: weight * rest // total for payee, weight in whole.items()}
    by_remainder = sorted(whole, key=lambda payee: (-(whole[payee] * rest % total), payee))
    for payee in by_remainder[: rest - sum(ppm.values())]:
        ppm[payee] += 1
    if nothing := sorted(payee for payee, share in ppm.items() if not share):
        raise TooSmallError(nothing)
    return Split.of(fixed | ppm)


def whole_weights(weights: Mapping[bytes, int | Fraction]) -> dict[bytes, int]:
    """Return weights of the same proportions as whole numbers: exact, and much quicker than fractions."""
    scale = lcm(*(Fraction(weight).denominator for weight in weights.values()))
    return {payee: int(weight * scale) for payee, weight in weights.items()}


def move_share(split: Split, payee: bytes, to: bytes, own_account: bytes = ZERO_WORD) -> Split:
    """Return the split after `payee` moves its whole leaf to `to`, as `moveShare` does.

    `own_account` is the account of the dataset itself, which may not receive a share.

    Raises:
        SplitError: if the payee is an account or has no share, or `to` cannot take it.
    """
    if is_account(payee):
        raise SplitError(f"0x{payee.hex()} is an account; its controller assigns it instead.")
    if not split.ppm_of(payee):
        raise SplitError(f"0x{payee.hex()} has no share to move; look up the current split.")
    if to in (ZERO_WORD, payee, own_account):
        raise SplitError(f"A share cannot move to 0x{to.hex()}; name another payee.")
    ppm = {share.payee: share.ppm for share in split.shares}
    moved = ppm.pop(payee)
    ppm[to] = ppm.get(to, 0) + moved
    return Split.of(ppm)
