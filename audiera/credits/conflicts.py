"""Finds where a contributors file contradicts itself, or probably writes one person in two ways.

Nothing is guessed: who is paid and how much must follow from what is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from audiera.credits.people import NUMBERS, Person, name_fold, number_label
from audiera.quantities import StatedShare

__all__ = ["Listed", "conflicts"]


_KINDS: Final = tuple(each for count in range(len(NUMBERS) + 1) for each in combinations(NUMBERS, count))
"""Every choice of what numbers somebody may have."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry as understood: what it alone says of the person."""

    line: int
    person: Person
    file: str | None = None
    roles: tuple[str, ...] = ()
    share: StatedShare | None = None

    @property
    def name(self) -> str:
        """The person's name."""
        return self.person.name


def conflicts(listed: Sequence[Listed], people: Sequence[Listed], uncredited: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong between entries that are each right.

    Args:
        listed: the credits.
        people: what is said of people apart from them.
        uncredited: the line of each file that credits nobody.
    """
    yield from _twice(listed, people)
    yield from _facts([*people, *listed])
    yield from _one_person_twice([*people, *listed])
    credited = {entry.name for entry in listed}
    for entry in people:
        if entry.name not in credited:
            yield f"line {entry.line}: {entry.name} is in `people` and credited with nothing; remove it."
    for file in sorted({entry.file for entry in listed if entry.file} & uncredited.keys()):
        yield f"{file} is credited on one line and credits nobody on another (line {uncredited[file]}); keep one."


def _twice(listed: Sequence[Listed], people: Sequence[Listed]) -> Iterator[str]:
    seen: dict[tuple[str | None, str, str], int] = {}
    for entry in listed:
        where = f" for {entry.file}" if entry.file else ""
        for role in entry.roles or ("",):
            if (first := seen.get((entry.file, entry.name, role))) is not None:
                as_role = f" as {role}" if role else ""
                yield f"line {entry.line}: {entry.name} is listed twice{as_role}{where} (line {first}); keep one."
                break
            seen[entry.file, entry.name, role] = entry.line
    known: dict[str, int] = {}
    for entry in people:
        if entry.name in known:
            yield f"line {entry.line}: {entry.name} is in `people` twice (line {known[entry.name]}); keep one."
        known[entry.name] = entry.line


def _facts(entries: Sequence[Listed]) -> Iterator[str]:
    stated: dict[tuple[str, str], Listed] = {}
    owner: dict[tuple[str, str], Listed] = {}
    for entry in entries:
        name = entry.name
        for field in ("address", *NUMBERS):
            value: str | None = getattr(entry.person, field)
            if value is None:
                continue
            first = stated.setdefault((field, name), entry)
            if getattr(first.person, field) != value:
                yield f"line {entry.line}: {name} has another {number_label(field)} on line {first.line}; keep one."
            holder = owner.setdefault((field, value), entry)
            if field in NUMBERS and holder.name != name:
                yield (
                    f"line {entry.line}: {name} has the {number_label(field)} of {holder.name} (line {holder.line}); "
                    "write one person in one way, or correct it."
                )


def _one_person_twice(entries: Sequence[Listed]) -> Iterator[str]:
    numbers: dict[str, dict[str, str]] = {}
    for entry in entries:
        known = {field: value for field in NUMBERS if (value := getattr(entry.person, field))}
        numbers.setdefault(entry.name, {}).update(known)
    seen: set[str] = set()
    known_as: dict[tuple[object, ...], Listed] = {}
    for entry in entries:
        name = entry.name
        if name in seen:
            continue
        seen.add(name)
        fold, mine = name_fold(name), numbers[name]
        # By what kinds of number another may be known, and what those are that both have: none is compared with all.
        alike = (known_as.get((fold, kinds, *_of(mine, kinds))) for kinds in _KINDS)
        if other := next(filter(None, alike), None):
            yield (
                f"line {entry.line}: {name} is probably {other.name} (line {other.line}); "
                "write one person in one way, or give each an ISNI, IPI or ORCID."
            )
        own = tuple(field for field in NUMBERS if field in mine)
        for kinds in _KINDS:
            if set(kinds) <= mine.keys():
                known_as.setdefault((fold, own, *_of(mine, kinds)), entry)


def _of(numbers: Mapping[str, str], kinds: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((field, numbers[field]) for field in kinds if field in numbers)
