"""What is to be scanned, which part of it is whose, and in which pieces a part is read.

A file's part follows from its path alone: the first eight bytes of the path's sha-256, as a number, modulo the number
of parts. So no machine asks another, a file that is added moves no other, and folders of large and of small files are
spread alike. Names that are one in NFC are in one part.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from audiera.errors import InputError
from audiera.folder import Listed, composed
from audiera.protocol import holds_music, parse_kind

__all__ = ["MOST_PARTS", "Listing", "Part", "Slice", "Task", "cut"]

MOST_PARTS: Final = 1_000
"""Those that put parts together hold a slice of each."""

_PART: Final = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")
_FILES: Final = 100
_BYTES: Final = 1 << 32
"""What is read again if a process is killed: no more than this, or than one file, for each that it reads at once."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is scanned, and how: all that a reading depends on, besides the bytes."""

    url: str
    """An absolute path, or s3://BUCKET/PREFIX."""
    kind: str = "recordings"
    fingerprint: bool = False
    """Also for a comparison by ear."""

    @property
    def everything(self) -> bool:
        """Whether every file is an item, and not music alone."""
        return not holds_music(parse_kind(self.kind))


@dataclass(frozen=True, slots=True)
class Part:
    """One of several parts of a scan."""

    number: int
    """From 1."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """Read `3/16`.

        Raises:
            InputError: it is something else.
        """
        match = _PART.fullmatch(text)
        if match and (part := cls(int(match[1]), int(match[2]))).number <= part.count <= MOST_PARTS:
            return part
        raise InputError(f"{text!r} is no part; write I/N, such as 3/16, of at most {MOST_PARTS:,} parts.")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def folder(self) -> str:
        """What the folder of its rows is called."""
        return f"part-{self.number}-of-{self.count}"

    def has(self, path: str) -> bool:
        """Say whether a file is of this part, by its path in NFC."""
        digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1


class Listing:
    """What a listing is of, whatever its order: how many files, and the sum of their hashes."""

    def __init__(self) -> None:
        self._files = self._sum = 0

    def add(self, file: Listed) -> None:
        """Count a file in."""
        self._files += 1
        self._sum += int.from_bytes(hashlib.sha256(_line(file)).digest(), "big")

    @property
    def is_empty(self) -> bool:
        """Whether there was no file."""
        return not self._files

    def json(self) -> list[str]:
        """Return it as JSON values: the number of files, and the sum modulo 2^256."""
        return [str(self._files), f"{self._sum % (1 << 256):064x}"]


@dataclass(frozen=True, slots=True)
class Slice:
    """Files of a part that are read and written down together, in order of their paths."""

    files: tuple[Listed, ...]

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(file.size for file in self.files)

    def name(self, how: str) -> str:
        """Return what the file of its rows is called, given how it is read."""
        digest = hashlib.sha256(how.encode())
        for file in self.files:
            digest.update(_line(file))
        return f"{digest.hexdigest()}.jsonl"


def cut(files: Iterable[Listed]) -> Iterator[Slice]:
    """Cut a part into slices, never between two spellings of one name."""
    kept: list[Listed] = []
    size = 0
    for file in sorted(files, key=lambda it: (composed(it.path), str(it.path))):
        if kept and _is_full(kept, size + file.size) and composed(kept[-1].path) != composed(file.path):
            yield Slice(tuple(kept))
            kept, size = [], 0
        kept.append(file)
        size += file.size
    if kept:
        yield Slice(tuple(kept))


def _is_full(kept: Sequence[Listed], size: int) -> bool:
    return len(kept) >= _FILES or size > _BYTES


def _line(file: Listed) -> bytes:
    finding = file.finding.reason if file.finding else None
    return json.dumps([file.path.as_posix(), file.size, file.mark, finding]).encode() + b"\n"
