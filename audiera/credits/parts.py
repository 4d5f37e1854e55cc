"""Divides a folder by its credits: one part for every distinct list of people and their shares.

A dataset pays its payees alike for any use of any of its files. Registered part by part, the use of a file pays
those who made it. Two files are of one part if the same people have the same shares of them; roles do not matter,
since they pay nothing. Within a part every file has the same shares, so they are the shares of the dataset and no
rule is needed. A file that credits nobody (``-``) pays nobody and is in no part.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from types import MappingProxyType
from typing import Final

from audiera.credits.checks import in_rows, left_out_notes, mismatches, unpaid
from audiera.credits.contributors import Contributors, ContributorsError, Credit
from audiera.credits.divide import Credits, divide
from audiera.credits.people import Person
from audiera.credits.weights import file_shares
from audiera.protocol import TableRow
from audiera.quantities import format_share

__all__ = ["Part", "divide_parts", "part_notes", "parts_by_credits"]


_NAMED: Final = 3  # people in a part's name

_Shares = tuple[tuple[Person, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Files with one list of credits, and who is paid for them."""

    name: str
    """After the people, and unlike any other part's."""
    rows: tuple[TableRow, ...]
    """The part's items, by path: what its dataset is made of."""
    contributors: Contributors
    """Of the whole part, shares stated: `audiera.credits.divide.divide` takes it with `rows` and without a rule."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The part's files."""
        return tuple(row.metadata.path for row in self.rows)


def parts_by_credits(
    contributors: Contributors,
    rows: Sequence[TableRow],
    *,
    left_out: Collection[str] = (),
    passed_over: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Part, ...]:
    """Divide the items of a folder by who is credited for them.

    Args:
        contributors: of each file, as read.
        rows: the items, of one reading of the folder.
        left_out: paths of files that the user chose to leave out; their credits do not count.
        passed_over: why other files of the folder are no items, by path: they cannot be credited.

    Returns:
        The parts by their first path. Files of `contributors.uncredited` are in none.

    Raises:
        ContributorsError: the contributors file is of the whole dataset, or does not agree with the folder.
    """
    if not contributors.per_item:
        problem = "it does not say who made which file, so files cannot be grouped by it; add a column `file`."
        raise ContributorsError(contributors.path, [problem])
    contributors = contributors.located([*(row.metadata.path for row in rows), *in_rows(left_out)])
    if problems := list(mismatches(contributors, rows, in_rows(left_out), passed_over)):
        raise ContributorsError(contributors.path, problems)
    listed: defaultdict[str, list[Credit]] = defaultdict(list)
    for credit in contributors.credits:
        listed[credit.file or ""].append(credit)
    shares = file_shares(contributors.credits)
    files: defaultdict[_Shares, list[TableRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.metadata.path):
        if known := shares.get(row.metadata.path):
            files[tuple(sorted(known.items(), key=lambda share: share[0].name))].append(row)
    names = _names(files)
    return tuple(
        Part(names[shared], tuple(members), _view(contributors, shared, (listed[row.metadata.path] for row in members)))
        for shared, members in files.items()
    )


def divide_parts(
    parts: Sequence[Part],
    *,
    custodian: str | None = None,
    parents: Mapping[bytes, int] | None = None,
    salt: str = "",
) -> tuple[Credits, ...]:
    """Divide the income of each part among its contributors; the arguments are those of `divide`.

    Raises:
        ContributorsError: all that is wrong with any of them.
    """
    divided: list[Credits] = []
    problems: dict[str, None] = {}
    if not custodian:  # once, not part by part
        everyone = (credit.person for part in parts for credit in part.contributors.credits)
        problems |= dict.fromkeys(unpaid(everyone))
    for part in parts if not problems else ():
        try:
            divided.append(divide(part.contributors, part.rows, custodian=custodian, parents=parents, salt=salt))
        except ContributorsError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise ContributorsError(parts[0].contributors.path, problems)
    return tuple(divided)


def part_notes(contributors: Contributors, left_out: Collection[str] = ()) -> Iterator[str]:
    """Yield what the user should know of all parts together: who is not paid, and which files are in none."""
    yield from contributors.notes
    yield from left_out_notes(contributors, in_rows(left_out))
    for file in contributors.uncredited:
        yield f"{file} credits nobody, so it is in no group and is not registered."


def _view(contributors: Contributors, shared: _Shares, listed: Iterable[Sequence[Credit]]) -> Contributors:
    """Return the credits of one part as those of a dataset: everyone once, in all their roles."""
    first: dict[Person, Credit] = {}
    roles: defaultdict[Person, dict[str, None]] = defaultdict(dict)
    for credit in (credit for credits_of_file in listed for credit in credits_of_file):
        first.setdefault(credit.person, credit)
        roles[credit.person] |= dict.fromkeys(credit.roles)
    credited = tuple(
        replace(first[person], file=None, share=share, roles=tuple(roles[person])) for person, share in shared
    )
    return replace(contributors, per_item=False, credits=credited, uncredited=(), notes=())


def _names(parts: Iterable[_Shares]) -> dict[_Shares, str]:
    """Name each part after its people; if that is not enough, with their shares, and else with a number."""
    names = {shared: _people(shared) for shared in parts}
    alike = Counter(names.values())
    taken: set[str] = set()
    for shared, name in names.items():
        stem = name if alike[name] == 1 else _with_shares(shared)
        candidates = (stem if number == 1 else f"{stem} ({number})" for number in count(1))
        names[shared] = next(each for each in candidates if each not in taken)
        taken.add(names[shared])
    return names


def _people(shared: _Shares) -> str:
    return _joined([person.name for person, _ in shared])


def _with_shares(shared: _Shares) -> str:
    return _joined([f"{person.name} {format_share(share)}" for person, share in shared])


def _joined(texts: Sequence[str]) -> str:
    if len(texts) > _NAMED + 1:
        return f"{', '.join(texts[:_NAMED])} and {len(texts) - _NAMED} others"
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
