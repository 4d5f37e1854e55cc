"""Where the index is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import click

from audiera.errors import InputError

__all__ = ["database_option", "find_database", "new_database"]

F = TypeVar("F", bound=Callable[..., object])

_SUFFIX: Final = ".sqlite"


def database_option(function: F) -> F:
    """Give a command the option --database."""
    return click.option(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql://USER@HOST/NAME. Unless told, a SQLite file for each chain in "
        "~/.local/share/audiera/index (or $XDG_DATA_HOME).",
    )(function)


def new_database(told: str | None, chain_id: int) -> str:
    """Return the URL of the index of a chain, in a folder that is there."""
    if told is not None:
        return told
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    return _url(folder / f"{chain_id}{_SUFFIX}")


def find_database(told: str | None) -> str:
    """Return the URL of the index that is meant: the only one, if none is named.

    Raises:
        InputError: if there is none, or several.
    """
    if told is not None:
        return told
    found = sorted(_folder().glob(f"*{_SUFFIX}"))
    if not found:
        raise InputError(f"There is no index in {_folder()}; begin one with `audiera index --node URL`.")
    if len(found) > 1:
        raise InputError("There are several indexes; name one by --database.", *map(_url, found))
    return _url(found[0])


def _folder() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "audiera" / "index"


def _url(path: Path) -> str:
    return f"sqlite:///{path}"
