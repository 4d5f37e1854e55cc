"""Ctrl-C: it ends a command and the terminal's line, with the exit code by which shells know it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

import click

__all__ = ["INTERRUPTED", "answered", "interruptible", "is_interrupt"]

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


@contextmanager
def answered(tell: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C tell something before what is under way ends; a second one tells nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not its own
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(RuntimeError, OSError):  # it is writing just now, or nobody reads
            tell()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def is_interrupt(error: BaseException) -> bool:
    """Say whether Ctrl-C ended something: click's questions make the same of it as of a no."""
    return isinstance(error, KeyboardInterrupt) or isinstance(error.__context__, KeyboardInterrupt)
