"""The two spellings of a contributors file, CSV and YAML, as one list of entries.

An entry is what is said of one person at one place: the cells of a row, the keys of a mapping. What they
mean is `audiera.credits.contributors`' concern.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.errors import InputError, SplitError
from audiera.text import Branch, Leaf, Twig, Value, read_spreadsheet, read_text, read_yaml

__all__ = ["Entry", "Sheet", "read_sheet"]


_NAMES: Final = ("name", "composer")
_NUMBERS: Final = ("isni", "ipi", "orcid")
_PERSON: Final = ("address", *_NUMBERS)
_CREDIT: Final = (*_PERSON, "role", "share")
_COLUMNS: Final = frozenset({"file", *_NAMES, *_CREDIT})
_DESCRIPTIVE: Final = frozenset(
    {"title", "album", "track", "year", "date", "seconds", "bytes", "source", "origin", "note", "notes"}
    | {"licence", "license", "comment"}
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
class Sheet:
    """A contributors file, not yet understood."""

    per_item: bool
    credits: tuple[Entry, ...]
    people: tuple[Entry, ...] = ()
    """What is said of people apart from their credits."""
    uncredited: tuple[Entry, ...] = ()
    """Files that credit nobody, and say so."""


def read_sheet(path: Path) -> Sheet:
    """Read a contributors file: YAML if its name ends in .yaml or .yml, else CSV.

    Raises:
        InputError: it has not the form of a contributors file.
    """
    return _from_yaml(read_text(path)) if path.suffix.lower() in (".yaml", ".yml") else _from_csv(path)


def _from_csv(path: Path) -> Sheet:
    table = read_spreadsheet(path, _COLUMNS)
    names = [column for column in table.columns if column in _NAMES]
    if unknown := [column for column in table.columns if column not in _COLUMNS | _DESCRIPTIVE]:
        raise SplitError(
            f"column {unknown[0]!r} is unknown; remove it or make it one of {', '.join(sorted(_COLUMNS))}."
        )
    if len(names) != 1:
        raise SplitError("it needs one column `name` (or, with a column `file`, `composer`) for who is paid.")
    if names == ["composer"] and "file" not in table.columns:
        raise SplitError("a column `composer` needs a column `file`; for the whole dataset, call it `name`.")
    entries = []
    for line, row in table.rows:
        cells = {column: cell for column, cell in zip(table.columns, row, strict=True) if column in _COLUMNS}
        cells["name"] = cells.pop(names[0])
        if names == ["composer"] and not cells.get("role", "").strip():
            cells["role"] = "composer"
        entries.append(Entry(line, cells.pop("file", None), cells))
    return _sheet("file" in table.columns, entries, ())


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
    for key, _ in top.entries:
        if key.text not in _PARTS:
            raise InputError(f"line {key.line}: {key.text!r} is unknown; make it one of {', '.join(_PARTS)}.")
    if ("contributors" in parts) == ("files" in parts):
        raise InputError("it needs either `contributors:` (of the whole dataset) or `files:` (of each file).")
    people = tuple(_people(parts["people"])) if "people" in parts else ()
    if "files" in parts:
        return _sheet(True, list(_files(parts["files"])), people)
    return _sheet(False, list(_credits(parts["contributors"], None)), people)


def _people(part: Value) -> Iterator[Entry]:
    if not isinstance(part, Branch):
        raise InputError(f"line {part.line}: `people` needs a name in each line, and below it what is known.")
    for name, known in part.entries:
        if not isinstance(known, Branch):
            raise InputError(f"line {known.line}: {name.text} needs keys below it: {', '.join(_PERSON)}.")
        yield Entry(name.line, None, {"name": name.text, **_cells(known, _PERSON)})


def _files(part: Value) -> Iterator[Entry]:
    if not isinstance(part, Branch):
        raise InputError(f"line {part.line}: `files` needs a path in each line, and below it who made it.")
    for file, credited in part.entries:
        if isinstance(credited, Twig) and not credited.values:
            yield Entry(file.line, file.text, {"name": _NO_CREDIT})
        yield from _credits(credited, file.text)


def _credits(part: Value, file: str | None) -> Iterator[Entry]:
    """Yield the people of a list: each a name, or a mapping with one."""
    for each in part.values if isinstance(part, Twig) else (part,):
        if isinstance(each, Leaf):
            yield Entry(each.line, file, {"name": each.text})
        elif isinstance(each, Branch):
            yield Entry(each.line, file, {"name": "", **_cells(each, ("name", *_CREDIT))})
        else:
            raise InputError(f"line {each.line}: a list in a list names nobody; begin each line with one -.")


def _cells(branch: Branch, known: Sequence[str]) -> dict[str, str]:
    cells = {}
    for key, value in branch.entries:
        if key.text not in known:
            raise InputError(f"line {key.line}: {key.text!r} is unknown; make it one of {', '.join(known)}.")
        cells[key.text] = _text(key.text, value)
    return cells


def _text(key: str, value: Value) -> str:
    if isinstance(value, Leaf):
        return value.text
    if key == "role" and isinstance(value, Twig) and all(isinstance(each, Leaf) for each in value.values):
        return "; ".join(each.text for each in value.values if isinstance(each, Leaf))
    raise InputError(f"line {value.line}: {key} is more than one text; write one.")
