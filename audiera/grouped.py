"""Prepares a folder as several datasets: one for each list of credits, so that use pays those who made the file."""

__all__ = ["prepare_groups"]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from audiera.addressbook import AddressBook
from audiera.cover import read_cover
from audiera.grouping import divide_groups, group, grouping_notes
from audiera.prepare import Prepared, assemble, describe, read_credits, sidecar_notes
from audiera.readings import Readings
from audiera.scan import Progress, ScanOptions, scan

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
    """Reads a folder once, and computes what registering it as one dataset for each list of credits commits to.

    The arguments are those of `prepare`; each dataset's name is `name`, a colon, and whom it credits
    (`audiera.grouping`). What the user should know of all of them is said in the notes of the first.

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
        paths = set(each.paths)
        part = replace(found, files=tuple(it for it in found.files if it.row.metadata.path in paths))
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
