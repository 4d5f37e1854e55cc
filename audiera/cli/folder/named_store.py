"""The options that name a store, and the key to what is sealed in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from audiera.errors import InputError
from audiera.storage import Store, read_key

__all__ = ["open_named_store", "store_options"]

F = TypeVar("F", bound=Callable[..., object])


def store_options(what: str) -> Callable[[F], F]:
    """Give a command the options --store and --key, as `url` and `key`.

    Args:
        what: what the store is to the command.
    """

    def decorate(function: F) -> F:
        function = click.option(
            "--key",
            type=click.Path(path_type=Path),
            envvar="AUDIERA_STORE_KEY_FILE",
            show_envvar=True,
            help="A file with the key that the store's items are sealed with (docs/storage.md).",
        )(function)
        return click.option("--store", "url", metavar="URL", help=what)(function)

    return decorate


def open_named_store(url: str | None, key: Path | None, *, to_fill: bool = False) -> Store | None:
    """Return the store at a URL, None if none was named.

    Args:
        url: where it is.
        key: a file with its key.
        to_fill: whether something is to be stored there, so that one that is only read is refused.

    Raises:
        InputError: if the key cannot be read, or is not one.
        StorageError: it is none of a folder, s3:// and https://, or what it takes is not installed.
    """
    if url is None:
        return None
    if not url.strip():
        raise InputError("The store has no name; give --store a folder or a URL such as s3://BUCKET/PREFIX.")
    store = Store.open(url, read_key(key) if key else None)
    if to_fill:
        store.check_writable()
    return store
