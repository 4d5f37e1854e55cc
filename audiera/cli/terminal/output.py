"""What commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

import click
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from audiera.errors import InputError
from audiera.text import Json
from audiera.work import Progress, Watcher

__all__ = ["Shown", "ask", "block", "print_json", "print_table", "progress_bar", "say"]


_NARROW: Final = 130  # columns that one text takes at most: all rights fit, and names of files have up to 255 bytes
_WIDE: Final = 240  # columns where nobody looks: hashes and addresses are not to be cut in a file


Shown: TypeAlias = tuple[dict[str, Json], str]
"""A result twice: for programs, and for people."""


def say(line: str = "") -> None:
    """Tell the user something that is not the result."""
    click.echo(line, err=True)


def ask(question: str) -> None:
    """Ask before anything is sent or signed.

    Raises:
        InputError: if there is nobody to ask.
        click.Abort: if the answer is no.
    """
    if not sys.stdin.isatty():
        raise InputError("There is no terminal to ask in, so nothing was done; read the plan and add --yes.")
    click.confirm(question, abort=True, err=True)


def block(title: str, rows: Mapping[str, object]) -> str:
    """Return a title and, below it, each name with its value."""
    wide = max(map(len, rows), default=0)
    return "\n".join([title, *(f"  {name:<{wide}}  {value}" for name, value in rows.items())])


def print_json(value: Json) -> None:
    """Print the result for programs; numbers beyond 2^53 are strings, as JSON readers need them.

    Where output is not UTF-8, letters are escaped as JSON escapes them.
    """
    is_utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    click.echo(json.dumps(_safe(value), indent=2, ensure_ascii=not is_utf8))


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    title: str = "",
    right: Sequence[str] = (),
    err: bool,
) -> None:
    """Print a table.

    Args:
        columns: their headings.
        rows: their values, as text.
        title: a line above.
        right: the columns that are aligned to the right: numbers.
        err: on standard error, because it is a plan and not the result.
    """
    stream = sys.stderr if err else sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else _WIDE, highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        # A wrapped address is still whole; a cut one is worth nothing.
        justify: JustifyMethod = "right" if column in right else "left"
        table.add_column(column, justify=justify, overflow="fold", max_width=_NARROW)
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    with console.capture() as drawn:
        console.print(Padding(table, (0, 0, 0, 2 if title else 0)))
    # The last column is padded to the width of the screen, which is litter in a file.
    lines = [title] * bool(title) + [line.rstrip() for line in drawn.get().splitlines()]
    click.echo("\n".join(lines), file=stream)


@contextmanager
def progress_bar(what: str) -> Iterator[Watcher | None]:
    """Show how far reading or sending is, where there is a terminal; yields what `scan` and `upload` take."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def advance(now: Progress) -> None:
            bar.update(task, completed=now.bytes, total=now.total_bytes)

        yield advance


def _safe(value: Json) -> Json:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 53 else str(value)
    if isinstance(value, Mapping):
        return {key: _safe(each) for key, each in value.items()}
    return [_safe(each) for each in value]
