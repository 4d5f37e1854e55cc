"""The options that say how a folder becomes a dataset, the same for every command that makes one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Final, TypeVar

import click
from click.core import ParameterSource

from audiera.cli.folder.pace import Pace
from audiera.cli.terminal.beginning import today
from audiera.cli.terminal.output import progress_bar
from audiera.credits import ShareRule
from audiera.dataset import DatasetRequest, Prepared, prepare, prepare_parts
from audiera.errors import InputError
from audiera.folder import Duplicates, ReadingCache
from audiera.protocol import Kind, parse_kind
from audiera.spread import open_parts
from audiera.text import shown

__all__ = ["command_line", "folder_options", "kind_option", "prepare_folder"]

R = TypeVar("R")


class _Source(click.Path):
    """A folder, or the s3:// URL of what was scanned in parts."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if isinstance(value, str) and value.startswith("s3://"):
            return value.rstrip("/")
        return super().convert(value, param, ctx)


_FOLDER: Final = _Source(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_KINDS: Final = [kind.name.lower() for kind in Kind if kind is not Kind.Catalogue]
_DUPLICATES: Final = [each.value for each in Duplicates]

kind_option: Final = click.option(
    "--kind",
    type=click.Choice(_KINDS, case_sensitive=False),
    default="recordings",
    show_default=True,
    help="What the dataset holds.",
)
"""`kind`, for `parse_kind`."""

_OPTIONS: Final = (
    click.argument("folder", type=_FOLDER, required=False),
    click.option(
        "--parts",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="The parts in which FOLDER, or a folder above it, was scanned (`audiera scan --part`).",
    ),
    click.option("--contributors", type=_FILE, required=True, help="Who is credited and paid: a CSV or YAML file."),
    click.option(
        "--address-book",
        type=_FILE,
        help="Addresses of the aliases in the contributors file: a CSV or YAML file of your own.",
    ),
    kind_option,
    click.option(
        "--shares",
        "rule",
        type=click.Choice([each.value for each in ShareRule]),
        help="How to divide what the contributors file leaves open.",
    ),
    click.option("--custodian", metavar="ADDRESS", help="Who holds in trust for contributors without an address."),
    click.option(
        "--salt",
        default="",
        envvar="AUDIERA_SALT",
        show_envvar=True,
        help="Makes the keys of accounts held in trust unguessable; the custodian must keep it.",
    ),
    click.option("--name", default="", help="Name of the dataset; the folder's unless told."),
    click.option(
        "--description",
        default="",
        help="What the dataset is, in a sentence or more; number and length of its files unless told.",
    ),
    click.option(
        "--creator",
        "creators",
        multiple=True,
        help="A person who made the dataset; everybody credited unless told. May be repeated.",
    ),
    click.option(
        "--organization",
        "organizations",
        multiple=True,
        help="A band, label or company that made the dataset. May be repeated.",
    ),
    click.option("--keyword", "keywords", multiple=True, help="A word by which the dataset is found. May be repeated."),
    click.option(
        "--citation", default="", help="How to cite the dataset; made from name, creators and date unless told."
    ),
    click.option("--cover", type=_FILE, help="A picture of the dataset: PNG, JPEG, GIF or WebP."),
    click.option("--preview", is_flag=True, help="Let anyone hear half a minute of each item, from a store."),
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


_NAMED_OTHERWISE: Final = {
    "rule": "shares",
    "creators": "creator",
    "organizations": "organization",
    "keywords": "keyword",
}
"""Options that are not named like their field of the request."""

_SECRET: Final = frozenset({"salt"})


def folder_options(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command the argument FOLDER and the options of this module, as one keyword argument `request`."""

    @wraps(function)
    def command(*args: object, **given: object) -> R:
        own = {field.name: given.pop(field.name) for field in fields(DatasetRequest) if field.name != "bucket"}
        own |= _place(own["folder"], own["parts"])
        own["kind"] = parse_kind(str(own["kind"]))
        own["rule"] = ShareRule(str(own["rule"])) if own["rule"] else None
        own["duplicates"] = Duplicates(str(own["duplicates"]))
        own["preview"] = own["preview"] or None
        own["date"] = own["date"] or today()
        return function(*args, request=DatasetRequest(**own), **given)  # type: ignore[arg-type]  # click has checked them

    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _place(source: object, parts: object) -> dict[str, object]:
    """Return where the files are: in the folder that is named, or where parts were scanned."""
    if not isinstance(parts, Path):
        if source is None:
            raise click.MissingParameter(param_hint="'FOLDER'", param_type="argument")
        if isinstance(source, str):
            raise InputError(f"{source} is no folder; scan it with `audiera scan --part` and name its --parts here.")
        return {"folder": source}
    url = str(source) if source else open_parts(parts).task.url
    if url.startswith("s3://"):
        return {"folder": parts / url.rpartition("/")[2], "bucket": url}
    return {"folder": Path(url)}


def prepare_folder(
    request: DatasetRequest, *, parents: Mapping[bytes, int] | None = None, run: bytes | None = None
) -> tuple[Prepared, ...]:
    """Read a folder, with a bar where there is a terminal; what has not changed since is not read again.

    Args:
        request: what the user says of it.
        parents: ppm by account of the datasets this one derives from.
        run: the document of the training run that made it.

    Returns:
        The dataset, or those of --group-by.

    Raises:
        AudieraError: see `audiera.dataset.prepare.prepare` and `audiera.dataset.parts.prepare_parts`.
    """
    if request.group_by and request.rule:
        raise InputError("Grouped files are divided by their own credits; leave out --shares or --group-by.")
    known = ReadingCache.load(request.record) if request.parts is None else None
    with progress_bar(f"Reading {shown(request.folder.resolve().name)}") as bar:
        progress = bar or (Pace("Rows of the parts") if request.parts else None)
        if request.group_by:
            return prepare_parts(request, parents=parents, known=known, progress=progress)
        return (prepare(request, parents=parents, run=run, known=known, progress=progress),)


def command_line(request: DatasetRequest) -> list[str]:
    """Write a request as a command line, so that another command prepares the very same dataset.

    It may be printed, and so has SALT in the place of the salt, which only the user is to write there; not even that
    where the environment has the salt.
    """
    context = click.get_current_context(silent=True)
    words = [request.bucket or str(request.folder.resolve())]
    for field in fields(request):
        value = getattr(request, field.name)
        if field.name in ("folder", "bucket") or value == field.default:
            continue
        if field.name in _SECRET:
            if context and context.get_parameter_source(field.name) is ParameterSource.ENVIRONMENT:
                continue
            value = field.name.upper()
        option = f"--{_NAMED_OTHERWISE.get(field.name, field.name).replace('_', '-')}"
        each = value if isinstance(value, tuple) else (value,)
        words += [option] if value is True else [word for one in each for word in (option, _written(one))]
    return words


def _written(value: object) -> str:
    if isinstance(value, Path):
        return str(value.resolve())  # the other command may be run in another folder
    return value.name.lower() if isinstance(value, Kind) else str(value)
