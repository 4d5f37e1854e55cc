"""Reads a contributors file: a CSV table of who is to be paid.

Two forms, told apart by their columns:

    name[,address][,share][,role][,isni]                    one row for each contributor to the whole dataset
    file,composer[,address][,share][,role][,isni]           one row for each contributor to one file

A share is written ``12.5 %``, ``125000 ppm`` or ``1/8``; bare numbers are read as the one of these whose
whole they add up to (100, 1,000,000 or 1). Shares are stated on all rows or on none, and are of the
dataset in the first form, of the file in the second. ``-`` as composer registers a file that credits
nobody. Columns that only describe a file (title, licence, …) are passed over; any other column is
refused, since a misspelt ``adress`` would send money astray. UTF-8, with commas, semicolons or tabs
between the cells.
"""

__all__ = ["Contributors", "ContributorsError", "Credit", "read_contributors"]

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress

from audiera.errors import InputError, SplitError
from audiera.identifiers import parse_isni
from audiera.ids import ETHER, to_address
from audiera.shares import StatedShare, parse_share, settle_shares
from audiera.spreadsheet import read_table
from audiera.text import tidy

_NAME_COLUMNS: Final = ("name", "composer")
_COLUMNS: Final = {"file", *_NAME_COLUMNS, "address", "share", "role", "isni"}
_DESCRIPTIVE: Final = frozenset(
    {"title", "album", "track", "year", "date", "seconds", "bytes", "source", "origin", "note", "notes"}
    | {"licence", "license", "comment"}
)
_NO_CREDIT: Final = "-"
_NOBODY: Final = frozenset({"none", "n/a", "na", "unknown", "nobody", "?", "tba", "tbd"})


class ContributorsError(SplitError):
    """A contributors file does not say who is paid how much; `problems` is the complete list."""

    def __init__(self, path: Path, problems: Iterable[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            super().__init__(f"{path}: {self.problems[0]}")
        else:
            listed = "".join(f"\n  {problem}" for problem in self.problems)
            super().__init__(f"{path}: {len(self.problems)} things to put right.{listed}")


@dataclass(frozen=True, slots=True)
class Credit:
    """One row: who, for what, where to pay, and which part, if the row says so."""

    line: int
    name: str
    file: str | None = None
    """The path in the folder (NFC, forward slashes), None for the whole dataset."""
    address: ChecksumAddress | None = None
    share: Fraction | None = None
    """Of the dataset or, with a file, of that file."""
    role: str | None = None
    isni: str | None = None


@dataclass(frozen=True, slots=True)
class Contributors:
    """A contributors file as read: every row valid, addresses and ISNIs filled in for all rows of a name."""

    path: Path
    per_item: bool
    credits: tuple[Credit, ...]
    uncredited: tuple[str, ...]
    """Files that credit nobody, and say so."""

    @property
    def states_shares(self) -> bool:
        """Whether the file itself says who gets how much (of the dataset or of each file)."""
        return any(credit.share is not None for credit in self.credits)


def read_contributors(path: Path) -> Contributors:
    """Reads and checks a contributors file.

    Raises:
        ContributorsError: everything that is wrong with it, by line.
    """
    try:
        table = read_table(path, _COLUMNS)
        columns = _check_columns(table.columns)
    except InputError as error:
        raise ContributorsError(path, [str(error)]) from error
    rows = _Rows("composer" if "composer" in columns else "name")
    for line, cells in table.rows:
        rows.add(line, dict(zip(columns, cells, strict=True)))
    problems = [*rows.problems, *_contradictions(rows.credits, rows.uncredited)]
    if not (rows.credits or problems):
        problems.append("it credits nobody; give at least one contributor a row.")
    if problems:
        raise ContributorsError(path, problems)
    try:
        shared = _with_shares(rows.credits, rows.stated)
    except SplitError as error:
        raise ContributorsError(path, [str(error)]) from error
    return Contributors(path, "file" in columns, _completed(shared), tuple(rows.uncredited))


class _Rows:
    """Collects what the rows say, and what is wrong with them."""

    def __init__(self, name_column: str) -> None:
        self.name_column = name_column
        self.credits: list[Credit] = []
        self.stated: dict[int, StatedShare] = {}
        self.uncredited: list[str] = []
        self.problems: list[str] = []

    def add(self, line: int, cells: Mapping[str, str]) -> None:
        row = {column: tidy(cell) for column, cell in cells.items()}
        try:
            file = _file(cells["file"]) if "file" in cells else None
            if file is not None and row[self.name_column] == _NO_CREDIT:
                self.uncredited.append(file)
                return
            self.credits.append(_credit(line, row[self.name_column], file, row))
            if row.get("share"):
                self.stated[line] = parse_share(row["share"])
        except InputError as error:
            self.problems.append(f"line {line}: {error}")


def _check_columns(columns: Sequence[str]) -> Sequence[str]:
    names = [column for column in columns if column in _NAME_COLUMNS]
    if unknown := [column for column in columns if column not in _COLUMNS | _DESCRIPTIVE]:
        raise SplitError(
            f"column {unknown[0]!r} is unknown; remove it or make it one of {', '.join(sorted(_COLUMNS))}."
        )
    if len(names) != 1:
        raise SplitError("it needs one column `name` (or, with a column `file`, `composer`) for who is paid.")
    if names == ["composer"] and "file" not in columns:
        raise SplitError("a column `composer` needs a column `file`; for the whole dataset, call it `name`.")
    return columns


def _credit(line: int, name: str, file: str | None, row: Mapping[str, str]) -> Credit:
    if not name or name.casefold() in _NOBODY or (name.startswith("(") and name.endswith(")")):
        what = f"{name!r} names nobody" if name else "nobody is named"
        hint = "name who is paid"
        if file is not None:
            hint += f", write {_NO_CREDIT} to register {file} without credit, or leave out file and row"
        raise SplitError(f"{what}; {hint}.")
    address = to_address(row["address"]) if row.get("address") else None
    if address == ETHER:
        raise SplitError(f"the address of {name} is zero; give the address that is to be paid.")
    role = row.get("role") or ("composer" if "composer" in row else None)
    isni = parse_isni(row["isni"]) if row.get("isni") else None
    return Credit(line, name, file, address, role=role, isni=isni)


def _file(cell: str) -> str:
    path = unicodedata.normalize("NFC", cell.strip()).replace("\\", "/").removeprefix("./")
    if not path:
        raise SplitError("no file is named; give its path in the folder.")
    return path


def _contradictions(listed: Sequence[Credit], uncredited: Sequence[str]) -> Iterator[str]:
    seen: dict[tuple[str | None, str, str | None], int] = {}
    spelling: dict[str, str] = {}
    stated: dict[tuple[str, str], Credit] = {}
    for credit in listed:
        where = f" for {credit.file}" if credit.file else ""
        first = seen.setdefault((credit.file, credit.name, credit.role), credit.line)
        if first != credit.line:
            yield f"line {credit.line}: {credit.name} is listed twice{where} (line {first}); keep one."
        if (other := spelling.setdefault(credit.name.casefold(), credit.name)) != credit.name:
            yield f"line {credit.line}: {credit.name} is also written {other}; write one person in one way."
        for what, value in (("address", credit.address), ("isni", credit.isni)):
            if value is None:
                continue
            earlier = stated.setdefault((what, credit.name), credit)
            if getattr(earlier, what) != value:
                yield f"line {credit.line}: {credit.name} has another {what} on line {earlier.line}."
    for file in sorted({credit.file for credit in listed if credit.file} & set(uncredited)):
        yield f"{file} is credited on one line and says {_NO_CREDIT} on another; keep one."


def _with_shares(listed: Sequence[Credit], stated: Mapping[int, StatedShare]) -> list[Credit]:
    """Gives each row its part of its file, or of the dataset, if the file states them."""
    if not stated:
        return list(listed)
    if missing := [credit for credit in listed if credit.line not in stated]:
        raise SplitError(f"line {missing[0].line}: {missing[0].name} has no share but others have; state all or none.")
    wholes: dict[str | None, list[Credit]] = defaultdict(list)
    for credit in listed:
        wholes[credit.file].append(credit)
    parts: dict[int, Fraction] = {}
    for file, group in wholes.items():
        try:
            settled = settle_shares([stated[credit.line] for credit in group])
        except SplitError as error:
            raise SplitError(f"{file}: {error}" if file else str(error)) from error
        parts |= {credit.line: part for credit, part in zip(group, settled, strict=True)}
    return [replace(credit, share=parts[credit.line]) for credit in listed]


def _completed(listed: Sequence[Credit]) -> tuple[Credit, ...]:
    """Gives every row of a name the address and ISNI that one of them states."""
    addresses = {credit.name: credit.address for credit in listed if credit.address}
    isnis = {credit.name: credit.isni for credit in listed if credit.isni}
    return tuple(replace(credit, address=addresses.get(credit.name), isni=isnis.get(credit.name)) for credit in listed)
