"""What commands print: results on standard output, everything else on standard error.

Nothing else of the commands writes to a terminal. A line is what a caller says is one: whatever would act on a
terminal, line breaks included, is escaped in it, and what is longer than anybody reads is cut, so that no name, tag,
symbol or answer of a node clears the screen, turns the direction of writing, or adds a line that says "verified".
"""

from __future__ import annotations

import codecs
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import click
from rich.console import Console, ConsoleOptions, JustifyMethod
from rich.measure import Measurement
from rich.padding import Padding
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from audiera.cli.terminal.interrupts import INTERRUPTED, answered, is_interrupt
from audiera.errors import InputError
from audiera.text import Json, is_plain, one_line, plain
from audiera.work import Progress, Watcher

__all__ = [
    "NOTHING_SENT",
    "PROGRESS",
    "Shown",
    "ask",
    "ask_password",
    "block",
    "counting_bar",
    "print_document",
    "print_json",
    "print_lines",
    "print_pages",
    "print_table",
    "progress_bar",
    "say",
    "story_console",
]

PROGRESS: Final = "AUDIERA_PROGRESS"
"""In the environment: the file descriptor that takes progress where there is no terminal, a line of JSON at a time."""

NOTHING_SENT: Final = "Nothing was sent."

_PAUSE: Final = 0.25  # seconds between two lines of progress
_NARROW: Final = 130  # columns that one text takes at most: all rights fit, and names of files have up to 255 bytes
_FURTHER: Final = "| "  # begins what goes on from the line above
_WORD: Final = 12  # a longer word, such as a name of a file, is folded before a table is written row by row
_HEAD: Final = 24  # columns that a heading takes at most, beside its value
_WIDE: Final = 240  # columns where nobody looks: hashes and addresses are not to be cut in a file


Shown: TypeAlias = tuple[dict[str, Json], list[str]]
"""A result twice: for programs, and, line by line, for people."""


def print_lines(*lines: str) -> None:
    """Print the result for people, each line as one."""
    _write(lines)


def say(*lines: str) -> None:
    """Tell the user something that is not the result, each line as one."""
    _write(lines, err=True)


def print_pages(lines: Sequence[str]) -> None:
    """Print the result for people, a screen at a time where there is a terminal."""
    click.echo_via_pager("\n".join(map(plain, lines)))


def ask(question: str, stopped: str = NOTHING_SENT) -> None:
    """Ask before anything is sent or signed.

    Args:
        question: to be answered by yes or no.
        stopped: what to say if the answer is no, or Ctrl-C.

    Raises:
        InputError: if there is nobody to ask.
        click.exceptions.Exit: if the answer is anything but yes.
    """
    if not sys.stdin.isatty():
        raise InputError("There is no terminal to ask in, so nothing was done; read the plan and add --yes.")
    try:
        if click.confirm(one_line(question), err=True):
            return
        code = 1
    except click.Abort as error:
        say("")  # ends the question's line, as no answer did
        code = INTERRUPTED if is_interrupt(error) else 1
    say(stopped)
    raise click.exceptions.Exit(code)


def ask_password(question: str) -> str:
    """Ask for what nobody is to see."""
    password: str = click.prompt(one_line(question), hide_input=True, default="", err=True)
    return password


def block(title: str, rows: Mapping[str, object]) -> list[str]:
    """Return a title and, below it, each name with its value."""
    wide = max(map(len, rows), default=0)
    return [title, *(f"  {name:<{wide}}  {value}" for name, value in rows.items())]


def print_json(value: Json) -> None:
    """Print the result for programs; numbers beyond 2^53 are strings, as JSON readers need them."""
    print_document(json.dumps(_safe(value), indent=2, ensure_ascii=False))


def print_document(text: str) -> None:
    """Print a JSON document as it is, but for letters that JSON can write otherwise.

    Those that the output cannot write, or that would act on a terminal, are escaped as JSON escapes them: it reads the
    same. Line breaks are the document's own, since JSON has none in its strings.
    """
    is_utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    click.echo("\n".join(_escaped_json(line, is_utf8=is_utf8) for line in text.removesuffix("\n").split("\n")))


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    title: str = "",
    right: Sequence[str] = (),
    err: bool,
) -> None:
    """Print a table; on a screen that is too narrow for it, row by row, each value beside its heading.

    Args:
        columns: their headings.
        rows: their values, as text.
        title: a line above.
        right: the columns that are aligned to the right: numbers.
        err: on standard error, because it is a plan and not the result.
    """
    stream = sys.stderr if err else sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else _WIDE, highlight=False)
    heads = [one_line(column) for column in columns]
    texts = [[one_line(str(cell)) for cell in row] for row in rows]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    if stream.isatty() and not _has_room(console, [heads, *texts]):
        _row_by_row(table, heads, texts)
    else:
        for column, head in zip(columns, heads, strict=True):
            # A wrapped address is still whole; a cut one is worth nothing.
            justify: JustifyMethod = "right" if column in right else "left"
            table.add_column(Text(head), justify=justify, overflow="fold", max_width=_NARROW)
        for row in texts:
            table.add_row(*map(_Cell, row))
    with console.capture() as drawn:
        console.print(Padding(table, (0, 0, 0, 2 if title else 0)))
    # The last column is padded to the width of the screen, which is litter in a file.
    lines = [one_line(title)] * bool(title) + [line.rstrip() for line in drawn.get().splitlines()]
    click.echo("\n".join(lines), file=stream)


def _has_room(console: Console, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the words of a table fit beside each other; of a very long one, its beginning."""
    words = [
        max(min(Measurement.get(console, console.options, Text(cell)).minimum, _WORD) for cell in column)
        for column in zip(*rows, strict=True)
    ]
    return sum(words) + 2 * len(words) <= console.width


def _row_by_row(table: Table, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write each value of a table beside its heading, an empty line between rows."""
    table.show_header = False
    table.add_column(style="bold", overflow="fold", max_width=_HEAD)
    table.add_column(overflow="fold", max_width=_NARROW)
    for number, row in enumerate(rows):
        if number:
            table.add_row("", "")
        for head, cell in zip(heads, row, strict=True):
            if cell:
                table.add_row(_Cell(head), _Cell(cell))


@dataclass(frozen=True, slots=True)
class _Cell:
    """Text of a table, each further line of which is marked as one: where it is folded, a name chooses."""

    text: str

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, Text(self.text))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        text = Text(self.text, overflow="fold")  # Text: `[b]` and `:bomb:` in a name are its letters
        first, *others = text.wrap(console, options.max_width)
        if others:
            first, *others = text.wrap(console, max(options.max_width - len(_FURTHER), 1))
        yield first
        for line in others:
            yield Text.assemble(_FURTHER, line)


def story_console(*, quiet: bool) -> Console:
    """Return where the demo's story is told, which escapes what it prints itself."""
    return Console(quiet=quiet, highlight=False)


@contextmanager
def progress_bar(what: str, *, goes_on: bool = False) -> Iterator[Watcher | None]:
    """Show how far reading or sending is, where there is a terminal; yields what `scan` and `upload` take.

    Ctrl-C is answered at once, as what is under way on other threads takes some seconds to end.

    Args:
        what: is done.
        goes_on: whether the same command, run again, goes on from there.
    """
    told = "Ending what is under way" + ("; run it again to go on from there." if goes_on else ".")
    if not sys.stderr.isatty():
        with answered(partial(say, told)):
            yield _teller(what)
        return
    with answered(partial(say, "", told)), _bar(what, DownloadColumn()) as bar:
        task = bar.tasks[0].id

        def advance(now: Progress) -> None:
            bar.update(task, completed=now.bytes, total=now.total_bytes)

        yield advance


@contextmanager
def counting_bar(what: str, total: int) -> Iterator[Callable[[int], object]]:
    """Show how many of so many are done, where there is a terminal; yields what is told of each further ones."""
    with _bar(what, MofNCompleteColumn(), total) as bar:
        yield lambda count: bar.advance(bar.tasks[0].id, count)


def _teller(what: str) -> Watcher | None:
    """Return what tells whoever started this process how far it is, if he asks for that; None: he does not."""
    said = os.environ.get(PROGRESS, "")
    if not (said.isascii() and said.isdecimal()):
        return None
    due = 0.0

    def tell(now: Progress) -> None:
        nonlocal due
        if now.bytes < now.total_bytes and time.monotonic() < due:
            return
        due = time.monotonic() + _PAUSE
        line = json.dumps({"what": what, "bytes": now.bytes, "totalBytes": now.total_bytes})
        with suppress(OSError):  # nobody listens any more
            os.write(int(said), line.encode() + b"\n")

    return tell


def _bar(what: str, column: ProgressColumn, total: int | None = None) -> Bar:
    said = TextColumn("{task.description}", markup=False)  # a format of its own, so that a name's braces are no format
    columns = (said, BarColumn(), column, TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    bar.add_task(one_line(what), total=total)
    return bar


def _write(lines: Sequence[str], *, err: bool = False) -> None:
    if lines:
        click.echo("\n".join(map(one_line, lines)), err=err)


def _escaped_json(line: str, *, is_utf8: bool) -> str:
    if is_plain(line) and (is_utf8 or line.isascii()):
        return line
    return "".join(it if is_plain(it) and (is_utf8 or it.isascii()) else json.dumps(it)[1:-1] for it in line)


def _safe(value: Json) -> Json:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 53 else str(value)
    if isinstance(value, Mapping):
        return {key: _safe(each) for key, each in value.items()}
    return [_safe(each) for each in value]
