"""Reads a CSV file as spreadsheets write it: UTF-8 with or without a mark, commas, semicolons or tabs."""

import csv
import io
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from audiera.errors import InputError
from audiera.text.files import read_text
from audiera.text.tidy import tidy

__all__ = ["Spreadsheet", "read_spreadsheet"]


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """A header in lower case, and the rows that are not blank, each with its line number and one cell per
    column.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_spreadsheet(path: Path, known: AbstractSet[str]) -> Spreadsheet:
    """Read a table. Trailing cells that a row leaves out are empty.

    Args:
        path: the file.
        known: names of columns; the separator is the one that finds most of them in the first line.

    Raises:
        InputError: it cannot be read, is not UTF-8, not CSV, empty, or a row has more cells than the header.
    """
    text = read_text(path)
    header = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=lambda mark: len(known & {tidy(cell).lower() for cell in header.split(mark)}))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(map(tidy, cells))]
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} is not CSV ({error}); mend its quotes.") from error
    if not lines:
        raise InputError("it is empty; give it a header and a row for each contributor.")
    columns = _columns(lines[0][1])
    if len(set(columns)) != len(columns):
        raise InputError(f"its first line names a column twice ({', '.join(columns)}); keep one.")
    for line, cells in lines[1:]:
        if any(map(tidy, cells[len(columns) :])):
            raise InputError(f"line {line} has more cells than the header; quote text that has a {delimiter!r}.")
    width = len(columns)
    return Spreadsheet(columns, tuple((line, tuple((cells + [""] * width)[:width])) for line, cells in lines[1:]))


def _columns(cells: list[str]) -> tuple[str, ...]:
    names = [tidy(cell).lower() for cell in cells]
    while names and not names[-1]:
        names.pop()  # spreadsheets write the empty columns at the right, too
    return tuple(names)
