"""Prepares a folder for registration: everything that a transaction will commit to, before it is sent."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from audiera.credits import AddressBook, Contributors, Credits, Party, ShareRule, divide, read_contributors
from audiera.dataset.record import StoredVersion
from audiera.dataset.sidecar import contradictions
from audiera.errors import InputError
from audiera.folder import Progress, Readings, Scan, ScanOptions, scan
from audiera.manifest import Cover, Description, Documents, build_documents, read_cover
from audiera.protocol import ContentTree, TableRow, cid_of
from audiera.storage import StoredObject
from audiera.text import tidy

__all__ = [
    "Prepared",
    "assemble",
    "describe",
    "next_version",
    "prepare",
    "prepare_version",
    "read_credits",
    "sidecar_notes",
]


_AS_USUAL: Final = ScanOptions()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dataset version, ready to be stored and registered. Make it with `prepare`."""

    scan: Scan
    documents: Documents
    description: Description
    credits: Credits | None
    """None for a version: shares are set once, at registration."""
    notes: tuple[str, ...] = ()
    """What the user should know before it is published, beside the notes of the scan and of the credits."""

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """The items with their metadata, by path."""
        return self.scan.rows

    @property
    def tree(self) -> ContentTree:
        """The tree over the items."""
        return self.documents.tree

    @property
    def content_root(self) -> bytes:
        """What the registry stores of the items."""
        return self.documents.tree.root

    @property
    def manifest(self) -> bytes:
        """The manifest."""
        return self.documents.manifest

    @property
    def manifest_digest(self) -> bytes:
        """What the registry stores of the manifest: its sha-256."""
        return self.documents.digest

    @property
    def manifest_cid(self) -> str:
        """The manifest's name on IPFS, as `tokenURI` states it."""
        return cid_of(self.manifest_digest)

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Everything that a store must hold: items, what the manifest names, and at last the manifest."""
        items = [
            StoredObject(file.row.item.sha256, file.row.item.size, self.scan.folder / file.source, private=True)
            for file in self.scan.files
        ]
        papers = [*self.documents.files.values(), self.manifest]
        return (*items, *(StoredObject(hashlib.sha256(data).digest(), len(data), data) for data in papers))


def prepare(
    folder: Path,
    *,
    date: str,
    name: str = "",
    description: str = "",
    creators: Sequence[str] = (),
    organizations: Sequence[str] = (),
    keywords: Sequence[str] = (),
    citation: str = "",
    cover: Path | None = None,
    contributors: Path,
    book: AddressBook | None = None,
    rule: ShareRule | None = None,
    custodian: str | None = None,
    salt: str = "",
    registrant: str | None = None,
    parents: Mapping[bytes, int] | None = None,
    options: ScanOptions = _AS_USUAL,
    known: Readings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Prepared:
    """Read a folder and its contributors file and computes all that registering it commits to.

    Args:
        folder: the files; nothing in it is changed.
        date: the day this version is published, YYYY-MM-DD: an input, so that the manifest can be built again.
        name: of the dataset; the folder's name if empty.
        description: a sentence or more; the number of files and their length if empty.
        creators: the people who made the dataset; without any, and without organisations, everyone credited.
        organizations: the bands, labels and companies that made it.
        keywords: for those who search.
        citation: how to cite it; made from the other facts if empty.
        cover: a picture.
        contributors: the contributors file.
        book: the addresses of aliases in it.
        rule: how to divide what the contributors file leaves open (`audiera.credits.divide`).
        custodian: the address that holds in trust for contributors without one.
        salt: makes account keys unguessable from names.
        registrant: who registers, and so controls the groups of more payees than a split holds.
        parents: ppm by account of the datasets this one derives from.
        options: how to read the folder.
        known: what reading it found before.
        progress: called after every file.

    Raises:
        ContributorsError: the contributors file is wrong or unclear.
        FolderError: files that cannot be taken, all of them at once.
        InputError: `folder` holds no item, the description is not complete, or the cover is no picture.
    """
    file = read_credits(folder, contributors, book, options)  # before the folder: it is quick to be wrong
    picture = read_cover(cover) if cover else None
    found = scan(folder, options, progress=progress, known=known)
    shared = divide(
        file,
        found.rows,
        rule=rule,
        custodian=custodian,
        registrant=registrant,
        salt=salt,
        parents=parents,
        left_out=[problem.path for problem in found.skipped],
    )
    facts = describe(
        found,
        shared,
        name=name or folder.resolve().name,
        date=date,
        description=description,
        creators=creators,
        organizations=organizations,
        keywords=keywords,
        citation=citation,
    )
    return assemble(found, facts, shared, picture, notes=sidecar_notes(contributors, found))


def prepare_version(
    folder: Path,
    previous: StoredVersion,
    *,
    date: str,
    version: int,
    description: str = "",
    cover: Path | None = None,
    options: ScanOptions = _AS_USUAL,
    known: Readings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Prepared:
    """Read a folder again and computes all that publishing it as a new version commits to.

    Name, creators, contributors, keywords and cover are the previous version's, and so are the description and the
    citation unless they were made from the facts: then they are made anew. What became of the items is told by
    `audiera.dataset.compare.compare` of the result's rows with the previous version's.

    Raises:
        FolderError: files that cannot be taken, all of them at once.
        InputError: `folder` holds no item, or the cover is no picture.
    """
    found = scan(folder, options, progress=progress, known=known)
    return next_version(found, previous, date=date, version=version, description=description, cover=cover)


def next_version(
    found: Scan,
    previous: StoredVersion,
    *,
    date: str,
    version: int,
    description: str = "",
    cover: Path | None = None,
) -> Prepared:
    """Return what publishing these files as the version after `previous` commits to; see `prepare_version`.

    Raises:
        InputError: the cover is no picture.
    """
    picture = read_cover(cover) if cover else previous.cover
    facts = previous.description
    if not description and facts.description in _summaries(previous.rows):
        description = _summary(found)
    facts = replace(facts, date=date, version=version, description=description or facts.description)
    return assemble(found, facts, None, picture)


def read_credits(folder: Path, contributors: Path, book: AddressBook | None, options: ScanOptions) -> Contributors:
    """Read a contributors file, which must not be one of the files to register.

    Raises:
        ContributorsError: it is wrong or unclear.
        InputError: it would be an item itself.
    """
    if options.everything and contributors.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{contributors} is among the files to register; move it out of {folder}.")
    return read_contributors(contributors, book)


def sidecar_notes(contributors: Path, found: Scan) -> tuple[str, ...]:
    """Return where a contributors file contradicts the files, a sentence each."""
    return tuple(f"{each}." for each in contradictions(contributors, found.rows))


def describe(
    found: Scan,
    shared: Credits,
    *,
    name: str,
    date: str,
    description: str,
    creators: Sequence[str],
    organizations: Sequence[str],
    keywords: Sequence[str],
    citation: str,
) -> Description:
    """Return what is said of a new dataset: what the user says, and else what the files and credits show.

    Raises:
        InputError: it is not complete.
    """
    named = [Party(tidy(each)) for each in creators]
    named += [Party(tidy(each), organization=True) for each in organizations]
    return Description(
        name=name,
        description=description or _summary(found),
        creators=tuple(named or (replace(party, roles=()) for party in shared.parties)),
        date=date,
        contributors=shared.parties,
        keywords=tuple(keywords),
        citation=citation,
    )


def assemble(
    found: Scan,
    facts: Description,
    shared: Credits | None,
    cover: Cover | None = None,
    *,
    notes: Sequence[str] = (),
) -> Prepared:
    """Return what registering these files, so described and shared, commits to.

    Raises:
        InputError: the texts are too long for a manifest.
    """
    documents = build_documents(facts, found.rows, skipped=found.skipped, cover=cover)
    return Prepared(found, documents, facts, shared, tuple(notes))


def _summary(found: Scan) -> str:
    heard, read = _summaries(found.rows)
    return heard if found.duration_ms else read


def _summaries(rows: Sequence[TableRow]) -> tuple[str, str]:
    """Return what a description says if nobody wrote one: by length, for what can be heard, and by size."""
    files = "1 file" if len(rows) == 1 else f"{len(rows)} files"
    seconds = -(-sum(row.item.duration_ms for row in rows) // 1000)
    size = sum(row.item.size for row in rows)
    return f"{files} of music, {seconds // 60} min {seconds % 60} s.", f"{files}, {size:,} bytes."
