"""Objects in a folder of this machine.

An object is written below `partial/`, flushed to the disk, and then moved to its name in one step, so that
neither a reader nor a crash ever meets half of one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.storage.backend import Content, telling
from audiera.storage.objects import BLOCK

__all__ = ["LocalFolder"]

_PARTIAL: Final = "partial"
_ABANDONED: Final = 3_600  # seconds without a write: a live writer writes every block at once


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A store's objects in a folder; it need not exist before the first is written."""

    root: Path

    @property
    def url(self) -> str:
        """The folder's path."""
        return str(self.root)

    def sizes(self, shard: str) -> dict[str, int]:
        """Return the sizes of all objects of a shard, by name."""
        with telling(self.url):
            try:
                with os.scandir(self.root / shard) as entries:
                    return {f"{shard}/{it.name}": it.stat().st_size for it in entries if it.is_file()}
            except FileNotFoundError:
                return {}

    def size(self, name: str) -> int | None:
        """Return the size of one object, or None if there is none."""
        with telling(self.url):
            try:
                return (self.root / name).stat().st_size
            except FileNotFoundError:
                return None

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of an object from `start` up to `stop`, in blocks."""
        with telling(self.url), (self.root / name).open("rb", buffering=0) as file:
            file.seek(start)
            while start < stop and (block := file.read(min(BLOCK, stop - start))):
                start += len(block)
                yield block

    def write(self, name: str, size: int, content: Content, *, steady: bool) -> None:  # noqa: ARG002  # a file is resent whole
        """Write an object, replacing what is there."""
        path, partial = self.root / name, self.root / _PARTIAL
        with telling(self.url):
            partial.mkdir(parents=True, exist_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = partial / f"{path.name}.{secrets.token_hex(4)}"
            try:
                with temporary.open("xb", buffering=0) as file:
                    for block in content():
                        _write_all(file.fileno(), block)
                    os.fsync(file.fileno())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)

    def room(self) -> int | None:
        """Return the bytes that are free on the folder's disk."""
        with telling(self.url):
            return shutil.disk_usage(next(it for it in (self.root, *self.root.parents) if it.exists())).free

    def sweep(self) -> None:
        """Remove what writers that died left behind."""
        with telling(self.url):
            for path in (self.root / _PARTIAL).glob("*"):
                try:
                    if time.time() - path.stat().st_mtime > _ABANDONED:
                        path.unlink()
                except FileNotFoundError:  # its writer lives, and has just finished
                    continue


def _write_all(descriptor: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
