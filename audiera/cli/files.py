"""Reads a folder as its kind of dataset: music by decoding it, anything else (model weights, scores) file by file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import Final, TypeAlias

from audiera.audio import digest
from audiera.compare import Difference, Verification, compare, verify_folder
from audiera.contributors import read_contributors
from audiera.credits import ShareRule, divide
from audiera.description import Description
from audiera.errors import InputError, ItemError
from audiera.items import ContentTree, Item
from audiera.kinds import Kind
from audiera.manifest import build_manifest
from audiera.metadata import Metadata
from audiera.prepare import Prepared, prepare_version
from audiera.record import StoredVersion
from audiera.scan import Progress, Scan, ScannedFile
from audiera.table import TableRow
from audiera.walk import FolderError, Problem, walk

__all__ = ["holds_music", "prepare_files", "prepare_next", "scan_files", "verify"]

_MUSIC: Final = frozenset({Kind.Recordings, Kind.Samples, Kind.Stems})
_MEDIA_TYPE: Final = "application/octet-stream"

Report: TypeAlias = Callable[[Progress], None]


def holds_music(kind: Kind) -> bool:
    """Say whether the files of a dataset are music, which is decoded and whose tags are read."""
    return kind in _MUSIC


def scan_files(folder: Path, *, progress: Report | None = None, tolerate: bool = False) -> Scan:
    """Read every file of a folder as bytes: no length, no tags. Hidden files and links stay out.

    Raises:
        FolderError: files that cannot be taken, all of them at once.
        InputError: if `folder` is not a folder or holds no file.
    """
    found = walk(folder)
    paths = [it for it in sorted({*map(Path, found.left_out), *found.audio}) if (folder / it).is_file()]
    paths = [it for it in paths if not (folder / it).is_symlink()]
    problems = list(found.problems)
    files: list[ScannedFile] = []
    total = sum((folder / it).stat().st_size for it in paths)
    done = 0
    seen: dict[bytes, str] = {}
    for path in paths:
        try:
            row = _row(folder, path)
        except (ItemError, OSError) as error:
            problems.append(Problem(path.as_posix(), f"cannot be taken ({error})"))
            continue
        done += row.item.size
        if (same := seen.setdefault(row.item.sha256, row.metadata.path)) != row.metadata.path:
            problems.append(Problem(row.metadata.path, f"has the same bytes as {same}; keep one of them"))
        files.append(ScannedFile(path, row))
        if progress is not None:
            progress(Progress(len(files), len(paths), done, total))
    ordered = tuple(sorted(files, key=lambda file: file.row.metadata.path))
    if tolerate:
        return Scan(folder, ordered, (), tuple(sorted(problems)))
    if problems:
        raise FolderError(folder, problems)
    if not files:
        raise InputError(f"{folder} holds no file; name the folder that holds the dataset.")
    return Scan(folder, ordered, ())


def prepare_files(
    folder: Path,
    *,
    date: str,
    name: str,
    description: str,
    creators: tuple[str, ...],
    keywords: tuple[str, ...],
    contributors: Path,
    rule: ShareRule | None,
    custodian: str | None,
    salt: str,
    parents: Mapping[bytes, int],
    progress: Report | None,
) -> Prepared:
    """Return what `audiera.prepare.prepare` does for music, for a folder of other files.

    Raises:
        InputError: if the contributors file is in the folder, where it would be an item.
        ContributorsError: the contributors file is wrong or unclear.
        FolderError: files that cannot be taken.
    """
    if contributors.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{contributors} is among the files to register; move it out of {folder}.")
    file = read_contributors(contributors)
    found = scan_files(folder, progress=progress)
    shared = divide(file, found.rows, rule=rule, custodian=custodian, salt=salt, parents=parents)
    facts = Description(
        name=name or folder.resolve().name,
        description=description or _summary(found),
        creators=creators or tuple(party.name for party in shared.parties),
        date=date,
        contributors=shared.parties,
        keywords=keywords,
    )
    tree = ContentTree.of(row.item for row in found.rows)
    return Prepared(found, tree, facts, build_manifest(facts, found.rows), shared)


def prepare_next(
    kind: Kind,
    folder: Path,
    before: StoredVersion,
    *,
    date: str,
    version: int,
    description: str,
    progress: Report | None,
) -> Prepared:
    """Read a folder again, for the version after `before`.

    Raises:
        FolderError: files that cannot be taken, all of them at once.
        InputError: if `folder` holds nothing.
    """
    if holds_music(kind):
        return prepare_version(folder, before, date=date, version=version, description=description, progress=progress)
    found = scan_files(folder, progress=progress)
    facts = replace(
        before.description, date=date, version=version, description=description or before.description.description
    )
    tree = ContentTree.of(row.item for row in found.rows)
    return Prepared(found, tree, facts, build_manifest(facts, found.rows), None)


def verify(kind: Kind, folder: Path, stored: StoredVersion | None, *, progress: Report | None) -> Verification:
    """Read a folder again, all of it, and compare it with a registered version, if its record is there."""
    rows = stored.rows if stored else ()
    if holds_music(kind):
        return verify_folder(folder, rows, progress=progress)
    found = scan_files(folder, progress=progress, tolerate=True)
    differences: tuple[Difference, ...] = compare(rows, found.rows)
    root = ContentTree.of(row.item for row in found.rows).root if found.files else None
    return Verification(differences, found.problems, root)


def _row(folder: Path, path: Path) -> TableRow:
    with FileIO(folder / path) as file:
        digested = digest(file)
    metadata = Metadata(path=unicodedata.normalize("NFC", path.as_posix()), media_type=_MEDIA_TYPE)
    return TableRow(Item.of(digested.sha256, digested.size, metadata), metadata)


def _summary(found: Scan) -> str:
    count = len(found.files)
    return f"{count} {'file' if count == 1 else 'files'}, {found.size:,} bytes."
