"""The papers of a pull: what a folder says of the files in it, for whoever reads them without the chain.

dataset-3/                 the files of dataset 3, by the paths of its item table
dataset-3.items.jsonl      its item table
dataset-3.manifest.json    its manifest
dataset-3.contributors.json  everyone credited, where they are too many for the manifest
dataset-3.version.json     which version that is, its content root, and what of it is not served

They are written before the first file is, and rewritten by each pull; who is credited comes after the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from audiera.consumer.version import MOST_TABLE, Version
from audiera.errors import InputError, ItemError, StorageError
from audiera.interface import Hash, Number
from audiera.manifest import CONTRIBUTORS_NAME, NamedFile, read_commitments
from audiera.protocol import ContentTree, TableRow, read_table
from audiera.remote import Remote
from audiera.storage import ObjectError, fetch, holds
from audiera.text import hex_of, read_file, replace_file, shown

__all__ = ["Papers", "bring_people", "files_of", "has_papers", "read_papers", "write_papers"]

_VERSION: Final = re.compile(r"dataset-([1-9][0-9]*)\.version\.json")
_PEOPLE: Final = 1 << 24  # bytes: a hundred thousand credits
_MOST: Final = 1 << 26  # bytes: a path and a reason for each of many items


class Papers(BaseModel):
    """Which version of a dataset a folder has."""

    dataset: Number
    version: Number
    name: str
    content_root: Hash
    left_out: dict[str, str]
    """Why files are not there, and will not come, by path."""


def files_of(folder: Path, dataset: int) -> Path:
    """Return the folder of a dataset's files, in that of a pull."""
    return folder / f"dataset-{dataset}"


def write_papers(folder: Path, version: Version, left_out: Mapping[str, str]) -> None:
    """Write down what a folder has, or is about to have, of a dataset.

    Raises:
        StorageError: it cannot be written.
    """
    name = files_of(folder, version.dataset).name
    papers = Papers(
        dataset=version.dataset,
        version=version.number,
        name=version.name,
        content_root=version.content_root,
        left_out=dict(left_out),
    )
    told = {
        "manifest.json": version.manifest,
        "items.jsonl": version.table,
        "version.json": f"{papers.model_dump_json(indent=2)}\n".encode(),
    }
    try:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for suffix, data in told.items():
            replace_file(folder / f"{name}.{suffix}", [data], 0o666)
    except OSError as error:
        raise StorageError(f"{folder} cannot be written ({error.strerror}); see to that.") from error


def bring_people(folder: Path, version: Version, remote: Remote) -> None:
    """Bring the list of those credited for a dataset, where its manifest names one that is not here.

    Nothing that is used needs it, so a gateway that does not have it or breaks off is passed over: a dossier then says
    so, and the next pull goes on with it.

    Raises:
        StorageError: it cannot be written.
    """
    named = next((it for it in read_commitments(version.manifest).files if it.name == CONTRIBUTORS_NAME), None)
    path = folder / f"{files_of(folder, version.dataset).name}.contributors.json"
    if named is None or named.size > _PEOPLE or holds(path, named.sha256, named.size):
        return
    with suppress(ObjectError, _BrokenOffError):
        fetch(_Document(remote, named), path)


class _BrokenOffError(StorageError):
    """A gateway did not send a document to its end; what came of it stays."""


@dataclass(frozen=True, slots=True)
class _Document:
    """A public document behind a gateway."""

    remote: Remote
    named: NamedFile

    @property
    def sha256(self) -> bytes:
        return self.named.sha256

    def size(self) -> int:
        return self.named.size

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        try:
            path = f"/sha256/{self.sha256[:1].hex()}/{self.sha256.hex()}"
            yield from self.remote.blocks(path, start, self.named.size)
        except ObjectError:
            raise
        except StorageError as error:
            raise _BrokenOffError(*error.args) from error

    def damaged(self) -> ObjectError:
        return ObjectError(
            f"{shown(self.remote.url)} sent something else than document {hex_of(self.sha256)}; run it again, "
            "or ask its operator."
        )


def read_papers(folder: Path) -> list[tuple[Papers, tuple[TableRow, ...]]]:
    """Return what a folder has of each dataset, by its number: which version, and the rows that make its content root.

    Raises:
        InputError: nothing was pulled to it.
        StorageError: the papers are not as they were written.
    """
    numbers = _numbers(folder)
    if not numbers:
        raise InputError(f"Nothing was pulled to {shown(str(folder))}; do so with `audiera pull --to`.")
    return [_read(folder, it) for it in numbers]


def has_papers(folder: Path) -> bool:
    """Say whether something was pulled to a folder, or began to be."""
    return bool(_numbers(folder))


def _numbers(folder: Path) -> list[int]:
    return sorted(int(found[1]) for it in folder.glob("*.json") if (found := _VERSION.fullmatch(it.name)))


def _read(folder: Path, dataset: int) -> tuple[Papers, tuple[TableRow, ...]]:
    name = files_of(folder, dataset).name
    try:
        papers = Papers.model_validate_json(read_file(folder / f"{name}.version.json", _MOST))
        rows = read_table(read_file(folder / f"{name}.items.jsonl", MOST_TABLE))
        is_whole = papers.dataset == dataset and ContentTree.of(it.item for it in rows).root == papers.content_root
    except (OSError, ValidationError, ItemError, StorageError) as error:
        raise _unreadable(folder, name) from error
    if not is_whole:
        raise _unreadable(folder, name)
    return papers, rows


def _unreadable(folder: Path, name: str) -> StorageError:
    return StorageError(
        f"The papers of {name} in {shown(str(folder))} are not as they were written; run `audiera pull` again."
    )
