"""Objects in a folder of this machine, whoever else can write to it.

An object is written below `partial/`, flushed to the disk, and then moved to its name in one step, so that
neither a reader nor a crash ever meets half of one.

The root may be a link: whoever names a store chooses it. Below the root nothing is followed. Every folder is opened
from the one above it, and an object is a regular file or is not there, so that links lead nowhere and a pipe is not
waited for.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from audiera.storage.backend import Content, telling
from audiera.storage.objects import BLOCK, ObjectError

__all__ = ["LocalFolder"]

_PARTIAL: Final = "partial"
_WRITTEN: Final = re.compile(r"[0-9a-f]{64}(\.sealed)?\.[0-9a-f]{8}")
"""What `write` calls what it has not finished."""
_ABANDONED: Final = 3_600  # seconds without a write: a live writer writes every block at once
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NO_LINK: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A store's objects in a folder; it need not exist before the first is written."""

    root: Path

    @property
    def url(self) -> str:
        """The folder's path."""
        return str(self.root)

    def sizes(self, shard: str, names: Collection[str]) -> dict[str, int]:
        """Return the sizes of those of some objects of a shard that are there, by name."""
        found = {}
        with telling(self.url), suppress(FileNotFoundError), self._folder(shard) as folder:
            for name in names:
                size = _size(folder, name.rpartition("/")[2])
                if size is not None:
                    found[name] = size
        return found

    def size(self, name: str) -> int | None:
        """Return the size of one object, or None if there is none."""
        return self.sizes(name.rpartition("/")[0], [name]).get(name)

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of an object from `start` up to `stop`, in blocks."""
        with self.opened(name) as descriptor:
            while start < stop and (block := os.pread(descriptor, min(BLOCK, stop - start), start)):
                start += len(block)
                yield block

    @contextmanager
    def opened(self, name: str) -> Iterator[int]:
        """Yield the descriptor of an object's file, open for reading.

        Raises:
            ObjectError: it is no file.
            StorageError: it is not there, or cannot be read.
        """
        shard, _, last = name.rpartition("/")
        with telling(self.url):
            with self._folder(shard) as folder:
                descriptor = os.open(last, os.O_RDONLY | _NO_LINK, dir_fd=folder)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise ObjectError(f"{self.url}/{name} is not a file; remove it and store it again.")
                yield descriptor
            finally:
                os.close(descriptor)

    def seen(self, name: str) -> os.stat_result | None:
        """Return what the system says of what is at an object's name, in one call; None: nothing is there.

        Links on the way are followed, so it tells whether that is a file that was opened before, and nothing else.
        """
        try:
            return os.lstat(f"{self.root}/{name}")
        except OSError:
            return None

    def write(self, name: str, size: int, content: Content, *, steady: bool) -> None:  # noqa: ARG002  # a file is resent whole
        """Write an object, replacing what is there; it is for its writer alone until it is whole."""
        shard, _, last = name.rpartition("/")
        temporary = f"{last}.{secrets.token_hex(4)}"
        with telling(self.url), self._folder(_PARTIAL, make=True) as partial, self._folder(shard, make=True) as folder:
            try:
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666, dir_fd=partial)
                try:
                    _write_whole(descriptor, content())
                finally:
                    os.close(descriptor)
                os.replace(temporary, last, src_dir_fd=partial, dst_dir_fd=folder)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=partial)
                raise
            os.fsync(folder)

    def check_writable(self) -> None:
        """Refuse what is no folder, or cannot be made or written to; nothing of it is made.

        Raises:
            StorageError: it is so.
        """
        with telling(self.url):
            above = next(it for it in (self.root, *self.root.parents) if it.exists())
            TemporaryFile(dir=above).close()

    def room(self) -> int | None:
        """Return the bytes that are free on the folder's disk."""
        with telling(self.url):
            return shutil.disk_usage(next(it for it in (self.root, *self.root.parents) if it.exists())).free

    def sweep(self) -> None:
        """Remove what writers that died left behind, and nothing that no writer of this package makes."""
        with (
            telling(self.url),
            suppress(FileNotFoundError),
            self._folder(_PARTIAL) as partial,
            os.scandir(partial) as entries,
        ):
            for entry in entries:
                with suppress(FileNotFoundError):  # its writer lives, and has just finished
                    found = entry.stat(follow_symlinks=False)
                    is_old = time.time() - found.st_mtime > _ABANDONED
                    if is_old and stat.S_ISREG(found.st_mode) and _WRITTEN.fullmatch(entry.name):
                        os.unlink(entry.name, dir_fd=partial)

    @contextmanager
    def _folder(self, name: str, *, make: bool = False) -> Iterator[int]:
        """Open a folder of the store, having followed no link below the root."""
        if make:
            self.root.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.root, _FOLDER)
        try:
            for part in name.split("/"):
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=folder)
                above, folder = folder, self._inner(folder, part, name)
                os.close(above)
            yield folder
        finally:
            os.close(folder)

    def _inner(self, folder: int, part: str, name: str) -> int:
        try:
            return os.open(part, _FOLDER | _NO_LINK, dir_fd=folder)
        except FileNotFoundError:
            raise
        except OSError as error:
            if stat.S_ISDIR(os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode):
                raise
            raise ObjectError(
                f"{self.url}/{name} is, or lies behind, a link or a file where the store has a folder; remove it."
            ) from error


def _size(folder: int, name: str) -> int | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _write_whole(descriptor: int, blocks: Iterator[bytes]) -> None:
    mode = stat.S_IMODE(os.fstat(descriptor).st_mode)  # what the umask leaves; to ask for it would be to set it
    with suppress(PermissionError):  # some file systems know no modes
        os.fchmod(descriptor, 0o600)
    for block in blocks:
        view = memoryview(block)
        while view:
            view = view[os.write(descriptor, view) :]
    with suppress(PermissionError):
        os.fchmod(descriptor, mode)
    os.fsync(descriptor)
