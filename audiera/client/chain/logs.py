"""Reading logs in ranges of blocks that the node puts up with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from eth_typing import ChecksumAddress
from web3.types import LogReceipt

from audiera.client.chain.node import Node
from audiera.errors import ChainError

__all__ = ["read_pages"]

_PAGE: Final = 50_000  # blocks asked for at once at first
_SMALLEST: Final = 1  # block; a node that refuses this has another reason than how much it is


def read_pages(
    node: Node, addresses: Sequence[ChecksumAddress], topics: Sequence[bytes | None], first: int, last: int
) -> Iterator[list[LogReceipt]]:
    """Yield the logs of the blocks `first` to `last`, oldest first, halving the range whenever the node refuses it.

    Raises:
        ChainError: if the node refuses even a small range.
    """
    page = _PAGE
    while first <= last:
        end = min(first + page - 1, last)
        try:
            found = node.logs(addresses, topics, first, end)
        except ChainError:
            if page <= _SMALLEST:
                raise
            page //= 2
            continue
        yield found
        first = end + 1
