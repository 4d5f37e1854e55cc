"""What every contributor weighs: by the shares that the file states, or by a rule that the caller names.

    equal     every contributor the same
    items     every credited file counts one
    seconds   every credited file counts its length

A file's weight goes to its contributors by their stated shares, else in equal parts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from fractions import Fraction

from audiera.credits.contributors import Contributors, Credit
from audiera.credits.people import Person

__all__ = ["ShareRule", "file_shares", "rule_problems", "weigh"]


class ShareRule(StrEnum):
    """How income is divided where a contributors file leaves it open."""

    EQUAL = "equal"
    ITEMS = "items"
    SECONDS = "seconds"


def rule_problems(contributors: Contributors, rule: ShareRule | None) -> Iterator[str]:
    """Yield what is unclear about who gets how much, or stated twice."""
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


def file_shares(listed: Iterable[Credit]) -> dict[str | None, dict[Person, Fraction]]:
    """Return everyone's share of each file (of None, the dataset): as stated, else equal.

    Several entries of one person in one file are added up if they state shares, and one share if not.
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
    """Return what each contributor weighs; 0 of whose files last no time, where time counts.

    Args:
        listed: the credits that count.
        rule: None where shares of the dataset are stated.
        lengths: of each file, in milliseconds.
    """
    weights: defaultdict[Person, Fraction] = defaultdict(Fraction)
    for file, people in file_shares(listed).items():
        for person, part in people.items():
            if rule is ShareRule.EQUAL:
                weights[person] = Fraction(1)
            else:
                weights[person] += part * (lengths[file] if file and rule is ShareRule.SECONDS else 1)
    return dict(weights)
