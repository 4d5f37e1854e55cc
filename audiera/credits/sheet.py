"""The two spellings of a contributors file, CSV and YAML, as one list of entries.

An entry is what is said of one person at one place: the cells of a row, the keys of a mapping. What they
mean is `audiera.credits.contributors`' concern.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from audiera.errors import InputError
from audiera.text import Branch, Leaf, Spreadsheet, Twig, Value, read_spreadsheet, read_text, read_yaml

__all__ = ["Entry", "Fact", "Sheet", "read_sheet"]


_NAMES: Final = ("name", "composer")
_NUMBERS: Final = ("isni", "ipi", "orcid")
_PERSON: Final = ("address", *_NUMBERS)
_CREDIT: Final = (*_PERSON, "role", "share")
_COLUMNS: Final = frozenset({"file", *_NAMES, *_CREDIT})
_DESCRIPTIVE: Final = frozenset(
    {"title", "album", "track", "year", "date", "seconds", "bytes", "source", "origin", "note", "notes", "comments"}
    | {"licence", "license", "comment", "artist", "artists", "album artist", "album_artist", "isrc", "iswc", "genre"}
    | {"duration", "length", "bpm", "tempo", "key", "label", "upc", "ean", "catalog number", "catalogue number"}
    | {"disc", "track number", "track_number", "tracknumber", "release date", "release_date", "language", "version"}
    | {"format", "copyright", "url", "link", "description", "sample rate", "sample_rate", "channels", "bit depth"}
)
_PARTS: Final = ("people", "contributors", "files")
_NO_CREDIT: Final = "-"


@dataclass(frozen=True, slots=True)
class Entry:
    """One person at one place of the file; `file` is None where the whole dataset is meant."""

    line: int
    file: str | None
    cells: Mapping[str, str]
    """By column: `name` and what else is said, as written."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a table says of a file beside its people: a cell of a column that pays nobody."""

    line: int
    file: str
    column: str
    cell: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A contributors file, not yet understood."""

    per_item: bool
    credits: tuple[Entry, ...]
    people: tuple[Entry, ...] = ()
    """What is said of people apart from their credits."""
    uncredited: tuple[Entry, ...] = ()
    """Files that credit nobody, and say so."""
    facts: tuple[Fact, ...] = ()
    problems: tuple[str, ...] = ()
    """What has not the form of a contributors file and did not keep the rest from being read."""


def read_sheet(path: Path) -> Sheet:
    """Read a contributors file: YAML if its name ends in .yaml or .yml, else CSV.

    Raises:
        InputError: it has not the form of a contributors file.
    """
    return _from_yaml(read_text(path)) if path.suffix.lower() in (".yaml", ".yml") else _from_csv(path)


def _from_csv(path: Path) -> Sheet:
    table = read_spreadsheet(path, _COLUMNS)
    problems = [*_column_problems(table), *table.problems]
    names = [column for column in table.columns if column in _NAMES]
    if len(set(names)) != 1:
        problems.append("it needs one column `name` (or, with a column `file`, `composer`) for who is paid.")
    elif names == ["composer"] and "file" not in table.columns:
        problems.append("a column `composer` needs a column `file`; for the whole dataset, call it `name`.")
    if len(names) != 1:
        return Sheet("file" in table.columns, (), problems=tuple(problems))
    entries = []
    facts = []
    for line, row in table.rows:
        given = dict(zip(table.columns, row, strict=True))
        cells = {column: cell for column, cell in given.items() if column in _COLUMNS}
        cells["name"] = cells.pop(names[0])
        if names == ["composer"] and not cells.get("role", "").strip():
            cells["role"] = "composer"
        file = cells.pop("file", None)
        if file is not None:
            facts += [Fact(line, file, it, cell) for it, cell in given.items() if it in _DESCRIPTIVE and cell.strip()]
        entries.append(Entry(line, file, cells))
    return replace(_sheet("file" in table.columns, entries, ()), facts=tuple(facts), problems=tuple(problems))


def _column_problems(table: Spreadsheet) -> Iterator[str]:
    """Yield what is wrong with the first line: all columns that mean nothing here, and those that are there twice."""
    named = Counter(table.columns)
    if unknown := [f"{column!r}" for column in named if column and column not in _COLUMNS | _DESCRIPTIVE]:
        which = f"column {unknown[0]} is" if len(unknown) == 1 else f"columns {', '.join(unknown)} are"
        each, one = ("it", "make it one") if len(unknown) == 1 else ("them", "make each one")
        yield f"{which} unknown; remove {each} or {one} of {', '.join(sorted(_COLUMNS))}."
    if twice := [column for column, count in named.items() if count > 1 and column]:
        yield f"its first line names a column twice ({', '.join(twice)}); keep one."
    for place, column in enumerate(table.columns):
        if not column and any(row[place].strip() for _, row in table.rows):
            yield f"column {place + 1} has no name; give it one, or empty it."


def _sheet(per_item: bool, entries: Sequence[Entry], people: Sequence[Entry]) -> Sheet:
    credited: list[Entry] = []
    nobody: list[Entry] = []
    for entry in entries:
        (nobody if per_item and entry.cells["name"].strip() == _NO_CREDIT else credited).append(entry)
    return Sheet(per_item, tuple(credited), tuple(people), tuple(nobody))


def _from_yaml(text: str) -> Sheet:
    top = read_yaml(text)
    if not isinstance(top, Branch):
        raise InputError("it needs `contributors:` (of the whole dataset) or `files:` (of each file).")
    parts = {key.text: value for key, value in top.entries}
    problems = [
        f"line {key.line}: {key.text!r} is unknown; make it one of {', '.join(_PARTS)}."
        for key, _ in top.entries
        if key.text not in _PARTS
    ]
    people = tuple(_people(parts["people"], problems)) if "people" in parts else ()
    if ("contributors" in parts) == ("files" in parts):
        problems = problems or ["it needs either `contributors:` (of the whole dataset) or `files:` (of each file)."]
        return Sheet("files" in parts, (), people, problems=tuple(problems))
    if "files" in parts:
        credited = list(_files(parts["files"], problems))
    else:
        credited = list(_credits(parts["contributors"], None, problems))
    return replace(_sheet("files" in parts, credited, people), problems=tuple(problems))


def _people(part: Value, problems: list[str]) -> Iterator[Entry]:
    if not isinstance(part, Branch):
        problems.append(f"line {part.line}: `people` needs a name in each line, and below it what is known.")
        return
    for name, known in part.entries:
        if isinstance(known, Branch):
            yield Entry(name.line, None, {"name": name.text, **_cells(known, _PERSON, problems)})
        else:
            problems.append(f"line {known.line}: {name.text} needs keys below it: {', '.join(_PERSON)}.")


def _files(part: Value, problems: list[str]) -> Iterator[Entry]:
    if not isinstance(part, Branch):
        problems.append(f"line {part.line}: `files` needs a path in each line, and below it who made it.")
        return
    for file, credited in part.entries:
        if isinstance(credited, Twig) and not credited.values:
            yield Entry(file.line, file.text, {"name": _NO_CREDIT})
        yield from _credits(credited, file.text, problems)


def _credits(part: Value, file: str | None, problems: list[str]) -> Iterator[Entry]:
    """Yield the people of a list: each a name, or a mapping with one."""
    for each in part.values if isinstance(part, Twig) else (part,):
        if isinstance(each, Leaf):
            yield Entry(each.line, file, {"name": each.text})
        elif isinstance(each, Branch):
            cells = _cells(each, ("name", *_CREDIT), problems)
            if "name" in cells or all(key.text != "name" for key, _ in each.entries):
                yield Entry(each.line, file, {"name": "", **cells})
        else:
            problems.append(f"line {each.line}: a list in a list names nobody; begin each line with one -.")


def _cells(branch: Branch, known: Sequence[str], problems: list[str]) -> dict[str, str]:
    cells = {}
    for key, value in branch.entries:
        text = _text(key.text, value)
        if key.text not in known:
            problems.append(f"line {key.line}: {key.text!r} is unknown; make it one of {', '.join(known)}.")
        elif text is None:
            problems.append(f"line {value.line}: {key.text} is more than one text; write one.")
        else:
            cells[key.text] = text
    return cells


def _text(key: str, value: Value) -> str | None:
    if isinstance(value, Leaf):
        return value.text
    if key == "role" and isinstance(value, Twig) and all(isinstance(each, Leaf) for each in value.values):
        return "; ".join(each.text for each in value.values if isinstance(each, Leaf))
    return None
