"""The excerpts that a creator lets anyone hear: made once for each item, and kept in the record.

Night Ferry.audiera/previews/<sha-256 of the item>.mp3
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from audiera.errors import ItemError, StorageError
from audiera.folder import Scan, ScannedFile, excerpt_apart, open_regular
from audiera.manifest import PREVIEW_BYTES, Preview, preview_mark
from audiera.music import stretch_of
from audiera.spread import fetched
from audiera.storage import Elsewhere, open_bucket
from audiera.text import read_file, replace_file
from audiera.work import Tally, Watcher, in_parallel

__all__ = ["Excerpt", "make_excerpts", "sources_of"]

_FOLDER: Final = "previews"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An excerpt of an item, and where it is."""

    preview: Preview
    source: Path


def make_excerpts(found: Scan, record: Path, *, progress: Watcher | None = None) -> tuple[Excerpt, ...]:
    """Return an excerpt of every item that sounds, from the record if it is there, else made anew.

    Args:
        found: the items.
        record: where they are kept.
        progress: called after every file.

    Raises:
        ItemError: an item can no longer be read.
        StorageError: the record cannot be written.
    """
    heard = [file for file in found.files if file.peaks is not None and file.row.item.duration_ms]
    tally = Tally(len(heard), sum(file.row.item.size for file in heard), progress)
    made: list[Excerpt] = []
    sources = {file.source: source for file, source in zip(found.files, sources_of(found), strict=True)}
    for file, excerpt in in_parallel(partial(_excerpt, sources, record / _FOLDER), heard, _workers()):
        made.append(excerpt)
        tally.add(files=1, size=file.row.item.size)
    return tuple(sorted(made, key=lambda it: it.preview.item))


def sources_of(found: Scan) -> tuple[Path | Elsewhere, ...]:
    """Return where the files of a folder, or of a bucket, are: in their order."""
    if not found.bucket:
        return tuple(found.folder / file.source for file in found.files)
    bucket = open_bucket(found.bucket)
    return tuple(Elsewhere(bucket, file.source.as_posix()) for file in found.files)


def _excerpt(sources: Mapping[Path, Path | Elsewhere], kept: Path, file: ScannedFile) -> Excerpt:
    item = file.row.item
    place = kept / f"{item.sha256.hex()}.mp3"
    data = _kept(place, item.sha256) or _made(sources[file.source], item.size, place, item.sha256)
    start, length = stretch_of(item.duration_ms)
    return Excerpt(Preview(item.sha256, hashlib.sha256(data).digest(), len(data), start, length), place)


def _kept(place: Path, item: bytes) -> bytes | None:
    try:
        data = read_file(place, PREVIEW_BYTES)
    except OSError:
        return None
    return data if data.startswith(preview_mark(item)) else None


def _made(source: Path | Elsewhere, size: int, place: Path, item: bytes) -> bytes:
    try:
        with open_regular(source) if isinstance(source, Path) else fetched(source, size) as file:
            data = preview_mark(item) + excerpt_apart(file)
    except (OSError, ItemError) as error:
        raise ItemError(f"No excerpt can be made of {source} ({error}); read the folder again.") from error
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, [data])
    except OSError as error:
        raise StorageError(f"{place} cannot be written ({error.strerror}); choose another --out.") from error
    return data


def _workers() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
