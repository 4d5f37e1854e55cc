"""The options that say how a folder becomes a dataset: the same for every command that makes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial, wraps
from pathlib import Path
from typing import Final, TypeVar

import click

from audiera.cli.terminal.output import progress_bar
from audiera.credits import ShareRule, read_address_book
from audiera.dataset import Prepared, prepare, prepare_groups, record_folder
from audiera.errors import InputError
from audiera.folder import Duplicates, Readings, ScanOptions
from audiera.protocol import Kind, holds_music, parse_kind
from audiera.text import shown

__all__ = ["FolderAsked", "folder_options"]

R = TypeVar("R")

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_KINDS: Final = [kind.name.lower() for kind in Kind if kind is not Kind.Catalogue]
_DUPLICATES: Final = [each.value for each in Duplicates]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderAsked:
    """What the user says of a folder. Each field is an option, and named like it."""

    folder: Path
    contributors: Path
    address_book: Path | None = None
    kind: str = Kind.Recordings.name.lower()
    shares: str | None = None
    custodian: str | None = None
    salt: str = ""
    name: str = ""
    description: str = ""
    creator: tuple[str, ...] = ()
    organization: tuple[str, ...] = ()
    keyword: tuple[str, ...] = ()
    citation: str = ""
    cover: Path | None = None
    date: str | None = None
    skip_bad: bool = False
    duplicates: str = Duplicates.STOP.value
    fingerprint: bool = False
    group_by: str | None = None
    out: Path | None = None

    @property
    def record(self) -> Path:
        """Where the record of the folder is kept.

        Raises:
            InputError: the folder's name leaves none to call the record by, or it would lie among the music.
        """
        return record_folder(self.folder, self.out)

    @property
    def kind_of_dataset(self) -> Kind:
        """What the dataset holds."""
        return parse_kind(self.kind)

    @property
    def scanning(self) -> ScanOptions:
        """How the folder is read."""
        return ScanOptions(
            everything=not holds_music(self.kind_of_dataset),
            skip_bad=self.skip_bad,
            duplicates=Duplicates(self.duplicates),
            fingerprint=self.fingerprint,
        )

    def prepare(
        self, *, parents: Mapping[bytes, int] | None = None, registrant: str | None = None
    ) -> tuple[Prepared, ...]:
        """Read the folder, with a bar where there is a terminal; what has not changed since is not read again.

        Args:
            parents: ppm by account of the datasets this one derives from.
            registrant: who registers, and so controls the groups of more payees than a split holds.

        Returns:
            The dataset, or those of --group-by.

        Raises:
            AudieraError: see `audiera.dataset.prepare.prepare` and `audiera.dataset.parts.prepare_groups`.
        """
        if self.group_by and self.shares:
            raise InputError("Grouped files are divided by their own credits; leave out --shares or --group-by.")
        known = Readings.load(self.record)
        with progress_bar(f"Reading {shown(self.folder.resolve().name)}") as progress:
            if self.group_by:
                return self._with(prepare_groups)(
                    parents=parents, registrant=registrant, known=known, progress=progress
                )
            found = self._with(prepare)(
                rule=ShareRule(self.shares) if self.shares else None,
                parents=parents,
                registrant=registrant,
                known=known,
                progress=progress,
            )
            return (found,)

    def _with(self, function: Callable[..., R]) -> Callable[..., R]:
        """Give a function what the user says of every dataset alike."""
        return partial(
            function,
            self.folder,
            date=self.date or f"{datetime.now(UTC):%Y-%m-%d}",
            name=self.name,
            description=self.description,
            creators=self.creator,
            organizations=self.organization,
            keywords=self.keyword,
            citation=self.citation,
            cover=self.cover,
            contributors=self.contributors,
            book=read_address_book(self.address_book) if self.address_book else None,
            custodian=self.custodian,
            salt=self.salt,
            options=self.scanning,
        )

    def arguments(self, *, date: str) -> list[str]:
        """Write this as a command line, so that another command prepares the very same dataset.

        Args:
            date: of the dataset, which must not be another day's.
        """
        words = [str(self.folder.resolve())]
        for field in fields(self):
            value = date if field.name == "date" else getattr(self, field.name)
            if field.name == "folder" or value == field.default:
                continue
            option = f"--{field.name.replace('_', '-')}"
            each = value if isinstance(value, tuple) else (value,)
            words += [option] if value is True else [word for one in each for word in (option, _written(one))]
        return words


def _written(value: object) -> str:
    return str(value.resolve() if isinstance(value, Path) else value)  # the other command runs in another folder


_OPTIONS: Final = (
    click.argument("folder", type=_FOLDER),
    click.option("--contributors", type=_FILE, required=True, help="Who is credited and paid: a CSV or YAML file."),
    click.option("--address-book", type=_FILE, help="Addresses of the aliases in it: a CSV or YAML file of your own."),
    click.option(
        "--kind",
        type=click.Choice(_KINDS, case_sensitive=False),
        default="recordings",
        show_default=True,
        help="What it holds.",
    ),
    click.option("--shares", type=click.Choice([*ShareRule]), help="How to divide what that file leaves open."),
    click.option("--custodian", metavar="ADDRESS", help="Holds in trust for contributors without an address."),
    click.option(
        "--salt", default="", help="Makes the keys of those accounts unguessable; the custodian must keep it."
    ),
    click.option("--name", default="", help="Of the dataset; the folder's name unless told."),
    click.option("--description", default="", help="A sentence or more."),
    click.option("--creator", multiple=True, help="A person who made it; everybody credited unless told."),
    click.option("--organization", multiple=True, help="A band, label or company that made it."),
    click.option("--keyword", multiple=True, help="For those who search."),
    click.option("--citation", default="", help="How to cite it; made from the rest unless told."),
    click.option("--cover", type=_FILE, help="A picture: PNG, JPEG, GIF or WebP."),
    click.option("--date", metavar="YYYY-MM-DD", help="The day of publication; today unless told."),
    click.option("--skip-bad", is_flag=True, help="Leave out files that cannot be taken; the manifest says which."),
    click.option(
        "--duplicates",
        type=click.Choice(_DUPLICATES),
        default=Duplicates.STOP.value,
        show_default=True,
        help="What to do about files of the same bytes.",
    ),
    click.option("--fingerprint", is_flag=True, help="Find the same recording in two encodings, by ear (Chromaprint)."),
    click.option(
        "--group-by",
        type=click.Choice(["contributors"]),
        help="One dataset for each list of credits, so that the use of a file pays those who made it.",
    ),
    click.option(
        "--out",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where the record is kept; beside the folder, as FOLDER.audiera, unless told.",
    ),
)


def folder_options(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command the argument FOLDER and the options of this module, as one keyword argument `asked`."""

    @wraps(function)
    def command(*args: object, **given: object) -> R:
        own = {field.name: given.pop(field.name) for field in fields(FolderAsked)}
        return function(*args, asked=FolderAsked(**own), **given)  # type: ignore[arg-type]  # click has checked them

    for option in reversed(_OPTIONS):
        command = option(command)
    return command
