"""What a contributors file says of files besides their people, held against what the files are.

The contributors file decides who is paid. Of titles, albums, lengths and the like the files themselves are
registered; a sheet that says otherwise may be the better one, or name the wrong file, and is worth a look.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from audiera.credits import Contributors
from audiera.folder import Problem
from audiera.protocol import TableRow
from audiera.quantities import format_length, format_size
from audiera.text import normal, tidy

__all__ = ["disagreements"]


_CC: Final = re.compile(
    r"(?:https?:)?//(?:www\.)?creativecommons\.org/"
    r"(?:licenses/(?P<kind>[a-z-]+)|publicdomain/(?P<public>zero|mark))/(?P<version>\d\.\d)\S*"
)
_LENGTH: Final = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,9}(?:[.,]\d{1,9})?)(?: ?s)?", re.ASCII)
_NUMBER: Final = re.compile(r"(\d{1,9})(?:/\d{1,9})?", re.ASCII)
_SIZE_DIGITS: Final = 20  # those of 2^64
_CELL: Final = 1 << 12  # letters; more is no title and no length, and is not compared


def disagreements(contributors: Contributors, rows: Sequence[TableRow]) -> tuple[Problem, ...]:
    """Return where a contributors file contradicts the files it names, by path.

    A cell that is empty and a file that says nothing contradict nothing. Lengths may differ by the
    rounding of the cell, or by half a second if that is more. Files that the sheet names and the folder
    lacks are no contradiction.
    """
    at = {row.metadata.path: row for row in rows}
    notes: set[Problem] = set()
    for fact in contributors.facts:
        row, compare = at.get(fact.file), _COMPARE.get(fact.column)
        if row is None or compare is None or len(fact.cell) > _CELL:
            continue
        cell = tidy(fact.cell)
        if cell and (found := compare(cell, row)):
            said = f"{contributors.path.name} says {cell!r} (line {fact.line}, column {fact.column})"
            notes.add(Problem(fact.file, f"{found}, but {said}"))
    return tuple(sorted(notes))


def _text(key: str) -> Callable[[str, TableRow], str]:
    def compare(cell: str, row: TableRow) -> str:
        value: str | None = getattr(row.metadata, key)
        return f"has the {key} {value!r}" if value and _folded(value) != _folded(cell) else ""

    return compare


def _track(cell: str, row: TableRow) -> str:
    match, track = _NUMBER.fullmatch(cell), row.metadata.track
    return f"is track {track}" if match and track and int(match[1]) != track else ""


def _date(cell: str, row: TableRow) -> str:
    date = row.metadata.date
    if not date or date.startswith(cell) or cell.startswith(date):
        return ""  # a year and a day of it agree
    return f"is dated {date}"


def _seconds(cell: str, row: TableRow) -> str:
    match = _LENGTH.fullmatch(cell)
    if match is None or row.metadata.duration_ms is None:
        return ""
    hours, minutes, seconds = (Decimal((part or "0").replace(",", ".")) for part in match.groups())
    stated = (hours * 60 + minutes) * 60 + seconds
    rounding = Decimal(1).scaleb(int(seconds.as_tuple().exponent))
    milliseconds = row.metadata.duration_ms
    apart = abs(Decimal(milliseconds) / 1000 - stated)
    return f"lasts {format_length(milliseconds)}" if apart > max(rounding, Decimal("0.5")) else ""


def _bytes(cell: str, row: TableRow) -> str:
    is_size = cell.isdecimal() and len(cell) <= _SIZE_DIGITS
    return f"has {format_size(row.item.size)}" if is_size and int(cell) != row.item.size else ""


def _isrc(cell: str, row: TableRow) -> str:
    isrc = row.metadata.isrc
    bare = cell.replace("-", "").replace(" ", "").upper()
    return f"has the ISRC {isrc}" if isrc and bare != isrc else ""


def _licence(cell: str, row: TableRow) -> str:
    licence = row.metadata.licence
    stated, found = _CC.sub(_spdx, cell), _CC.sub(_spdx, licence or "")
    if not licence or ("//" in stated) != ("//" in found):
        return ""  # the name of a licence and a page about it cannot be compared
    shorter, longer = sorted((_folded(stated), _folded(found)), key=len)
    return "" if longer.startswith(shorter) else f"has the licence {licence!r}"  # GPL and GPL-2.0-or-later agree


def _spdx(match: re.Match[str]) -> str:
    """Write the address of a Creative Commons licence as SPDX names it."""
    kind, version = match["kind"] or match["public"], match["version"]
    return {"zero": "CC0", "mark": "PDM"}.get(kind, f"CC-{kind}") + f"-{version}"


def _folded(text: str) -> str:
    return "".join(letter for letter in normal(text, "NFKC").casefold() if letter.isalnum())


_COMPARE: Final[dict[str, Callable[[str, TableRow], str]]] = {
    "title": _text("title"),
    "album": _text("album"),
    "track": _track,
    "year": _date,
    "date": _date,
    "seconds": _seconds,
    "duration": _seconds,
    "length": _seconds,
    "bytes": _bytes,
    "isrc": _isrc,
    "licence": _licence,
    "license": _licence,
}
