"""More payees than a split holds: the rest are paid through splits of their own, which are payees of the first.

A split has at most 1,000 lines. Parents of a derived dataset keep theirs (P6), and so do the payees with the
largest weights; the others, as few as possible, go by falling weight into groups of up to 1,000, each of which
has one line. That is room for a million. A group is a split, and a split is its own account: nobody controls it.
Groups must be created before anyone is paid.

Each level is rounded by largest remainder. So whoever is in a group gets the product of two rounded shares, which
is off from their exact share by less than their part of the group plus the group's part of the dataset, in ppm:
always less than 2, of a group of 1,000 equal payees with 1 % of a dataset less than 0.011.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from audiera.errors import SplitError
from audiera.protocol import MAX_SHARES, Split, TooSmallError, from_weights, whole_weights

__all__ = ["nest"]


def nest(weights: Mapping[bytes, int | Fraction], parents: Mapping[bytes, int]) -> tuple[Split, dict[bytes, Split]]:
    """Round weights to a split of at most 1,000 lines, and to those of as many groups as it takes, by their ids.

    Args:
        weights: by payee, each above zero.
        parents: ppm by the account of each parent dataset, kept exactly.

    Raises:
        TooSmallError: payees would get less than one millionth of the dataset, or of their group.
        SplitError: there are more payees than find room.
    """
    lines = MAX_SHARES - len(parents)
    if len(weights) <= lines:
        return from_weights(weights, parents), {}
    if len(weights) > lines * MAX_SHARES:
        raise SplitError(f"{len(weights)} payees are more than {lines} groups hold; divide the dataset.")
    count = -(-(len(weights) - lines) // (MAX_SHARES - 1))
    whole = whole_weights(weights)
    ordered = sorted(whole, key=lambda payee: (-whole[payee], payee))
    lined = {payee: whole[payee] for payee in ordered[: lines - count]}
    groups: dict[bytes, Split] = {}
    for members in _chunks(ordered[lines - count :], count):
        group = from_weights({payee: whole[payee] for payee in members})
        groups[group.id()] = group
        lined[group.id()] = sum(whole[payee] for payee in members)
    try:
        return from_weights(lined, parents), groups
    except TooSmallError as error:
        raise TooSmallError(_expanded(error.payees, groups)) from error


def _chunks(ordered: Sequence[bytes], count: int) -> Iterator[Sequence[bytes]]:
    """Yield `count` runs whose lengths differ by at most one."""
    for number in range(count):
        yield ordered[len(ordered) * number // count : len(ordered) * (number + 1) // count]


def _expanded(payees: Sequence[bytes], groups: Mapping[bytes, Split]) -> Iterator[bytes]:
    for payee in payees:
        if payee in groups:
            yield from (share.payee for share in groups[payee].shares)
        else:
            yield payee
