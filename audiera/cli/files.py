"""Reads a folder as its kind of dataset: music by decoding it, anything else (model weights, scores) file by file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from audiera.compare import Verification, verify_folder
from audiera.contributors import read_contributors
from audiera.credits import ShareRule, divide
from audiera.description import Description
from audiera.errors import InputError
from audiera.items import ContentTree
from audiera.kinds import Kind, holds_music
from audiera.manifest import build_manifest
from audiera.prepare import Prepared, prepare_version
from audiera.record import StoredVersion
from audiera.scan import Progress, Scan, ScanOptions, scan

__all__ = ["holds_music", "prepare_files", "prepare_next", "verify"]

Report: TypeAlias = Callable[[Progress], None]


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
    found = scan(folder, ScanOptions(everything=True), progress=progress)
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
    found = scan(folder, ScanOptions(everything=True), progress=progress)
    facts = replace(
        before.description, date=date, version=version, description=description or before.description.description
    )
    tree = ContentTree.of(row.item for row in found.rows)
    return Prepared(found, tree, facts, build_manifest(facts, found.rows), None)


def verify(kind: Kind, folder: Path, stored: StoredVersion | None, *, progress: Report | None) -> Verification:
    """Read a folder again, all of it, and compare it with a registered version, if its record is there."""
    rows = stored.rows if stored else ()
    return verify_folder(folder, rows, everything=not holds_music(kind), progress=progress)


def _summary(found: Scan) -> str:
    count = len(found.files)
    return f"{count} {'file' if count == 1 else 'files'}, {found.size:,} bytes."
