"""More payees than a split holds: the rest are paid through accounts, each assigned to a split of its own.

A split has at most 1,000 lines. Parents of a derived dataset keep theirs (P6), and so do the payees with the
largest weights; the others, as few as possible, go by falling weight into groups of up to 1,000, each of which
has one line. That is room for a million. A group is an account whose controller registers the dataset; its key is
`audiera.protocol.ids.group_key` of the group's split. Groups must be created and assigned before anyone is paid.

Each level is rounded by largest remainder. So whoever is in a group gets the product of two rounded shares, which
is off from their exact share by less than their part of the group plus the group's part of the dataset, in ppm:
always less than 2, of a group of 1,000 equal payees with 1 % of a dataset less than 0.011.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from eth_typing import ChecksumAddress

from audiera.errors import SplitError
from audiera.protocol import MAX_SHARES, Split, TooSmallError, account_id, from_weights, group_key, whole_weights

__all__ = ["GroupAccount", "nest"]


@dataclass(frozen=True, slots=True)
class GroupAccount:
    """An account through which several payees are paid: what `assign(key, split.id())` of its controller makes."""

    controller: ChecksumAddress
    """Who can assign the account to another split, and so whom its payees trust."""
    split: Split
    """To be created before the account is assigned to it."""

    key: bytes
    """The account's key under its controller."""
    account: bytes
    """The payee that has the group's line in the dataset's split."""

    @classmethod
    def of(cls, controller: ChecksumAddress, split: Split) -> Self:
        """Return the account that the controller keeps for a split."""
        key = group_key(split.id())
        return cls(controller, split, key, account_id(controller, key))


def nest(
    weights: Mapping[bytes, int | Fraction], parents: Mapping[bytes, int], controller: ChecksumAddress | None
) -> tuple[Split, tuple[GroupAccount, ...]]:
    """Round weights to a split of at most 1,000 lines, and to those of as many groups as it takes.

    Args:
        weights: by payee, each above zero.
        parents: ppm by the account of each parent dataset, kept exactly.
        controller: who registers; None if groups may not be made.

    Raises:
        TooSmallError: payees would get less than one millionth of the dataset, or of their group.
        SplitError: there are more payees than find room.
    """
    lines = MAX_SHARES - len(parents)
    if len(weights) <= lines:
        return from_weights(weights, parents), ()
    if controller is None:
        raise SplitError(
            f"{len(weights)} payees are more than a split holds ({lines}); say who registers them in groups."
        )
    if len(weights) > lines * MAX_SHARES:
        raise SplitError(f"{len(weights)} payees are more than {lines} groups hold; divide the dataset.")
    count = -(-(len(weights) - lines) // (MAX_SHARES - 1))
    whole = whole_weights(weights)
    ordered = sorted(whole, key=lambda payee: (-whole[payee], payee))
    lined = {payee: whole[payee] for payee in ordered[: lines - count]}
    groups: dict[bytes, GroupAccount] = {}
    for members in _chunks(ordered[lines - count :], count):
        group = GroupAccount.of(controller, from_weights({payee: whole[payee] for payee in members}))
        groups[group.account] = group
        lined[group.account] = sum(whole[payee] for payee in members)
    try:
        return from_weights(lined, parents), tuple(groups.values())
    except TooSmallError as error:
        raise TooSmallError(_expanded(error.payees, groups)) from error


def _chunks(ordered: Sequence[bytes], count: int) -> Iterator[Sequence[bytes]]:
    """Yield `count` runs whose lengths differ by at most one."""
    for number in range(count):
        yield ordered[len(ordered) * number // count : len(ordered) * (number + 1) // count]


def _expanded(payees: Sequence[bytes], groups: Mapping[bytes, GroupAccount]) -> Iterator[bytes]:
    for payee in payees:
        if payee in groups:
            yield from (share.payee for share in groups[payee].split.shares)
        else:
            yield payee
