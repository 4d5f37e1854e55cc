"""The forms that shards have, by name, each imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from audiera.errors import InputError
from audiera.loading.shelf import Entry

__all__ = ["FORMS", "Form", "form_of"]

FORMS: Final = ("webdataset", "parquet")
"""Shards for WebDataset, and for Hugging Face's `datasets`."""


class Form(Protocol):
    """How a shard is written, and how it is told to be what would be written."""

    SUFFIX: str

    def room(self, entry: Entry) -> int:
        """Return the bytes that a file takes in a shard, more or less."""
        ...

    def blocks(self, entries: Sequence[Entry]) -> Iterator[bytes]:
        """Give the bytes of a shard; each file is verified before its last bytes are given.

        Raises:
            ObjectError: a file is not what was pulled.
        """
        ...

    def holds(self, path: Path, entries: Sequence[Entry]) -> bool:
        """Say whether a shard is of just these files: what is said of them, and their bytes by their hashes.

        Raises:
            OSError: it cannot be read.
        """
        ...


def form_of(name: str) -> Form:
    """Return a form by its name.

    Raises:
        InputError: it needs a package that is not installed.
    """
    try:
        return cast("Form", import_module(f"audiera.loading.{name}"))
    except ImportError as error:
        raise InputError(f"Shards in {name} need more than the package: pip install 'audiera[{name}]'.") from error
