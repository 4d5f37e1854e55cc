"""Ctrl-C: it ends a command and the terminal's line, with the exit code by which shells know it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

__all__ = ["INTERRUPTED", "interruptible", "is_interrupt"]

INTERRUPTED: Final = 130
"""The exit code: 128 and the number of the signal."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Run what Ctrl-C may end.

    Raises:
        click.exceptions.Exit: if it does.
    """
    # Ape's own handler ends the process on the spot, and nobody is told what was sent.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except (KeyboardInterrupt, click.Abort) as error:
        if not is_interrupt(error):
            raise
        from audiera.cli.terminal.output import say  # noqa: PLC0415  # `--help` loads nothing else

        say("")
        raise click.exceptions.Exit(INTERRUPTED) from error


def is_interrupt(error: BaseException) -> bool:
    """Say whether Ctrl-C ended something: click's questions make the same of it as of a no."""
    return isinstance(error, KeyboardInterrupt) or isinstance(error.__context__, KeyboardInterrupt)
