"""A pulled folder, read without the chain: what lies in it is not a use, and is verified each time it is read."""

from __future__ import annotations

import errno
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.consumer import Keeping, files_of, has_papers, read_papers
from audiera.loading.repair import pull_again
from audiera.protocol import ZERO_WORD, TableRow
from audiera.storage import ObjectError, holds, landing
from audiera.text import Json, hex_of, read_file, shown

__all__ = ["SCHEME", "Entry", "Shelf"]

SCHEME: Final = "audiera"
"""Of a file's URI."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that was pulled, or will be."""

    dataset: int
    version: int
    license: int | None
    """Under which it was used; None: it was not pulled yet."""
    row: TableRow
    file: Path

    @property
    def key(self) -> str:
        """What no other file of the folder is called: its dataset, and the leaf of its item."""
        return f"{self.dataset}-{self.row.item.leaf().hex()}"

    @property
    def uri(self) -> str:
        """Where it is, as `audiera.loading.filesystem` reads it."""
        return f"{SCHEME}://{self.dataset}@{self.version}/{self.row.metadata.path}"

    def facts(self) -> dict[str, Json]:
        """Return what is known of it: of what it is an item, its licence, and its row of the item table."""
        return {
            "dataset": self.dataset,
            "version": self.version,
            "license": self.license,
            "item": hex_of(self.row.item.leaf()),
            **self.row.json(),
        }

    def read(self) -> bytes:
        """Return its bytes, verified.

        Raises:
            ObjectError: it is not there, or is not what was pulled.
        """
        item = self.row.item
        try:
            data = read_file(self.file, item.size)
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise ObjectError(
                    f"{shown(str(self.file))} cannot be read ({error.strerror}); pull it again."
                ) from error
            raise self._altered() from error
        if hashlib.sha256(data).digest() != item.sha256:
            raise self._altered()
        return data

    def _altered(self) -> ObjectError:
        size, pulled = self.file.stat().st_size, self.row.item.size
        why = "another SHA-256" if size == pulled else f"{size:,} bytes, and {pulled:,} were pulled"
        return ObjectError(f"{shown(str(self.file))} is not what was pulled ({why}); pull it again.")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The files of a pulled folder, but those that the gateway does not serve: by dataset, then by path."""

    folder: Path
    entries: tuple[Entry, ...]
    pull: str | None = None
    """What is typed after `audiera pull`, where what is missing is to be pulled."""

    @classmethod
    def open(cls, folder: Path, pull: str | None = None) -> Shelf:
        """Read what a folder has, or will have when its pull is over; no file is read.

        Args:
            folder: that was pulled to.
            pull: what is typed after `audiera pull` to bring what is missing, or all of it if nothing was pulled yet,
                without `--to` and `--yes`; None: nothing is brought.

        Raises:
            InputError: nothing was pulled to it.
            StorageError: what is written down in it is not as it was written, or it cannot be pulled.
        """
        if pull is not None and not has_papers(folder):
            pull_again(folder, pull, lambda: has_papers(folder))
        keeping = Keeping(folder / ".audiera")
        agreed, licenses = keeping.agreed(), keeping.licenses()
        chosen = {} if agreed is None else {int(it): set(leaves) for it, leaves in agreed.items.items()}
        found = []
        for papers, rows in read_papers(folder):
            below, whole = files_of(folder, papers.dataset), licenses.get((papers.dataset, ZERO_WORD))
            some = chosen.get(papers.dataset)
            for row in rows:
                is_wanted = some is None or row.item.leaf() in some
                if is_wanted and row.metadata.path not in papers.left_out:
                    license_id = licenses.get((papers.dataset, row.item.leaf()), whole)
                    to = landing(below, row.metadata.path)
                    found.append(Entry(papers.dataset, papers.version, license_id, row, to))
        return cls(folder, tuple(found), pull)

    def read(self, entry: Entry) -> bytes:
        """Return a file's bytes, verified; one that is not here or broken is pulled, if that was asked for.

        Raises:
            ObjectError: it is not there, or is not what was pulled.
            StorageError: it could not be pulled.
        """
        try:
            return entry.read()
        except ObjectError:
            if self.pull is None:
                raise
        item = entry.row.item
        pull_again(self.folder, self.pull, lambda: holds(entry.file, item.sha256, item.size))
        return entry.read()
