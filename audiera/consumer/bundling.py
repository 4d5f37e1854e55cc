"""Files that come together: small ones of one access in one answer, which costs a gateway as much as one file alone.

An answer is cut by the lengths of the items, and each piece is held to its hash like a file that comes alone. What does
not come so, for whatever reason, is asked for alone: so nothing that a gateway says of a bundle is the last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from audiera.errors import StorageError
from audiera.interface import BUNDLE_BYTES, BUNDLE_ITEMS, PRESIGNED_BYTES, PRESIGNED_ITEMS, Bundle
from audiera.protocol import TableRow
from audiera.remote import Remote
from audiera.storage import ObjectError, Report
from audiera.text import hex_of, shown

__all__ = ["Key", "Load", "Piece", "Sent", "Single", "bundled", "bundles_of", "loads_of"]

_SMALL: Final = BUNDLE_BYTES // 8
"""Bytes of a file that comes together with others at most: of a larger one, the answer itself costs little."""

_SHARES: Final = 8
"""Loads for each thread, if there are files enough: so all threads end at about the same time."""

Key: TypeAlias = tuple[int, bytes]
"""A dataset, and the leaf of one of its items."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file to be."""

    key: Key
    row: TableRow
    to: Path

    @property
    def dataset(self) -> int:
        """Whose item it is."""
        return self.key[0]

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.row.item.size


@dataclass(frozen=True, slots=True)
class Load:
    """Files that one thread brings."""

    pieces: Sequence[Piece]
    size: int
    """Bytes of all of them."""


@dataclass(frozen=True, slots=True)
class Single:
    """A granted item behind the gateway."""

    remote: Remote
    access: bytes
    row: TableRow

    @property
    def sha256(self) -> bytes:
        """Its name."""
        return self.row.item.sha256

    def size(self) -> int:
        """Return its bytes."""
        return self.row.item.size

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        """Give its bytes from `start` on."""
        return self.remote.blocks(f"{_items_of(self.access)}/{hex_of(self.row.item.leaf())}", start, self.size())

    def damaged(self) -> ObjectError:
        """Return the refusal if they are not what its name says."""
        return ObjectError(
            f"{shown(self.remote.url)} sent something else than item {hex_of(self.row.item.leaf())}; run it "
            "again, or ask its operator."
        )


@dataclass(frozen=True, slots=True)
class Sent(Single):
    """A granted item whose bytes came with others'."""

    data: bytes

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        """Give its bytes from `start` on."""
        yield self.data[start:]


def loads_of(pieces: Sequence[Piece], workers: int, *, presigned: bool = False) -> list[Load]:
    """Divide files of any datasets, in their order, into what one thread brings after another: what comes together, or
    has its URLs asked for together, if they are presigned.
    """
    share = -(-len(pieces) // (workers * _SHARES))
    if presigned:
        return _cut(pieces, min(PRESIGNED_ITEMS, share), PRESIGNED_BYTES, PRESIGNED_BYTES)
    return _cut(pieces, min(BUNDLE_ITEMS, share), BUNDLE_BYTES, _SMALL)


def bundles_of(pieces: Sequence[Piece]) -> list[Load]:
    """Divide files likewise into as few loads as come together."""
    return _cut(pieces, BUNDLE_ITEMS, BUNDLE_BYTES, _SMALL)


def _cut(pieces: Sequence[Piece], count: int, most: int, small: int) -> list[Load]:
    """Divide files, in their order, into loads of one dataset, of so many and so many bytes; large ones lie alone."""
    loads, begun, size = list[Load](), list[Piece](), 0
    for it in pieces:
        alone = it.size > small or (bool(begun) and begun[-1].size > small)
        full = len(begun) == count or size + it.size > most
        if begun and (alone or full or it.dataset != begun[0].dataset):
            loads.append(Load(begun, size))
            begun, size = [], 0
        begun.append(it)
        size += it.size
    return [*loads, Load(begun, size)] if begun else loads


def bundled(remote: Remote, access: bytes, pieces: Sequence[Piece], report: Report) -> tuple[list[Sent], bool]:
    """Return what came of items that were asked for together, in their order, and whether the answer came to its end;
    nobody has checked what it is.

    Args:
        remote: the gateway.
        access: by which they are granted.
        pieces: the items.
        report: is called as they come, and told of no bytes: which of them are good, only their hashes tell.

    Raises:
        AbsentError: the gateway sends none together.
        ObjectError: it refuses these.
    """
    body = Bundle(items=[it.key[1] for it in pieces]).model_dump_json().encode()
    came, at, is_whole, sent = bytearray(), 0, True, list[Sent]()
    try:
        for block in remote.answered(_items_of(access), body, sum(it.size for it in pieces)):
            came += block
            report(0)
    except ObjectError:
        raise
    except StorageError:  # what came until then is of use
        is_whole = False
    for it in pieces:
        if at + it.size > len(came):
            break
        sent.append(Sent(remote, access, it.row, bytes(memoryview(came)[at : at + it.size])))
        at += it.size
    return sent, is_whole


def _items_of(access: bytes) -> str:
    return f"/v1/accesses/{hex_of(access)}/items"
