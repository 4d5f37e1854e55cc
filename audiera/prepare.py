"""Prepares a folder of audio for registration: everything that a transaction will commit to, before it is
sent.
"""

__all__ = ["Prepared", "prepare", "prepare_version"]

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from audiera.cid import cid_of
from audiera.contributors import read_contributors
from audiera.credits import Credits, ShareRule, divide
from audiera.description import Description
from audiera.items import ContentTree
from audiera.manifest import build_manifest
from audiera.record import StoredVersion
from audiera.scan import Progress, Scan, scan
from audiera.table import TableRow, write_table


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dataset version, ready to be stored and registered. Make it with `prepare`."""

    scan: Scan
    tree: ContentTree
    description: Description
    manifest: bytes
    credits: Credits | None
    """None for a version: shares are set once, at registration."""

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """The items with their metadata, by path."""
        return self.scan.rows

    @property
    def content_root(self) -> bytes:
        """What the registry stores of the items."""
        return self.tree.root

    @property
    def manifest_digest(self) -> bytes:
        """What the registry stores of the manifest: its sha-256."""
        return hashlib.sha256(self.manifest).digest()

    @property
    def manifest_cid(self) -> str:
        """The manifest's name on IPFS, as `tokenURI` states it."""
        return cid_of(self.manifest_digest)

    @property
    def table(self) -> bytes:
        """The item table that the manifest names."""
        return write_table(self.rows)


def prepare(
    folder: Path,
    *,
    date: str,
    name: str = "",
    description: str = "",
    creators: Sequence[str] = (),
    keywords: Sequence[str] = (),
    contributors: Path,
    rule: ShareRule | None = None,
    custodian: str | None = None,
    salt: str = "",
    parents: Mapping[bytes, int] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Prepared:
    """Reads a folder and its contributors file and computes all that registering it commits to.

    Args:
        folder: the music; nothing in it is changed.
        date: the day this version is published, YYYY-MM-DD: an input, so that the manifest can be built
        again.
        name: of the dataset; the folder's name if empty.
        description: a sentence or more; the number of files and their length if empty.
        creators: who made the dataset; everyone in the contributors file if empty.
        keywords: for those who search.
        contributors: the contributors file.
        rule: how to divide what the contributors file leaves open (`audiera.credits`).
        custodian: the address that holds in trust for contributors without one.
        salt: makes account keys unguessable from names.
        parents: ppm by account of the datasets this one derives from.
        progress: called after every file.

    Raises:
        ContributorsError: the contributors file is wrong or unclear.
        FolderError: files that cannot be taken, all of them at once.
        InputError: `folder` holds no audio, or the description is not complete.
    """
    file = read_contributors(contributors)  # before the folder: it is quick to be wrong
    found = scan(folder, progress=progress)
    shared = divide(file, found.rows, rule=rule, custodian=custodian, salt=salt, parents=parents)
    facts = Description(
        name=name or folder.resolve().name,
        description=description or _summary(found.rows),
        creators=tuple(creators) or tuple(party.name for party in shared.parties),
        date=date,
        contributors=shared.parties,
        keywords=tuple(keywords),
    )
    return _prepared(found, facts, shared)


def prepare_version(
    folder: Path,
    previous: StoredVersion,
    *,
    date: str,
    version: int,
    description: str = "",
    progress: Callable[[Progress], None] | None = None,
) -> Prepared:
    """Reads a folder again and computes all that publishing it as a new version commits to.

    Name, creators, contributors and keywords are the previous version's, and so is the description unless
    another is given (a summary of the files is made anew). `differences` of the result's rows with the
    previous version's are what `audiera.compare.compare` tells.

    Raises:
        FolderError: files that cannot be taken, all of them at once.
        InputError: `folder` holds no audio.
    """
    found = scan(folder, progress=progress)
    facts = previous.description
    if not description and facts.description == _summary(previous.rows):
        description = _summary(found.rows)
    facts = replace(facts, date=date, version=version, description=description or facts.description)
    return _prepared(found, facts, None)


def _prepared(found: Scan, facts: Description, shared: Credits | None) -> Prepared:
    tree = ContentTree.of(row.item for row in found.rows)
    return Prepared(found, tree, facts, build_manifest(facts, found.rows), shared)


def _summary(rows: Sequence[TableRow]) -> str:
    seconds = -(-sum(row.item.duration_ms for row in rows) // 1000)
    files = "1 file" if len(rows) == 1 else f"{len(rows)} files"
    return f"{files} of audio, {seconds // 60} min {seconds % 60} s."
