"""Shards of a pulled folder: the same files once more, in a few large files that are read from their beginning.

The folder stays as it is, since it is what the next pull goes on from; so shards cost their size on the disk once more.
They follow from the folder alone: the same files make the same shards, byte for byte, and what is in their folder and
not among them is an older run's, and goes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from audiera.errors import StorageError
from audiera.loading.forms import Form
from audiera.loading.shelf import Entry
from audiera.text import replace_file, shown
from audiera.work import Tally, Watcher

__all__ = ["Sharded", "room_for", "write_shards"]

_FEWEST: Final = 20
"""So many shards at least, where there are as many files: `datasets` feeds one worker by fewer, if it shuffles."""


@dataclass(frozen=True, slots=True)
class Sharded:
    """What became of the shards."""

    folder: Path
    written: int
    present: int
    """That were there already, and were verified."""
    bytes: int
    """Of all of them."""


def write_shards(
    folder: Path, entries: Sequence[Entry], form: Form, most: int, progress: Watcher | None = None
) -> Sharded:
    """Write files as shards, each whole or not at all; what is there already is verified, and stays.

    Args:
        folder: of the shards.
        entries: the files, by dataset.
        form: of the shards.
        most: bytes of a shard; one with a single file may be larger.
        progress: called as files are done.

    Raises:
        ObjectError: a file is not what was pulled.
        StorageError: a shard cannot be written.
    """
    tally = Tally(len(entries), sum(it.row.item.size for it in entries), progress)
    written = present = size = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = set()
        for name, part in _shards(entries, form, most):
            path = folder / name
            names.add(name)
            if path.exists() and form.holds(path, part):
                present += 1
            else:
                replace_file(path, form.blocks(part), 0o666)
                written += 1
            size += path.stat().st_size
            tally.add(files=len(part), size=sum(it.row.item.size for it in part))
        _sweep(folder, names, form)
    except OSError as error:
        raise StorageError(
            f"{shown(str(folder))} cannot be written ({error.strerror}); see to that, and run it again."
        ) from error
    return Sharded(folder, written, present, size)


def room_for(folder: Path, entries: Sequence[Entry], form: Form, most: int, here: Collection[tuple[int, bytes]]) -> int:
    """Return the bytes that shards of files take beside those that are in their folder, more or less.

    A shard that is there takes none, if all of its files are there, too.

    Args:
        folder: of the shards.
        entries: the files, by dataset.
        form: of the shards.
        most: bytes of a shard.
        here: dataset and leaf of each file that is there.

    Raises:
        StorageError: the folder cannot be read.
    """
    total = 0
    try:
        for name, part in _shards(entries, form, most):
            path = folder / name
            there = path.stat().st_size if path.exists() else 0
            if not there or any((it.dataset, it.row.item.leaf()) not in here for it in part):
                total += max(sum(form.room(it) for it in part) - there, 0)
    except OSError as error:
        raise StorageError(
            f"{shown(str(folder))} cannot be read ({error.strerror}); see to that, and run it again."
        ) from error
    return total


def _shards(entries: Sequence[Entry], form: Form, most: int) -> Iterator[tuple[str, list[Entry]]]:
    """Give each shard by its name: of one dataset, of so many files that there are enough shards, and not too large."""
    files = max(1, len(entries) // _FEWEST)
    for dataset, those in groupby(entries, key=lambda it: it.dataset):
        number, part, size = 0, list[Entry](), 0
        for it in those:
            room = form.room(it)
            if part and (len(part) == files or size + room > most):
                yield _name(dataset, number, form), part
                number, part, size = number + 1, [], 0
            part.append(it)
            size += room
        yield _name(dataset, number, form), part


def _name(dataset: int, number: int, form: Form) -> str:
    return f"dataset-{dataset}-{number:05}.{form.SUFFIX}"


def _sweep(folder: Path, names: set[str], form: Form) -> None:
    """Remove shards of earlier runs, and what runs that were killed left behind."""
    made = _made(form)
    for it in folder.iterdir():
        if made.fullmatch(it.name) and it.name not in names:
            it.unlink()


def _made(form: Form) -> re.Pattern[str]:
    return re.compile(rf"dataset-[0-9]+-[0-9]{{5,}}\.{form.SUFFIX}|\.audiera\.[0-9a-f]{{16}}")
