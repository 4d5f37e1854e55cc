"""What the commands of a gateway have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

__all__ = ["journal_option"]

F = TypeVar("F", bound=Callable[..., object])


def journal_option(function: F) -> F:
    """Give a command the option --journal."""
    return click.option(
        "--journal",
        required=True,
        metavar="URL",
        envvar="AUDIERA_JOURNAL",
        help="The gateway's own database: sqlite:///FILE or postgresql://USER@HOST/NAME. It holds what the gateway is "
        "owed and cannot be made again: keep copies (`audiera gateway backup`). AUDIERA_JOURNAL may name it.",
    )(function)
