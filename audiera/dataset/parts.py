"""Prepares a folder as several datasets: one for each list of credits, so that use pays those who made the file."""

from collections.abc import Mapping
from dataclasses import replace

from audiera.credits import (
    Contributors,
    ContributorsError,
    Credits,
    Part,
    divide_parts,
    part_notes,
    parts_by_credits,
)
from audiera.dataset.excerpts import make_excerpts
from audiera.dataset.prepare import (
    Prepared,
    assemble,
    check_said,
    describe,
    disagreement_notes,
    next_version,
    read_credits,
    scanning_again,
)
from audiera.dataset.record import StoredVersion
from audiera.dataset.request import DatasetRequest
from audiera.folder import ReadingCache, Scan
from audiera.manifest import read_cover
from audiera.protocol import Split
from audiera.work import Watcher

__all__ = ["prepare_part_version", "prepare_parts"]


def prepare_parts(
    request: DatasetRequest,
    *,
    parents: Mapping[bytes, int] | None = None,
    known: ReadingCache | None = None,
    progress: Watcher | None = None,
) -> tuple[Prepared, ...]:
    """Read a folder once, and compute what registering it as one dataset for each list of credits commits to.

    The arguments are those of `prepare`; each dataset's name is the request's, a colon, and whom it credits
    (`audiera.credits.parts`). What the user should know of all of them is said in the notes of the first.

    Raises:
        ContributorsError: the contributors file is wrong, unclear, or not of single files.
        FolderError: files that cannot be taken, all of them at once.
        InputError: the folder holds no item, the description is not complete, or the cover is no picture.
    """
    contributors = read_credits(request, grouped=True, may_leave_out=request.may_leave_out)
    check_said(request)
    picture = read_cover(request.cover) if request.cover else None
    found = request.read(request.scanning, progress=progress, known=known)
    told = (
        *part_notes(contributors, [problem.path for problem in found.left_out]),
        *disagreement_notes(contributors, found),
    )
    prepared: list[Prepared] = []
    for part, shared in _divided(request, contributors, found, parents):
        files = _of(found, part)
        heard = make_excerpts(files, request.record, progress=progress) if request.preview else ()
        facts = describe(request, files, shared, part.name)
        prepared.append(assemble(files, facts, shared, picture, excerpts=heard, notes=() if prepared else told))
    return tuple(prepared)


def prepare_part_version(
    request: DatasetRequest,
    previous: StoredVersion,
    split: Split,
    *,
    version: int,
    parents: Mapping[bytes, int] | None = None,
    known: ReadingCache | None = None,
    progress: Watcher | None = None,
) -> Prepared:
    """Read a folder again and compute what publishing one of its parts as a new version commits to.

    Args:
        request: of the whole folder, with the contributors file as it is now, and its address book, custodian and salt
            as at the registration.
        previous: the version before, of the one part.
        split: as the part was registered: it tells which part it is.
        version: the new version's number.
        parents: ppm by account of the datasets this one derives from.
        known: what reading the folder found before.
        progress: called after every file.

    Raises:
        ContributorsError: the contributors file is wrong, unclear, or has no part that divides like `split`.
        FolderError: files that cannot be taken, all of them at once.
        InputError: the folder holds no item.
    """
    contributors = read_credits(request, grouped=True, may_leave_out=True)
    found = request.read(scanning_again(request, previous), progress=progress, known=known)
    divided = _divided(request, contributors, found, parents)
    alike = [part for part, shared in divided if shared.split.id() == split.id()]
    if not alike:
        told = "no group of its files is divided as this dataset was registered."
        raise ContributorsError(contributors.path, [told])
    paths = {row.metadata.path for row in previous.rows}
    # Several are alike where people share an address; the files tell them apart.
    ours = max(alike, key=lambda part: len(paths.intersection(part.paths)))
    return next_version(request, _of(found, ours), previous, version=version, progress=progress)


def _divided(
    request: DatasetRequest,
    contributors: Contributors,
    found: Scan,
    parents: Mapping[bytes, int] | None,
) -> list[tuple[Part, Credits]]:
    """Return the parts of a folder, each with who is paid for it."""
    parts = parts_by_credits(
        contributors,
        found.rows,
        left_out=[problem.path for problem in found.left_out],
        passed_over={problem.path: problem.reason for problem in found.passed_over},
    )
    credits_of_parts = divide_parts(parts, custodian=request.custodian, parents=parents, salt=request.salt)
    return list(zip(parts, credits_of_parts, strict=True))


def _of(found: Scan, part: Part) -> Scan:
    """Return what was read of a part's files alone."""
    paths = set(part.paths)
    return replace(found, files=tuple(it for it in found.files if it.row.metadata.path in paths))
