"""Turns a folder of audio into items: every file hashed, decoded and its tags read, on all cores.

A folder is taken whole or not at all: every problem of every file is found first and reported at once.
The result does not depend on the file system's order or on the number of cores.
"""

__all__ = ["Progress", "Scan", "ScannedFile", "read_file", "scan"]

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from audiera.audio import AudioError, Digest, decode, digest
from audiera.errors import InputError, ItemError
from audiera.items import Item
from audiera.metadata import Metadata
from audiera.table import TableRow
from audiera.tags import read_tags
from audiera.walk import FolderError, Problem, walk


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """One file of a folder: where it is on disk (from the folder), and its item with what it commits to."""

    source: Path
    row: TableRow


@dataclass(frozen=True, slots=True)
class Scan:
    """A folder as read: its files in order of their paths, and the other files that stay out of the
    dataset.
    """

    folder: Path
    files: tuple[ScannedFile, ...]
    left_out: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    """Empty unless problems were to be tolerated."""

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """The items with their metadata, by path."""
        return tuple(file.row for file in self.files)

    @property
    def size(self) -> int:
        """The bytes of all items."""
        return sum(row.item.size for row in self.rows)

    @property
    def duration_ms(self) -> int:
        """The length of all items in milliseconds."""
        return sum(row.item.duration_ms for row in self.rows)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan has come."""

    files: int
    total_files: int
    bytes: int
    total_bytes: int


def scan(
    folder: Path,
    *,
    progress: Callable[[Progress], None] | None = None,
    workers: int | None = None,
    tolerate: bool = False,
) -> Scan:
    """Reads every file of audio in `folder` and below.

    Args:
        folder: any folder; nothing in it is changed.
        progress: called in the caller's thread after every file.
        workers: threads that decode at once; by default one for each core.
        tolerate: return problems with what could be read, instead of raising them.

    Raises:
        FolderError: files that cannot be taken, all of them at once, by path.
        InputError: `folder` is not a folder or holds no audio.
    """
    found = walk(folder)
    read, problems = _read_all(folder, found.audio, progress, workers or os.cpu_count() or 1)
    files = tuple(sorted(read, key=lambda file: file.row.metadata.path))
    problems = sorted([*found.problems, *problems, *_duplicates(files)])
    if tolerate:
        return Scan(folder, files, found.left_out, tuple(problems))
    if problems:
        raise FolderError(folder, problems)
    if not files:
        others = f" ({len(found.left_out)} other files were passed over)" if found.left_out else ""
        raise InputError(f"{folder} holds no audio{others}; name the folder that holds the music.")
    return Scan(folder, files, found.left_out)


def read_file(folder: Path, source: Path) -> ScannedFile:
    """Reads one file: its hash, its length by decoding, its tags.

    Raises:
        ItemError: the file cannot be an item, or changed while it was being read.
    """
    path = folder / source
    try:
        with FileIO(path) as file:
            before = _stamp(os.fstat(file.fileno()))
            result = _read_open(file, source)
            changed = not before == _stamp(os.fstat(file.fileno())) == _stamp(path.stat())
    except OSError as error:
        raise AudioError(f"cannot be read ({error.strerror}); make it readable") from error
    if changed:
        raise AudioError("changed while it was being read; wait until nothing writes to it")
    if isinstance(result, ItemError):
        raise result
    return result


def _read_open(file: FileIO, source: Path) -> ScannedFile | ItemError:
    digested = digest(file)
    try:
        return ScannedFile(source, _describe(file, source, digested))
    except ItemError as error:
        return error  # not raised yet: if the file changed meanwhile, that is what went wrong


def _describe(file: FileIO, source: Path, digested: Digest) -> TableRow:
    decoded = decode(file)
    row = read_tags(file, decoded.strings) | {
        "path": unicodedata.normalize("NFC", source.as_posix()),
        "media_type": decoded.media_type,
        "duration_ms": decoded.duration_ms,
        "sample_rate": decoded.sample_rate,
        "channels": decoded.channels,
    }
    metadata = Metadata.from_row(row)
    return TableRow(Item.of(digested.sha256, digested.size, metadata), metadata)


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _read_all(
    folder: Path, paths: Sequence[Path], progress: Callable[[Progress], None] | None, workers: int
) -> tuple[list[ScannedFile], list[Problem]]:
    files: list[ScannedFile] = []
    problems: list[Problem] = []
    sizes = {path: _size(folder / path) for path in paths}
    total, done = sum(sizes.values()), 0
    with ThreadPoolExecutor(workers) as pool:
        reading = {pool.submit(read_file, folder, path): path for path in paths}
        try:
            for count, future in enumerate(as_completed(reading), start=1):
                path = reading[future]
                try:
                    files.append(future.result())
                except ItemError as error:
                    problems.append(Problem(path.as_posix(), str(error)))
                done += sizes[path]
                if progress is not None:
                    progress(Progress(count, len(paths), done, total))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C must not wait for the rest of the folder
            raise
    return files, problems


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it will say why


def _duplicates(files: Iterable[ScannedFile]) -> Iterator[Problem]:
    first: dict[bytes, str] = {}
    for file in files:
        path = file.row.metadata.path
        if (same := first.setdefault(file.row.item.sha256, path)) != path:
            yield Problem(path, f"has the same bytes as {same}; keep one of them")
