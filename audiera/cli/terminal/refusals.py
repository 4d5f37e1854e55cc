"""What went wrong, as a command says it: escaped, so that no line of it is anybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from audiera.errors import AudieraError
from audiera.text import one_line

__all__ = ["escaped", "refusal"]


def refusal(error: Exception, said: str = "") -> click.ClickException:
    """Return what ends a command: the message of an error, and below it what that lists.

    Args:
        error: what went wrong.
        said: what to say instead.
    """
    lines = error.lines if isinstance(error, AudieraError) else (said or str(error),)
    return click.ClickException("\n  ".join(map(one_line, lines)))


@contextmanager
def escaped() -> Iterator[None]:
    """Escape the messages of click's errors: a name that a shell wrote for `*` may be in them."""
    try:
        yield
    except click.ClickException as error:
        error.message = one_line(error.message)
        raise
