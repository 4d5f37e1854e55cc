"""Prepares a folder as several datasets: one for each list of credits, so that use pays those who made the file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from audiera.credits import AddressBook, ContributorsError, Group, divide_groups, group, grouping_notes
from audiera.dataset.prepare import Prepared, assemble, describe, next_version, read_credits, sidecar_notes
from audiera.dataset.record import StoredVersion
from audiera.folder import Progress, Readings, Scan, ScanOptions, scan
from audiera.manifest import read_cover
from audiera.protocol import Split

__all__ = ["prepare_group_version", "prepare_groups"]


_AS_USUAL: Final = ScanOptions()


def prepare_groups(
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
    custodian: str | None = None,
    salt: str = "",
    registrant: str | None = None,
    parents: Mapping[bytes, int] | None = None,
    options: ScanOptions = _AS_USUAL,
    known: Readings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Prepared, ...]:
    """Read a folder once, and computes what registering it as one dataset for each list of credits commits to.

    The arguments are those of `prepare`; each dataset's name is `name`, a colon, and whom it credits
    (`audiera.credits.parts`). What the user should know of all of them is said in the notes of the first.

    Raises:
        ContributorsError: the contributors file is wrong, unclear, or not of single files.
        FolderError: files that cannot be taken, all of them at once.
        InputError: `folder` holds no item, the description is not complete, or the cover is no picture.
    """
    file = read_credits(folder, contributors, book, options)
    picture = read_cover(cover) if cover else None
    found = scan(folder, options, progress=progress, known=known)
    left_out = [problem.path for problem in found.skipped]
    groups = group(file, found.rows, left_out=left_out)
    divided = divide_groups(groups, custodian=custodian, registrant=registrant, parents=parents, salt=salt)
    told = (*grouping_notes(file, left_out), *sidecar_notes(contributors, found))
    prepared: list[Prepared] = []
    for each, shared in zip(groups, divided, strict=True):
        part = _part(found, each)
        facts = describe(
            part,
            shared,
            name=f"{name or folder.resolve().name}: {each.name}",
            date=date,
            description=description,
            creators=creators,
            organizations=organizations,
            keywords=keywords,
            citation=citation,
        )
        prepared.append(assemble(part, facts, shared, picture, notes=() if prepared else told))
    return tuple(prepared)


def prepare_group_version(
    folder: Path,
    previous: StoredVersion,
    split: Split,
    *,
    date: str,
    version: int,
    description: str = "",
    contributors: Path,
    book: AddressBook | None = None,
    custodian: str | None = None,
    salt: str = "",
    registrant: str | None = None,
    parents: Mapping[bytes, int] | None = None,
    options: ScanOptions = _AS_USUAL,
    known: Readings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Prepared:
    """Read a folder again and computes what publishing one of its groups as a new version commits to.

    Args:
        folder: the files of all groups.
        previous: the version before, of the one group.
        split: as the group was registered: it tells which group it is.
        date: the day this version is published, YYYY-MM-DD.
        version: its number.
        description: a new one; the version's before if empty.
        contributors: the contributors file as it is now.
        book: the addresses of aliases in it.
        custodian: as it was told at the registration, and so the next three.
        salt: makes account keys unguessable from names.
        registrant: who registered.
        parents: ppm by account of the datasets this one derives from.
        options: how to read the folder.
        known: what reading it found before.
        progress: called after every file.

    Raises:
        ContributorsError: the contributors file is wrong, unclear, or has no group that divides like `split`.
        FolderError: files that cannot be taken, all of them at once.
    """
    file = read_credits(folder, contributors, book, options)
    found = scan(folder, options, progress=progress, known=known)
    groups = group(file, found.rows, left_out=[problem.path for problem in found.skipped])
    divided = divide_groups(groups, custodian=custodian, registrant=registrant, parents=parents, salt=salt)
    alike = [each for each, shared in zip(groups, divided, strict=True) if shared.split.id() == split.id()]
    if not alike:
        raise ContributorsError(contributors, ["no group of its files is divided as this dataset was registered."])
    paths = {row.metadata.path for row in previous.rows}
    # Several are alike where people share an address; the files tell them apart.
    ours = max(alike, key=lambda each: len(paths.intersection(each.paths)))
    return next_version(_part(found, ours), previous, date=date, version=version, description=description)


def _part(found: Scan, files: Group) -> Scan:
    paths = set(files.paths)
    return replace(found, files=tuple(it for it in found.files if it.row.metadata.path in paths))
