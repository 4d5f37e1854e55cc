"""Objects behind any URL that fsspec knows.

An object is written under a name of its own below `partial/` and then moved to its name, since not every
protocol makes a file appear whole. What a writer that died left there can be removed when nobody writes.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from audiera.storage.backend import Content, code_of, telling
from audiera.storage.objects import BLOCK

__all__ = ["Remote"]

_READ: Final = 8 * BLOCK  # bytes a request: enough to hide its delay, little enough to hold for every worker


@dataclass(frozen=True, slots=True)
class Remote:
    """A store's objects at a URL."""

    url: str
    files: Any
    """The fsspec file system: a library without types."""
    root: str
    """Below it, as the file system writes paths."""

    def sizes(self, shard: str, names: Collection[str]) -> dict[str, int]:  # noqa: ARG002  # each is asked for
        """Return the sizes of those of some objects of a shard that are there, by name."""
        return {name: size for name in names if (size := self.size(name)) is not None}

    def size(self, name: str) -> int | None:
        """Return the size of one object, or None if there is none."""
        with telling(self.url):
            try:
                return int(self.files.info(self.at(name))["size"])
            except FileNotFoundError as error:
                if code_of(error) == "NoSuchBucket":
                    raise
                return None

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of an object from `start` up to `stop`, in blocks."""
        with telling(self.url):
            while start < stop:
                end = min(start + _READ, stop)
                block: bytes = self.files.cat_file(self.at(name), start=start, end=end)
                yield block
                if len(block) < end - start:  # it has been cut short since its size was asked
                    return
                start = end

    def write(self, name: str, size: int, content: Content, *, steady: bool) -> None:  # noqa: ARG002  # no protocol resumes a file
        """Write an object, replacing what is there."""
        path, temporary = self.at(name), self.at(f"partial/{name.rsplit('/', 1)[-1]}.{secrets.token_hex(4)}")
        with telling(self.url):
            for each in (path, temporary):
                self.files.makedirs(each.rsplit("/", 1)[0], exist_ok=True)
            try:
                with self.files.open(temporary, "wb") as file:
                    for block in content():
                        file.write(block)
                self.files.mv(temporary, path)
            except BaseException:
                with suppress(Exception):
                    self.files.rm_file(temporary)
                raise

    def room(self) -> int | None:
        """Return None: what is behind a URL does not tell."""
        return None

    def sweep(self) -> None:
        """Leave everything: not every protocol tells how old a file is, so somebody may be writing it."""

    def at(self, name: str) -> str:
        """Return a name as the file system's path."""
        return f"{self.root}/{name}" if self.root else name
