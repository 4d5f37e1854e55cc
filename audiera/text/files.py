"""Reads files within bounds, and writes them whole or not at all, whatever interrupts the writing."""

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Final

from audiera.errors import InputError

__all__ = ["MAX_BYTES", "is_at", "locked", "open_file", "read_file", "read_lines", "read_text", "replace_file"]


MAX_BYTES: Final = 64 * 1024 * 1024
"""The largest file read: a row for each of some 500,000 files."""

_BLOCK: Final = 1 << 18


def read_file(path: Path, most: int = MAX_BYTES) -> bytes:
    """Read a file of at most `most` bytes. A pipe or a device, which might never end, is not waited for.

    Raises:
        OSError: it cannot be read or is no file; of EFBIG, it is larger.
    """
    with open(open_file(path, os.O_RDONLY), "rb") as file:  # what grows meanwhile is not read to its end
        size = os.fstat(file.fileno()).st_size
        data = b"".join(_blocks(file, most + 1)) if size <= most else b""
    if max(size, len(data)) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return data


def read_lines(file: BufferedReader | BufferedRandom, size: int, most: int) -> Iterator[bytes]:
    """Yield the lines of an open file up to a size, each of at most `most` bytes, their ends included.

    Raises:
        OSError: it cannot be read; of EFBIG, a line is longer.
    """
    while size > 0 and (line := file.readline(min(size, most + 1))):
        if len(line) > most:
            raise OSError(errno.EFBIG, "A line is too long")
        size -= len(line)
        yield line


def open_file(path: Path, flags: int) -> int:
    """Open what is a file, and wait for no pipe and no device.

    Raises:
        OSError: it cannot be opened; of EINVAL, it is no file.
    """
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "Not a file")
    return descriptor


def _blocks(file: BufferedReader, most: int) -> Iterator[bytes]:
    """Yield what is there, up to `most` bytes: to ask for all at once would take memory for as many."""
    while most and (block := file.read(min(most, _BLOCK))):
        most -= len(block)
        yield block


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, with or without a mark, its lines ended by line feeds.

    Raises:
        InputError: it is no file, cannot be read, is too large, or is not UTF-8 text.
    """
    try:
        data = read_file(path)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise InputError("it is not a file; name the file itself.") from error
        if error.errno == errno.EFBIG:
            raise InputError(f"it is larger than {MAX_BYTES // 2**20} MiB; is this the right file?") from error
        raise InputError(f"it cannot be read ({error.strerror}); check the name and its permissions.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("it is not UTF-8; save it as UTF-8, a spreadsheet as `CSV UTF-8`.") from error
    if "\0" in text:
        raise InputError("it is not text; save it as UTF-8, a spreadsheet as `CSV UTF-8`.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def replace_file(path: Path, blocks: Iterable[bytes], mode: int = 0o600) -> None:
    """Write a file beside its place and move it there; what was there before stays until then, its permissions after.

    Args:
        path: of the file.
        blocks: what it is to hold.
        mode: who may do what with it where it was not there before, less what the umask takes away.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    try:
        _replace(path, blocks, mode)
    except OSError as error:
        if error.filename is None:  # as of a full disk
            error.filename = str(path)
        raise


def _replace(path: Path, blocks: Iterable[bytes], mode: int) -> None:
    beside = path.with_name(f".audiera.{secrets.token_hex(8)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
        try:
            file.writelines(blocks)
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


@contextmanager
def locked(path: Path, *, waits: bool = True) -> Iterator[None]:
    """Hold a file's lock, so that what is read from it and written back is nobody else's meanwhile.

    The lock lies beside the file, since the file itself is replaced. It stays there, unless who holds it removes it.

    Args:
        path: of the file.
        waits: whether to wait for who holds it.

    Raises:
        BlockingIOError: somebody holds it, and is not waited for.
        OSError: there is no such folder, or none that can be written to.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    lock, held = path.with_name(f".{path.name}.lock"), -1
    try:
        while held < 0 or not is_at(lock, held):  # who held it may have removed it
            if held >= 0:
                os.close(held)
            held = os.open(lock, flags, 0o600)
            fcntl.flock(held, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        if held >= 0:
            os.close(held)


def is_at(path: Path, descriptor: int) -> bool:
    """Say whether an open file is the one at a path, and was not removed or replaced since."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=False))
    return False
