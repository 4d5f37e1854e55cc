"""What a training run was given: a tree over items and how often each was served; and the struct that signs a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from audiera.errors import InputError
from audiera.protocol.merkle import MerkleTree
from audiera.protocol.typed import Struct

__all__ = ["Served", "ServedItem", "ServedTree", "TrainingRun"]

ServedItem: TypeAlias = tuple[int, int, bytes]
"""Dataset, version, and the item's leaf."""


@dataclass(frozen=True, slots=True)
class Served(Struct):
    """How often one item went into a run: a leaf of its tree."""

    TYPE: ClassVar[str] = "Served(uint32 dataset,uint16 version,bytes32 item,uint64 times)"

    dataset: int
    version: int
    item: bytes
    """The item's leaf."""
    times: int


@dataclass(frozen=True, slots=True)
class TrainingRun(Struct):
    """What the licensee signs of a run: the SHA-256 of its document."""

    TYPE: ClassVar[str] = "TrainingRun(bytes32 document)"

    document: bytes


@dataclass(frozen=True, slots=True)
class ServedTree:
    """All that went into a run, by dataset, version and item, with the tree over it. Use :meth:`of`."""

    served: tuple[Served, ...]
    tree: MerkleTree

    @classmethod
    def of(cls, times: Mapping[ServedItem, int]) -> ServedTree:
        """Build the tree over how often each item was served: leaves ascend, whatever order they come in.

        Raises:
            InputError: if nothing was served, or a number does not fit.
        """
        if not times:
            raise InputError("Nothing was served, so there is no tree of it; name the logs of the run.")
        if min(times.values()) < 1:
            raise InputError("An item that was never served has no place in the tree; leave it out.")
        served = tuple(Served(*key, times[key]) for key in sorted(times))
        return cls(served, MerkleTree.of(sorted(it.struct_hash() for it in served)))

    @property
    def root(self) -> bytes:
        """What a run's document states of it."""
        return self.tree.root

    def times(self) -> dict[ServedItem, int]:
        """Return how often each item was served."""
        return {(it.dataset, it.version, it.item): it.times for it in self.served}
