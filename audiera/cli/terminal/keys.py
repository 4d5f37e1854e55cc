"""Who signs where there is no Ape: a keystore file, or the key in the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import click

from audiera.cli.terminal.output import ask_password
from audiera.client import KeySigner, NoSignerError
from audiera.text import shown

__all__ = ["key_option", "open_key"]

F = TypeVar("F", bound=Callable[..., object])

_PASSWORD: Final = "AUDIERA_KEYSTORE_PASSWORD"


def key_option(function: F) -> F:
    """Give a command the option --keystore."""
    return click.option(
        "--keystore",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"Who signs: a keystore file, whose password is asked for, or taken from {_PASSWORD}. Unless told, the "
        "private key in AUDIERA_PRIVATE_KEY.",
    )(function)


def open_key(keystore: Path | None) -> KeySigner:
    """Return who signs.

    Raises:
        InputError: if the keystore or the key cannot be used.
        NoSignerError: if a password is needed, and nobody can be asked.
    """
    if keystore is None:
        return KeySigner.from_env()
    password = os.environ.get(_PASSWORD)  # an empty one is one
    if password is None:
        if not sys.stdin.isatty():
            raise NoSignerError(
                f"There is no terminal to ask for the password of {shown(str(keystore))}; set {_PASSWORD}."
            )
        password = ask_password(f"Password of {shown(str(keystore))}")
    return KeySigner.from_keystore(keystore, password)
