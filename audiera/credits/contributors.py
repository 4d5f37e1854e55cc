"""Reads a contributors file: who is to be paid for a dataset, or for each of its files.

CSV or YAML, one model; `docs/contributors.md` describes both with examples. In CSV, two forms told apart by
their columns:

    name[,address][,share][,role][,isni][,ipi][,orcid]                one row for each contributor to the dataset
    file,composer[,address][,share][,role][,isni][,ipi][,orcid]       one row for each contributor to each file

A share is written ``12.5 %``, ``125000 ppm`` or ``1/8``; bare numbers are read as the one of these whose whole
they add up to (100, 1,000,000 or 1). Shares are stated everywhere or nowhere, and are of the dataset in the first
form, of the file in the second. ``-`` as composer registers a file that credits nobody. An address is one, or an
alias of an address book. Columns that only describe a file are passed over; any other is refused, since a
misspelt ``adress`` would send money astray.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Final, Self, TypeVar

from eth_typing import ChecksumAddress

from audiera.credits.addressbook import AddressBook
from audiera.credits.conflicts import Listed, conflicts
from audiera.credits.people import Person
from audiera.credits.sheet import Entry, Fact, Sheet, read_sheet
from audiera.errors import InputError, SplitError
from audiera.protocol import ETHER, parse_ipi, parse_isni, parse_orcid, to_address
from audiera.quantities import parse_share, settle_shares
from audiera.text import MOST_MARKS, UNSEEN, is_piled, normal, tidy

__all__ = ["USUAL_ROLES", "Contributors", "ContributorsError", "Credit", "read_contributors"]


T = TypeVar("T")

USUAL_ROLES: Final = (
    *("arranger", "author", "composer", "conductor", "editor", "engineer", "instrumentalist", "lyricist"),
    *("mastering engineer", "mixing engineer", "performer", "producer", "publisher", "recordist", "remixer"),
    *("singer", "songwriter", "sound designer", "translator", "vocalist"),
)
"""Roles as they are best written; any other text is a role, too."""

_NUMBERS: Final = {"isni": parse_isni, "ipi": parse_ipi, "orcid": parse_orcid}
_NOBODY: Final = frozenset({"none", "n/a", "na", "unknown", "nobody", "?", "-", "tba", "tbd"})
_JOINERS: Final = frozenset("\u200c\u200d")  # written in Persian and in scripts of India; no other letter is unseen


class ContributorsError(SplitError):
    """A contributors file does not say who is paid how much; `problems` is the complete list."""

    def __init__(self, path: Path, problems: Iterable[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            super().__init__(f"{path}: {self.problems[0]}")
        else:
            super().__init__(f"{path}: {len(self.problems)} things to put right.", *self.problems)


@dataclass(frozen=True, slots=True)
class Credit:
    """One entry: who, for what, in which roles, and which part, if the file says so."""

    line: int
    person: Person
    file: str | None = None
    """The path in the folder (NFC, forward slashes), None for the whole dataset."""
    share: Fraction | None = None
    """Of the dataset or, with a file, of that file."""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contributors:
    """A contributors file as read: every entry valid, and what one says of a person filled in for all."""

    path: Path
    per_item: bool
    credits: tuple[Credit, ...]
    uncredited: tuple[str, ...] = ()
    """Files that credit nobody, and say so."""
    notes: tuple[str, ...] = ()
    """What may be meant otherwise, and does not stop anything."""
    facts: tuple[Fact, ...] = ()
    """What it says of files besides: nothing that pays."""

    @property
    def states_shares(self) -> bool:
        """Whether the file itself says who gets how much (of the dataset or of each file)."""
        return any(credit.share is not None for credit in self.credits)

    def located(self, paths: Iterable[str]) -> Self:
        """Return the same with files named as the folder has them: cells are read without the spaces around them,
        which may be part of a file's name.
        """
        known = frozenset(paths)
        spaced = {path.strip(): path for path in known if path != path.strip()}
        names = {name: path for name, path in spaced.items() if name not in known}
        if not names:
            return self
        credits_ = tuple(replace(it, file=names.get(it.file, it.file)) if it.file else it for it in self.credits)
        return replace(self, credits=credits_, uncredited=tuple(names.get(it, it) for it in self.uncredited))


def read_contributors(
    path: Path, book: AddressBook | None = None, unsaid: Callable[[Contributors], Iterable[str]] = lambda _: ()
) -> Contributors:
    """Read and check a contributors file.

    Args:
        path: YAML if its name ends in .yaml or .yml, else CSV.
        book: whose aliases may stand for addresses.
        unsaid: says what it leaves open; is asked, too, of what is right in a file of which other lines are wrong.

    Raises:
        ContributorsError: everything that is wrong with it, by line, and what it leaves open.
    """
    try:
        sheet = read_sheet(path)
    except InputError as error:
        raise ContributorsError(path, [str(error)]) from error
    problems = [*sheet.problems]
    listed = list(_understood(sheet.credits, book, problems))
    people = list(_understood(sheet.people, book, problems))
    uncredited = dict(_uncredited(sheet, problems))
    problems += conflicts(listed, people, uncredited)
    if not (listed or problems):
        problems.append("it credits nobody; name at least one contributor.")
    shares = _shares(listed, problems) if len(listed) == len(sheet.credits) and not sheet.problems else []
    if problems:
        if listed and not sheet.problems:
            problems += unsaid(_understood_of(path, sheet, listed, people))
        raise ContributorsError(path, problems)
    known = _known([*people, *listed])
    credited = tuple(
        Credit(entry.line, known[entry.name], entry.file, share, entry.roles)
        for entry, share in zip(listed, shares, strict=True)
    )
    facts = tuple(replace(fact, file=_file(fact.file)) for fact in sheet.facts)
    found = Contributors(path, sheet.per_item, credited, tuple(uncredited), tuple(_role_notes(listed)), facts)
    if problems := [*unsaid(found)]:
        raise ContributorsError(path, problems)
    return found


def _understood_of(path: Path, sheet: Sheet, listed: Sequence[Listed], people: Sequence[Listed]) -> Contributors:
    """Return what is right in a file of which other lines are wrong: credits of those of whom every line is."""
    right = {it.line for it in (*listed, *people)}
    unclear = {tidy(it.cells["name"]) for it in (*sheet.credits, *sheet.people) if it.line not in right}
    share = Fraction(1) if any(it.cells.get("share", "").strip() for it in sheet.credits) else None
    known = _known([*people, *listed])
    credited = [Credit(it.line, known[it.name], it.file, share) for it in listed if it.name not in unclear]
    return Contributors(path, sheet.per_item, tuple(credited))


def _understood(entries: Sequence[Entry], book: AddressBook | None, problems: list[str]) -> Iterator[Listed]:
    neat = cache(tidy)  # names, roles and addresses come again and again
    for entry in entries:
        wrong: list[str] = []
        found = _listed(entry, book, neat, wrong)
        problems += [f"line {entry.line}: {each}" for each in wrong]
        if found is not None and not wrong:
            yield found


def _uncredited(sheet: Sheet, problems: list[str]) -> Iterator[tuple[str, int]]:
    for entry in sheet.uncredited:
        try:
            yield _file(entry.file or ""), entry.line
        except InputError as error:
            problems.append(f"line {entry.line}: {error}")


def _listed(entry: Entry, book: AddressBook | None, neat: Callable[[str], str], wrong: list[str]) -> Listed | None:
    """Return an entry as understood, None if it names nobody; everything that is wrong with it goes to `wrong`."""

    def read(part: Callable[[], T]) -> T | None:
        try:
            return part()
        except InputError as error:
            wrong.append(str(error))
            return None

    cells = {column: neat(read(partial(_seen, cell)) or "") for column, cell in entry.cells.items()}
    file = None if entry.file is None else read(partial(_file, entry.file))
    name = None if wrong else read(partial(_name, cells["name"], file))
    address = read(partial(_address, name or cells["name"], cells.get("address", ""), book))
    isni, ipi, orcid = (read(partial(_number, parse, cells.get(it))) for it, parse in _NUMBERS.items())
    share = read(partial(parse_share, cells["share"])) if cells.get("share") else None
    if name is None:
        return None
    person = Person(name, *(address or (None, None)), isni, ipi, orcid)
    return Listed(entry.line, person, file, tuple(_roles(cells.get("role", ""))), share)


def _number(parse: Callable[[str], str], text: str | None) -> str | None:
    return parse(text) if text else None


def _name(name: str, file: str | None) -> str:
    if not name or name.casefold() in _NOBODY or (name.startswith("(") and name.endswith(")")):
        what = f"{name!r} names nobody" if name else "nobody is named"
        hint = "name who is paid"
        if file is not None:
            hint += f", write - to register {file} without credit, or leave out file and row"
        raise SplitError(f"{what}; {hint}.")
    return name


def _seen(text: str) -> str:
    """Refuse letters that cannot be seen: a table that is read before signing must show what is signed."""
    for letter in text if not text.isascii() else "":
        if (letter in UNSEEN or unicodedata.category(letter) == "Cf") and letter not in _JOINERS:
            raise SplitError(f"{text.strip()!r} has the invisible character U+{ord(letter):04X}; remove it.")
    if is_piled(text):
        raise SplitError(f"a cell has more than {MOST_MARKS} marks in a row, which is no name; write it anew.")
    return text


def _address(name: str, text: str, book: AddressBook | None) -> tuple[ChecksumAddress | None, str | None]:
    if not text:
        return None, None
    if text[:2] in ("0x", "0X"):
        address = to_address(text)
        if address == ETHER:
            raise SplitError(f"the address of {name} is zero; give the address that is to be paid.")
        return address, None
    if book is None:
        raise SplitError(f"{text!r} is not an address; write it with 0x, or name an address book that has this alias.")
    return book.resolve(text), text


def _roles(text: str) -> Iterator[str]:
    for part in text.split(";"):
        if role := tidy(part):
            yield role.casefold() if role.casefold() in USUAL_ROLES else role


def _file(cell: str) -> str:
    path = normal(cell.strip()).replace("\\", "/").removeprefix("./")
    if not path:
        raise SplitError("no file is named; give its path in the folder.")
    return path


def _shares(listed: Sequence[Listed], problems: list[str]) -> list[Fraction | None]:
    """Return each entry's part of its file, or of the dataset, if the file states them. Who alone is credited for a
    file has all of it, stated or not.
    """
    parts: list[Fraction | None] = [None] * len(listed)
    if not any(entry.share for entry in listed):
        return parts
    wholes: dict[str | None, list[int]] = defaultdict(list)
    for place, entry in enumerate(listed):
        wholes[entry.file].append(place)
    for file, places in wholes.items():
        unstated = [listed[place] for place in places if listed[place].share is None]
        if file and len(unstated) == len(places) == 1:
            parts[places[0]] = Fraction(1)
            continue
        problems += [f"line {it.line}: {it.name} has no share but others have; state all or none." for it in unstated]
        stated = [share for place in places if (share := listed[place].share)]
        try:
            if len(stated) == len(places):
                for place, part in zip(places, settle_shares(stated), strict=True):
                    parts[place] = part
        except SplitError as error:
            problems.append(f"{file}: {error}" if file else str(error))
    return parts


def _known(listed: Sequence[Listed]) -> Mapping[str, Person]:
    """Return everyone by name, with all that any entry says of them."""
    known: dict[str, Person] = {}
    for entry in listed:
        name = entry.name
        known[name] = known.get(name, entry.person).completed(entry.person)
    return known


def _role_notes(listed: Sequence[Listed]) -> Iterator[str]:
    first = {role: entry.line for entry in reversed(listed) for role in entry.roles}
    for role, line in sorted(first.items(), key=lambda found: found[1]):
        if role not in USUAL_ROLES and (near := get_close_matches(role.casefold(), USUAL_ROLES, n=1, cutoff=0.8)):
            yield f"line {line}: the role {role!r} is kept as written; {near[0]!r} is usual."
