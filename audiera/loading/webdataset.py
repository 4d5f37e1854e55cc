"""Shards as WebDataset reads them: tar files in which a file and what is known of it lie side by side.

    3-7f83...9069.flac     the file
    3-7f83...9069.json     `Entry.facts`, in canonical JSON

A shard has no times, no owners and no order but that of its entries: the same files make the same bytes, so that one
that is there can be held against what would be written, without the files.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from audiera.loading.shelf import Entry
from audiera.storage import StoredObject
from audiera.text import canonical, open_file

__all__ = ["SUFFIX", "blocks", "holds", "room"]

SUFFIX: Final = "tar"

_BLOCK: Final = tarfile.BLOCKSIZE
_READ: Final = 1 << 20  # bytes
_PLAIN: Final = re.compile(r"\.[a-z0-9]{1,8}")


def room(entry: Entry) -> int:
    """Return the bytes that a file takes in a shard."""
    return sum(_padded(it.row.item.size if isinstance(it, Entry) else len(it)) for it in _parts([entry]))


def blocks(entries: Sequence[Entry]) -> Iterator[bytes]:
    """Give the bytes of a shard.

    Raises:
        ObjectError: a file is not what was pulled.
    """
    for part in _parts(entries):
        if isinstance(part, Entry):
            yield from StoredObject(part.row.item.sha256, part.row.item.size, part.file).blocks()
        else:
            yield part


def holds(path: Path, entries: Sequence[Entry]) -> bool:
    """Say whether a shard is of just these files.

    Raises:
        OSError: it cannot be read.
    """
    with os.fdopen(open_file(path, os.O_RDONLY), "rb") as file:
        for part in _parts(entries):
            is_there = _has(file, part) if isinstance(part, Entry) else file.read(len(part)) == part
            if not is_there:
                return False
        return not file.read(1)


def _has(file: BinaryIO, entry: Entry) -> bool:
    digest, missing = hashlib.sha256(), entry.row.item.size
    while missing and (block := file.read(min(missing, _READ))):
        digest.update(block)
        missing -= len(block)
    return not missing and digest.digest() == entry.row.item.sha256


def _parts(entries: Sequence[Entry]) -> Iterator[bytes | Entry]:
    """Give what a shard is made of, a file by its entry."""
    for it in entries:
        yield _header(f"{it.key}{_suffix(it)}", it.row.item.size)
        yield it
        yield bytes(-it.row.item.size % _BLOCK)
        facts = canonical(it.facts())
        yield _header(f"{it.key}.json", len(facts)) + facts + bytes(-len(facts) % _BLOCK)
    yield bytes(2 * _BLOCK)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.GNU_FORMAT)


def _suffix(entry: Entry) -> str:
    """Return how a file's name ends, if that tells it apart from what is known of it."""
    suffix = PurePosixPath(entry.row.metadata.path).suffix.lower()
    return suffix if _PLAIN.fullmatch(suffix) and suffix != ".json" else ".bin"


def _padded(size: int) -> int:
    return size + -size % _BLOCK
