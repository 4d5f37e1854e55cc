"""A pulled folder, read without the chain: what lies in it is not a use, and is verified each time it is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from audiera.consumer import Keeping, files_of, read_papers
from audiera.protocol import ZERO_WORD, TableRow
from audiera.storage import ObjectError, landing
from audiera.text import Json, hex_of, read_file, shown

__all__ = ["Entry", "Shelf"]


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
            raise ObjectError(f"{shown(str(self.file))} cannot be read ({error.strerror}); pull it again.") from error
        if hashlib.sha256(data).digest() != item.sha256:
            raise ObjectError(f"{shown(str(self.file))} is not what was pulled; pull it again.")
        return data


@dataclass(frozen=True, slots=True)
class Shelf:
    """The files of a pulled folder, but those that the gateway does not serve: by dataset, then by path."""

    folder: Path
    entries: tuple[Entry, ...]

    @classmethod
    def open(cls, folder: Path) -> Shelf:
        """Read what a folder has, or will have when its pull is over; no file is read.

        Raises:
            InputError: nothing was pulled to it.
            StorageError: what is written down in it is not as it was written.
        """
        licenses = Keeping(folder / ".audiera").licenses()
        found = []
        for papers, rows in read_papers(folder):
            below, whole = files_of(folder, papers.dataset), licenses.get((papers.dataset, ZERO_WORD))
            for row in rows:
                if row.metadata.path not in papers.left_out:
                    license_id = licenses.get((papers.dataset, row.item.leaf()), whole)
                    to = landing(below, row.metadata.path)
                    found.append(Entry(papers.dataset, papers.version, license_id, row, to))
        return cls(folder, tuple(found))
