"""Tokens that the user names with their decimals, where no node can be asked for those."""

from __future__ import annotations

import re
from typing import Final

import click

from audiera.errors import InputError
from audiera.protocol import to_address

__all__ = ["token_option"]

_TOKEN: Final = re.compile(r"([A-Za-z0-9.]{1,12})=(0x[0-9A-Fa-f]{40}):(\d{1,2})")
"""Such as ``USDC=0x...:6``."""


def _tokens(
    context: click.Context,  # noqa: ARG001  # click's signature
    option: click.Parameter,  # noqa: ARG001
    said: tuple[str, ...],
) -> dict[str, tuple[str, int]]:
    found = {}
    for text in said:
        match = _TOKEN.fullmatch(text)
        if match is None:
            raise click.BadParameter(f"{text!r} is not like USDC=0x...:6, with the token's decimals behind.")
        try:
            found[str(to_address(match[2]))] = (match[1], int(match[3]))
        except InputError as error:
            raise click.BadParameter(str(error)) from error
    return found


token_option = click.option(
    "--token",
    "tokens",
    metavar="NAME=ADDRESS:DECIMALS",
    multiple=True,
    callback=_tokens,
    help="Name a token that is not known everywhere, so that amounts are written in it. May be repeated.",
)
"""`tokens`: name and decimals by address."""
