"""Reads a CSV file as spreadsheets write it: UTF-8 with or without a mark, commas, semicolons or tabs.

Excel may begin it with a line that names its separator (`sep=;`): that is no row.
"""

import csv
import io
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from audiera.errors import InputError
from audiera.text.files import read_text
from audiera.text.tidy import tidy

__all__ = ["Spreadsheet", "read_spreadsheet"]


_MAX_COLUMNS: Final = 256
"""Each row has a cell for each of them, also where it is short."""

_MAX_ROWS: Final = 1 << 20
"""Those of a sheet in a spreadsheet."""

_MAX_CELLS: Final = 1 << 23

_SEPARATOR: Final = re.compile(r'"?sep=([^"\n])"?[,;\t]*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """A header in lower case, and the rows that are not blank, each with its line number and one cell per
    column. `problems` are the rows that have more.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    problems: tuple[str, ...] = ()


def read_spreadsheet(path: Path, known: AbstractSet[str]) -> Spreadsheet:
    """Read a table. Trailing cells that a row leaves out are empty.

    Args:
        path: the file.
        known: names of columns; unless the file names its separator, it is the one that finds most of them in the
            first line.

    Raises:
        InputError: it cannot be read, is not UTF-8, not CSV, or empty.
    """
    text = read_text(path)
    if named := _SEPARATOR.match(text):
        text = text[named.end() :]  # what is left of the line is blank, so that the others keep their numbers
    delimiter = named[1] if named else _delimiter(text.lstrip("\n").split("\n", 1)[0], known)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        filled = ((reader.line_num, cells) for cells in reader if any(map(tidy, cells)))
        lines = list(islice(filled, _MAX_ROWS + 1))
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} is not CSV ({error}); mend its quotes.") from error
    if not lines:
        raise InputError("it is empty; give it a header and a row for each contributor.")
    columns = _columns(lines[0][1])
    if len(columns) > _MAX_COLUMNS:
        raise InputError(f"it has {len(columns):,} columns, and {_MAX_COLUMNS} are the most; is this the right file?")
    width = len(columns)
    if len(lines) > (most := min(_MAX_ROWS, _MAX_CELLS // max(width, 1))):
        raise InputError(f"it has more than {most:,} rows, of {width:,} columns; is this the right file?")
    problems = tuple(
        f"line {line} has more cells than the header; quote text that has a {delimiter!r}."
        for line, cells in lines[1:]
        if any(map(tidy, cells[width:]))
    )
    rows = tuple((line, tuple((cells + [""] * width)[:width])) for line, cells in lines[1:])
    return Spreadsheet(columns, rows, problems)


def _delimiter(header: str, known: AbstractSet[str]) -> str:
    return max(",;\t", key=lambda mark: len(known & {tidy(cell).lower() for cell in header.split(mark)}))


def _columns(cells: list[str]) -> tuple[str, ...]:
    names = [tidy(cell).lower() for cell in cells]
    while names and not names[-1]:
        names.pop()  # spreadsheets write the empty columns at the right, too
    return tuple(names)
