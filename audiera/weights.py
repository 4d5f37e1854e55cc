"""What every contributor weighs: by the shares that the file states, or by a rule that the caller names.

    equal     every contributor the same
    items     every credited file counts one
    seconds   every credited file counts its length

A file's weight goes to its contributors by their stated shares, else in equal parts.
"""

__all__ = ["ShareRule", "mismatches", "nfc", "parts_of", "rule_problems", "weigh"]

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction

from audiera.contributors import Contributors, Credit
from audiera.people import Person
from audiera.table import TableRow


class ShareRule(StrEnum):
    """How income is divided where a contributors file leaves it open."""

    EQUAL = "equal"
    ITEMS = "items"
    SECONDS = "seconds"


def rule_problems(contributors: Contributors, rule: ShareRule | None) -> Iterator[str]:
    """Yields what is unclear about who gets how much, or stated twice."""
    if contributors.per_item and contributors.states_shares:
        if rule not in (ShareRule.ITEMS, ShareRule.SECONDS):
            yield "its shares are of each file; say what a file counts: --shares items or --shares seconds."
    elif contributors.per_item:
        if rule is None:
            yield "it states no shares; say how to divide: --shares equal, items or seconds."
    elif contributors.states_shares:
        if rule is not None:
            yield "it states the shares itself; leave out --shares."
    elif rule is None:
        yield "it states no shares; add a column `share`, or say --shares equal."
    elif rule is not ShareRule.EQUAL:
        yield f"it does not say who made which file, so --shares {rule} cannot be; add a column `file`."


def nfc(paths: Iterable[str]) -> frozenset[str]:
    """Returns paths in the form that contributors files and items have them in."""
    return frozenset(unicodedata.normalize("NFC", path) for path in paths)


def mismatches(contributors: Contributors, files: Sequence[TableRow], left_out: Collection[str]) -> Iterator[str]:
    """Yields which entries have no file, and which files no entry."""
    if not contributors.per_item:
        return
    present = {file.metadata.path for file in files}
    spelling = {path.casefold(): path for path in present}
    stated = [(f"line {credit.line}: ", credit.file) for credit in contributors.credits if credit.file]
    for where, file in (*stated, *(("", file) for file in contributors.uncredited)):
        if file not in present and file not in left_out:
            hint = f"it has {near}" if (near := spelling.get(file.casefold())) else "correct it or remove the row"
            yield f"{where}{file} is not in the folder; {hint}."
    for file in sorted(present - {file for _, file in stated} - set(contributors.uncredited)):
        yield f"{file} is in the folder and has no row; add one, with - as composer for no credit."
    if not any(file in present for _, file in stated):
        yield "nobody is credited for any file that is taken; credit at least one."


def parts_of(listed: Iterable[Credit]) -> dict[str | None, dict[Person, Fraction]]:
    """Returns everyone's part of each file (of None, the dataset): as stated, else equal.

    Several entries of one person in one file are added up if they state shares, and one part if not.
    """
    parts: defaultdict[str | None, dict[Person, Fraction]] = defaultdict(dict)
    stated = False
    for credit in listed:
        stated |= credit.share is not None
        known = parts[credit.file]
        known[credit.person] = known.get(credit.person, Fraction()) + (credit.share or 0)
    if stated:
        return dict(parts)
    return {file: dict.fromkeys(people, Fraction(1, len(people))) for file, people in parts.items()}


def weigh(listed: Iterable[Credit], rule: ShareRule | None, lengths: Mapping[str, int]) -> dict[Person, Fraction]:
    """Returns what each contributor weighs; 0 of whose files last no time, where time counts.

    Args:
        listed: the credits that count.
        rule: None where shares of the dataset are stated.
        lengths: of each file, in milliseconds.
    """
    weights: defaultdict[Person, Fraction] = defaultdict(Fraction)
    for file, people in parts_of(listed).items():
        for person, part in people.items():
            if rule is ShareRule.EQUAL:
                weights[person] = Fraction(1)
            else:
                weights[person] += part * (lengths[file] if file and rule is ShareRule.SECONDS else 1)
    return dict(weights)
