"""The Merkle tree of items and of splits, as OpenZeppelin's `SimpleMerkleTree` builds it.

A complete binary tree in one array of 2n - 1 nodes: leaf i sits at 2n - 2 - i, node k over its
children 2k + 1 and 2k + 2, the root at 0. A pair is hashed in ascending order, so a proof is the
list of siblings and needs no sides. Leaves stay in the order given. A tree of one leaf is that leaf.

Every leaf of the suite is a typed struct of more than two words and every inner node hashes exactly
two, so that a node can never be passed off as a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sha3 import keccak_256  # type: ignore[import-untyped]  # safe-pysha3 ships no types

from audiera.errors import InputError
from audiera.protocol.hashing import bytes32, keccak

__all__ = ["MerkleTree", "verify_merkle_proof"]

_BLOCK: Final = 1 << 12
"""Leaves checked and hashed at a time: they lie scattered in memory, and are then still near. A fifth of the time of a
large tree.
"""


@dataclass(frozen=True, slots=True)
class MerkleTree:
    """All nodes of a tree, root first. Build it with :meth:`of`."""

    nodes: tuple[bytes, ...]

    @classmethod
    def of(cls, leaves: Sequence[bytes]) -> MerkleTree:
        """Build the tree over `leaves`, in their order: one Keccak per leaf but the first.

        Raises:
            InputError: if there is no leaf, or one is not 32 bytes.
        """
        if not leaves:
            raise InputError("A Merkle tree needs a leaf; give at least one.")
        # Read from its end, the array is a queue: take two nodes, put their parent behind the rest. Here it is read by
        # whole levels, for speed; a node that is left over begins the next.
        nodes = list(leaves)
        level = nodes.copy()
        parents = []
        for start in range(0, len(level), _BLOCK):
            parents += _parents(_checked(level[start : start + _BLOCK]))
        while parents:
            level = (level[-1:] if len(level) % 2 else []) + parents
            nodes += parents
            parents = _parents(level)
        nodes.reverse()
        return cls(tuple(nodes))

    @property
    def root(self) -> bytes:
        """The root, 32 bytes."""
        return self.nodes[0]

    @property
    def count(self) -> int:
        """The number of leaves."""
        return (len(self.nodes) + 1) // 2

    def proof(self, index: int) -> tuple[bytes, ...]:
        """Return the siblings from leaf `index` up to the root.

        Raises:
            InputError: if there is no such leaf.
        """
        if not 0 <= index < self.count:
            raise InputError(f"There is no leaf {index}; the tree has {self.count}.")
        node, siblings = len(self.nodes) - 1 - index, []
        while node:
            # Left children are odd: the sibling is one to the right, else one to the left.
            siblings.append(self.nodes[node + 1 if node % 2 else node - 1])
            node = (node - 1) // 2
        return tuple(siblings)


def verify_merkle_proof(root: bytes, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` leads from `leaf` to `root`."""
    for sibling in proof:
        leaf = _pair(leaf, sibling)
    return leaf == root


def _parents(level: Sequence[bytes]) -> list[bytes]:
    """Return the parents of all pairs; a node that is left over has none."""
    queue = iter(level)
    return [
        keccak_256(left + right if left < right else right + left).digest()
        for left, right in zip(queue, queue, strict=False)
    ]


def _checked(leaves: list[bytes]) -> list[bytes]:
    """Return the leaves, seen to be 32 bytes each in one pass without a call of Python's."""
    try:
        lengths = set(map(bytes.__len__, leaves))  # of nothing but bytes
    except TypeError:
        lengths = set()
    return leaves if lengths == {32} else [bytes32(leaf) for leaf in leaves]


def _pair(left: bytes, right: bytes) -> bytes:
    return keccak(left + right if left < right else right + left)
