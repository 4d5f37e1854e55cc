"""What everybody must be paid, worked out without asking the chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.protocol import WHOLE, Split, is_account, payee_address

__all__ = ["Books", "balance_books"]


@dataclass(frozen=True, slots=True)
class Books:
    """Sums in each token's smallest unit."""

    received: Mapping[tuple[bytes, str], int]
    """By (split id, token): all that a split was credited with."""
    paid: Mapping[tuple[ChecksumAddress, str], int]
    """By (payee, token): all that an address can claim."""
    dust: Mapping[str, int]
    """By token: what rounding down leaves in the splits."""


def balance_books(
    credited: Iterable[tuple[bytes, str, int]], assigned: Mapping[bytes, Split], splits: Sequence[Split]
) -> Books:
    """Divide what accounts were credited with, down to the addresses that are paid.

    Every line of a split gets its share rounded down, floor(received * ppm / 1,000,000); what an account gets is
    divided again by the split it is assigned to.

    Args:
        credited: (account, token, amount) as paid from outside.
        assigned: the split of each account.
        splits: all of them, each before those that its accounts are assigned to.
    """
    received: defaultdict[tuple[bytes, str], int] = defaultdict(int)
    paid: defaultdict[tuple[ChecksumAddress, str], int] = defaultdict(int)
    dust: defaultdict[str, int] = defaultdict(int)
    tokens = []
    for account, token, amount in credited:
        received[assigned[account].id(), token] += amount
        tokens.append(token)
    for split in splits:
        for token in dict.fromkeys(tokens):
            whole = rest = received[split.id(), token]
            for share in split.shares:
                part = whole * share.ppm // WHOLE
                rest -= part
                if is_account(share.payee):
                    received[assigned[share.payee].id(), token] += part
                else:
                    paid[payee_address(share.payee), token] += part
            dust[token] += rest
    return Books(received, paid, dust)
