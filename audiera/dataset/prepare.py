"""Prepares a folder for registration: everything that a transaction will commit to, before it is sent."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from audiera.credits import Contributors, Credits, Party, divide, read_address_book, read_contributors, unsaid
from audiera.dataset.disagreements import disagreements
from audiera.dataset.excerpts import Excerpt, make_excerpts, sources_of
from audiera.dataset.record import StoredVersion
from audiera.dataset.request import DatasetRequest
from audiera.errors import InputError
from audiera.folder import ReadingCache, Scan, ScanOptions
from audiera.manifest import Cover, Description, Documents, build_documents, read_cover
from audiera.protocol import ContentTree, TableRow, cid_of
from audiera.quantities import format_length, format_size
from audiera.storage import StoredObject
from audiera.text import tidy
from audiera.work import Watcher

__all__ = [
    "Prepared",
    "assemble",
    "check_said",
    "describe",
    "disagreement_notes",
    "next_version",
    "prepare",
    "prepare_version",
    "read_credits",
    "scanning_again",
]

_LATER: Final = "-"
"""Stands for what only the folder says, or the credits."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dataset version, ready to be stored and registered. Make it with `prepare`."""

    scan: Scan
    documents: Documents
    description: Description
    credits: Credits | None
    """None for a version: shares are set once, at registration."""
    excerpts: tuple[Excerpt, ...] = ()
    """What anyone may hear of it."""
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
            StoredObject(file.row.item.sha256, file.row.item.size, source, private=True)
            for file, source in zip(self.scan.files, sources_of(self.scan), strict=True)
        ]
        heard = [StoredObject(it.preview.sha256, it.preview.size, it.source) for it in self.excerpts]
        papers = [*self.documents.files.values(), self.manifest]
        return (*items, *heard, *(StoredObject(hashlib.sha256(data).digest(), len(data), data) for data in papers))


def prepare(
    request: DatasetRequest,
    *,
    parents: Mapping[bytes, int] | None = None,
    run: bytes | None = None,
    known: ReadingCache | None = None,
    progress: Watcher | None = None,
) -> Prepared:
    """Read a folder and its contributors file and compute all that registering it commits to.

    Args:
        request: what is said of the folder.
        parents: ppm by account of the datasets this one derives from.
        run: the document of the training run that made it.
        known: what reading the folder found before.
        progress: called after every file.

    Raises:
        ContributorsError: the contributors file is wrong or unclear.
        FolderError: files that cannot be taken, all of them at once.
        InputError: the folder holds no item, the description is not complete, or the cover is no picture.
    """
    contributors = read_credits(request, grouped=False, may_leave_out=request.may_leave_out)
    check_said(request)
    picture = read_cover(request.cover) if request.cover else None
    found = request.read(request.scanning, progress=progress, known=known)
    shared = divide(
        contributors,
        found.rows,
        rule=request.rule,
        custodian=request.custodian,
        salt=request.salt,
        parents=parents,
        left_out=[problem.path for problem in found.left_out],
        passed_over={problem.path: problem.reason for problem in found.passed_over},
    )
    facts = describe(request, found, shared)
    heard = make_excerpts(found, request.record, progress=progress) if request.preview else ()
    notes = disagreement_notes(contributors, found)
    return assemble(found, facts, shared, picture, excerpts=heard, notes=notes, run=run)


def prepare_version(
    request: DatasetRequest,
    previous: StoredVersion,
    *,
    version: int,
    known: ReadingCache | None = None,
    progress: Watcher | None = None,
) -> Prepared:
    """Read a folder again and compute all that publishing it as a new version commits to.

    Name, creators, contributors, keywords and cover are the previous version's, and so are the description and the
    citation unless they were made from the facts: then they are made anew. Anyone may hear excerpts if that was so,
    unless the request says otherwise. What became of the items is told by `audiera.protocol.compare` of the result's
    rows with the previous version's. Files that it left out stay out as long as something is wrong with them; others
    stop the user, unless the request says otherwise.

    Raises:
        FolderError: files that cannot be taken, all of them at once.
        InputError: the folder holds no item, or the cover is no picture.
    """
    found = request.read(scanning_again(request, previous), progress=progress, known=known)
    return next_version(request, found, previous, version=version, progress=progress)


def scanning_again(request: DatasetRequest, previous: StoredVersion) -> ScanOptions:
    """Return how the folder of a version is read for the next: what was left out stays out, as long as it is bad."""
    return replace(request.scanning, left_out=frozenset(each.path for each in previous.left_out))


def next_version(
    request: DatasetRequest,
    found: Scan,
    previous: StoredVersion,
    *,
    version: int,
    progress: Watcher | None = None,
) -> Prepared:
    """Return what publishing these files as the version after `previous` commits to; see `prepare_version`.

    Raises:
        InputError: the cover is no picture.
    """
    picture = read_cover(request.cover) if request.cover else previous.cover
    facts, description = previous.description, request.description
    if not description and facts.description in _summaries(previous.rows):
        description = _summary(found)
    facts = replace(facts, date=request.date, version=version, description=description or facts.description)
    heard = previous.is_heard if request.preview is None else request.preview
    excerpts = make_excerpts(found, request.record, progress=progress) if heard else ()
    return assemble(found, facts, None, picture, excerpts=excerpts)


def read_credits(request: DatasetRequest, *, grouped: bool, may_leave_out: bool) -> Contributors:
    """Read the contributors file, which must not be one of the files to register.

    Args:
        request: what the user says.
        grouped: whether each list of credits becomes a dataset.
        may_leave_out: whether files may be left out, whose contributors then need no address.

    Raises:
        ContributorsError: it is wrong or unclear, or leaves open what no folder can say.
        InputError: there is none, it would be an item itself, or the address book is wrong.
    """
    file, folder = request.contributors, request.folder
    if file is None:
        raise InputError("A registration needs a contributors file; name it with --contributors.")
    if request.scanning.everything and file.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{file} is among the files to register; move it out of {folder}.")
    book = read_address_book(request.address_book) if request.address_book else None
    rule = None if grouped else request.rule

    def left_open(found: Contributors) -> Iterator[str]:
        return unsaid(found, rule=rule, custodian=request.custodian, grouped=grouped, may_leave_out=may_leave_out)

    return read_contributors(file, book, left_open)


def check_said(request: DatasetRequest) -> None:
    """Refuse what is said of a new dataset before its folder is read; what that will say is always there.

    Raises:
        InputError: a text is blank or too long, or the date is not a day.
    """
    Description(
        name=_name(request),
        description=request.description or _LATER,
        creators=_named(request) or (Party(_LATER),),
        date=request.date,
        keywords=request.keywords,
        citation=request.citation,
    )


def disagreement_notes(contributors: Contributors, found: Scan) -> tuple[str, ...]:
    """Return where a contributors file disagrees with the files, a sentence each."""
    return tuple(f"{each}." for each in disagreements(contributors, found.rows))


def describe(request: DatasetRequest, found: Scan, shared: Credits, part: str = "") -> Description:
    """Return what is said of a new dataset: what the user says, and else what the files and credits show.

    Args:
        request: what the user says.
        found: its files.
        shared: who is paid for them.
        part: what to call them if they are one of several parts of their folder.

    Raises:
        InputError: it is not complete.
    """
    name = _name(request)
    return Description(
        name=f"{name}: {part}" if part else name,
        description=request.description or _summary(found),
        creators=_named(request) or tuple(replace(party, roles=()) for party in shared.parties),
        date=request.date,
        contributors=shared.parties,
        keywords=request.keywords,
        citation=request.citation,
    )


def assemble(
    found: Scan,
    facts: Description,
    shared: Credits | None,
    cover: Cover | None = None,
    *,
    excerpts: Sequence[Excerpt] = (),
    notes: Sequence[str] = (),
    run: bytes | None = None,
) -> Prepared:
    """Return what registering these files, so described and shared, commits to.

    Raises:
        InputError: the texts are too long for a manifest.
    """
    previews = [it.preview for it in excerpts]
    documents = build_documents(
        facts, found.rows, left_out=found.left_out, peaks=found.peaks, previews=previews, cover=cover, run=run
    )
    return Prepared(found, documents, facts, shared, tuple(excerpts), tuple(notes))


def _name(request: DatasetRequest) -> str:
    return request.name or request.folder.resolve().name


def _named(request: DatasetRequest) -> tuple[Party, ...]:
    """Return who made a dataset, as far as the user says so."""
    people = [Party(tidy(each)) for each in request.creators]
    return (*people, *(Party(tidy(each), organization=True) for each in request.organizations))


def _summary(found: Scan) -> str:
    heard, read = _summaries(found.rows)
    return heard if found.duration_ms else read


def _summaries(rows: Sequence[TableRow]) -> tuple[str, str]:
    """Return what a description says if nobody wrote one: by length, for what can be heard, and by size."""
    files = "1 file" if len(rows) == 1 else f"{len(rows)} files"
    length, size = sum(row.item.duration_ms for row in rows), sum(row.item.size for row in rows)
    return f"{files} of music, {format_length(length)}.", f"{files}, {format_size(size)}."
