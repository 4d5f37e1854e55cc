"""The sum tree: a Merkle tree in which every node carries the sum of what is below it.

A node is (hash, sum); the sum is one word, an amount in its upper 192 bits and a number of calls in
its lower 64. A parent hashes both children with their sums, so whoever accepts a root accepts that
exact total, provably at every level. Nodes are paired from left to right on each level, and an odd
last node moves up unchanged: the shape of RFC 9162, where index and count alone say on which side
each sibling stands. A parent hashes exactly four words, which no leaf of the suite does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from audiera.errors import UseError
from audiera.protocol.hashing import keccak

__all__ = ["Frontier", "Node", "Proof", "SumTree", "parent_of", "verify_sum_proof"]

_CALLS_BITS: Final = 64
_AMOUNT_BITS: Final = 192
_CALLS_MASK: Final = (1 << _CALLS_BITS) - 1
_PARENT: Final = Struct(">32s32s32s32s")


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its hash, and the amount and calls below it packed in one 256-bit sum."""

    hash: bytes
    sum: int

    def __post_init__(self) -> None:
        # A hash of another length would let bytes slide from one member of a parent into the next.
        if len(self.hash) != 32 or self.sum >> 256:
            raise UseError("A node is a hash of 32 bytes and a sum of 256 bits; check where it came from.")

    @classmethod
    def of(cls, hash_: bytes, amount: int, calls: int) -> Node:
        """Make a node from the two halves of its sum.

        Raises:
            UseError: if the amount needs more than 192 bits or the calls more than 64.
        """
        if amount >> _AMOUNT_BITS or calls >> _CALLS_BITS:
            raise UseError(f"{amount} for {calls} calls does not fit a sum; start a new batch.")
        return cls(hash_, amount << _CALLS_BITS | calls)

    @property
    def amount(self) -> int:
        """What is paid below this node, in the token's smallest unit."""
        return self.sum >> _CALLS_BITS

    @property
    def calls(self) -> int:
        """How many calls are below this node."""
        return self.sum & _CALLS_MASK


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a leaf stands and the siblings from it up to the root; promotions have none."""

    index: int
    siblings: tuple[Node, ...]


def parent_of(left: Node, right: Node) -> Node:
    """Return the parent of two nodes.

    Raises:
        UseError: if either half of the sum overflows.
    """
    return Node(*_joined(left.hash, left.sum, right.hash, right.sum))


def _joined(left: bytes, left_sum: int, right: bytes, right_sum: int) -> tuple[bytes, int]:
    """Return hash and sum of the parent of two nodes.

    Raises:
        UseError: if either half of the sum overflows.
    """
    total = left_sum + right_sum
    if (left_sum & _CALLS_MASK) + (right_sum & _CALLS_MASK) >> _CALLS_BITS or total >> 256:
        raise UseError("The sum of a batch overflows; settle it and start a new one.")
    return keccak(_PARENT.pack(left, left_sum.to_bytes(32, "big"), right, right_sum.to_bytes(32, "big"))), total


def verify_sum_proof(root: Node, count: int, leaf: Node, proof: Proof) -> bool:
    """Say whether `leaf` is number `proof.index` of the `count` leaves under `root`."""
    index, width, node = proof.index, count, leaf
    if not 0 <= index < count:
        return False
    siblings = iter(proof.siblings)
    while width > 1:
        if index ^ 1 < width:  # else the last of an odd level moves up alone
            sibling = next(siblings, None)
            if sibling is None:
                return False
            try:
                node = parent_of(sibling, node) if index & 1 else parent_of(node, sibling)
            except UseError:
                return False
        index, width = index >> 1, (width + 1) >> 1
    return node == root and next(siblings, None) is None


@dataclass(frozen=True, slots=True)
class Frontier:
    """A sum tree that only grows, kept as the roots of its complete subtrees, largest first.

    Holds at most one node per binary digit of `count`; appending is amortised O(1) and never changes
    the frontier it starts from, so a batch can be tried and dropped.
    """

    count: int = 0
    peaks: tuple[Node, ...] = ()

    def append(self, leaf: Node) -> Frontier:
        """Return the frontier with one more leaf.

        Raises:
            UseError: if the sum overflows.
        """
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[Node]) -> Frontier:
        """Return the frontier with more leaves.

        Raises:
            UseError: if the sum overflows.
        """
        return self.grow([(it.hash, it.sum) for it in leaves])

    def grow(self, leaves: Iterable[tuple[bytes, int]]) -> Frontier:
        """Return the frontier with more leaves: a `Node` for each would take half the time.

        Args:
            leaves: hash, of 32 bytes, and sum of each.

        Raises:
            UseError: if the sum overflows.
        """
        count, stack = self.count, [(it.hash, it.sum) for it in self.peaks]
        for leaf in leaves:
            (hash_, sum_), ones = leaf, count
            while ones & 1:  # as many carries as adding one to `count` in binary
                hash_, sum_ = _joined(*stack.pop(), hash_, sum_)
                ones >>= 1
            stack.append((hash_, sum_))
            count += 1
        peaks = tuple([Node(*it) for it in stack])
        # Peaks are only added up at the root, which must not be the first to find an overflow.
        Node.of(bytes(32), sum(peak.amount for peak in peaks), sum(peak.calls for peak in peaks))
        return Frontier(count, peaks)

    def root(self) -> Node:
        """Return the root over all leaves so far.

        Raises:
            UseError: if there is no leaf.
        """
        if not self.peaks:
            raise UseError("A sum tree needs a leaf; add a use first.")
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = parent_of(peak, root)
        return root


@dataclass(frozen=True, slots=True)
class SumTree:
    """A whole sum tree, level by level from the leaves: for proofs and for changing leaves."""

    levels: tuple[tuple[Node, ...], ...]

    @classmethod
    def of(cls, leaves: Sequence[Node]) -> SumTree:
        """Build the tree over `leaves`.

        Raises:
            UseError: if there is no leaf or a sum overflows.
        """
        if not leaves:
            raise UseError("A sum tree needs a leaf; add a use first.")
        levels = [tuple(leaves)]
        while len(level := levels[-1]) > 1:
            above = [parent_of(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            levels.append((*above, *level[len(above) * 2 :]))
        return cls(tuple(levels))

    @property
    def count(self) -> int:
        """The number of leaves."""
        return len(self.levels[0])

    @property
    def root(self) -> Node:
        """The root."""
        return self.levels[-1][0]

    def proof(self, index: int) -> Proof:
        """Return the proof of leaf `index`.

        Raises:
            UseError: if there is no such leaf.
        """
        if not 0 <= index < self.count:
            raise UseError(f"There is no leaf {index}; the tree has {self.count}.")
        siblings, place = [], index
        for level in self.levels[:-1]:
            if place ^ 1 < len(level):
                siblings.append(level[place ^ 1])
            place >>= 1
        return Proof(index, tuple(siblings))

    def replace(self, leaves: Mapping[int, Node]) -> SumTree:
        """Return the tree with some leaves changed, hashing only the paths above them.

        Raises:
            UseError: if there is no such leaf or a sum overflows.
        """
        if leaves and not 0 <= min(leaves) <= max(leaves) < self.count:
            raise UseError(f"A leaf to replace is not among the {self.count} of the tree.")
        levels, changed = [], dict(leaves)
        for level in self.levels:
            nodes = list(level)
            for place, node in changed.items():
                nodes[place] = node
            levels.append(tuple(nodes))
            changed = {
                place >> 1: parent_of(nodes[place & ~1], nodes[place | 1]) if place | 1 < len(nodes) else nodes[place]
                for place in changed
            }
        return SumTree(tuple(levels))
