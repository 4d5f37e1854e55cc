"""What went wrong, as a command says it: escaped, so that no line of it is anybody else's."""

from __future__ import annotations

import click

from audiera.errors import AudieraError
from audiera.text import plain

__all__ = ["make_plain", "refusal"]


def refusal(error: Exception, said: str = "") -> click.ClickException:
    """Return what ends a command: the message of an error, and below it what that lists.

    Args:
        error: what went wrong.
        said: what to say instead.
    """
    lines = error.lines if isinstance(error, AudieraError) else (said or str(error),)
    return click.ClickException("\n  ".join(map(plain, lines)))


def make_plain(error: click.ClickException) -> None:
    """Escape the message of an error of click's: a name that a shell wrote for `*` may be in it."""
    error.message = plain(error.message)
