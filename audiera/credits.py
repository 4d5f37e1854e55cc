"""Turns a contributors file and a folder's items into the split that is registered.

Who gets how much is stated by the file or follows from a rule that the caller names; there is no default:

    equal     every contributor the same
    items     every credited file counts one
    seconds   every credited file counts its length

A file's weight goes to its contributors by their stated shares, else in equal parts. Parents' shares come
off the top; the rest is rounded to ppm by largest remainder, ties to the lowest payee
(`audiera.splits.from_weights`). A contributor without an address becomes an account under a custodian,
keyed by ISNI or else by name.
"""

__all__ = ["Credits", "Payout", "ShareRule", "divide"]

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from eth_typing import ChecksumAddress

from audiera.contributors import Contributors, ContributorsError, Credit
from audiera.description import Party
from audiera.errors import SplitError
from audiera.ids import ETHER, account_id, isni_key, name_key, to_address
from audiera.splits import Split, from_weights, payee_of
from audiera.table import TableRow


class ShareRule(StrEnum):
    """How income is divided where a contributors file leaves it open."""

    EQUAL = "equal"
    ITEMS = "items"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Payout:
    """One payee of a split and whom it stands for."""

    payee: bytes
    ppm: int
    names: tuple[str, ...]
    """Several where contributors share an address."""
    roles: tuple[str, ...]
    address: ChecksumAddress | None
    """None for an account."""
    custodian: ChecksumAddress | None
    """Who holds the account in trust, None for an address."""
    key: bytes | None
    """The account's key under its custodian: what `RoyaltySplitter.assign` takes."""


@dataclass(frozen=True, slots=True)
class Credits:
    """A split with the people behind it, ordered by share; parents are in the split only."""

    split: Split
    payouts: tuple[Payout, ...]
    rule: str
    """How shares came about: `stated`, or the rule's name."""
    parties: tuple[Party, ...]
    """Everyone credited, by name."""


def divide(
    contributors: Contributors,
    files: Sequence[TableRow],
    *,
    rule: ShareRule | None = None,
    custodian: str | None = None,
    parents: Mapping[bytes, int] | None = None,
    salt: str = "",
) -> Credits:
    """Divides a dataset's income among its contributors.

    Args:
        contributors: the contributors file, as read.
        files: the items of the dataset.
        rule: how to divide what the file does not state; None if it states it.
        custodian: the address that holds in trust for contributors without one.
        parents: ppm by account of the datasets this one derives from (`audiera.lineage.owed_ppm`).
        salt: makes account keys unguessable from names; the custodian must keep it.

    Raises:
        ContributorsError: all that the file leaves open or that contradicts the folder.
    """
    problems = [*_mismatches(contributors, files), *_rule_problems(contributors, rule)]
    holder = to_address(custodian) if custodian else ETHER
    unpaid = sorted({credit.name for credit in contributors.credits if credit.address is None})
    if custodian and holder == ETHER:
        problems.append("the custodian's address is zero; name who holds in trust.")
    if unpaid and not custodian:
        listed = ", ".join(unpaid)
        problems.append(f"no address for {listed}; add it, or name a custodian who holds in trust for them.")
    if problems:
        raise ContributorsError(contributors.path, problems)
    people = _people(contributors.credits, holder, salt)
    weights = _weights(contributors.credits, files, rule)
    by_payee: defaultdict[bytes, Fraction] = defaultdict(Fraction)
    for name, weight in weights.items():
        by_payee[people[name].payee] += weight
    split = _split(contributors.path, people, by_payee, parents or {})
    parties = tuple(Party(name, person.roles, person.isni) for name, person in sorted(people.items()))
    return Credits(split, _payouts(people, split), rule.value if rule else "stated", parties)


@dataclass(frozen=True, slots=True)
class _Person:
    payee: bytes
    address: ChecksumAddress | None
    custodian: ChecksumAddress | None
    key: bytes | None
    roles: tuple[str, ...]
    isni: str | None


def _mismatches(contributors: Contributors, files: Sequence[TableRow]) -> Iterator[str]:
    """Says which rows have no file, and which files no row."""
    if not contributors.per_item:
        return
    present = {file.metadata.path for file in files}
    for credit in contributors.credits:
        if credit.file not in present:
            yield f"line {credit.line}: {credit.file} is not in the folder; correct it or remove the row."
    for file in contributors.uncredited:
        if file not in present:
            yield f"{file} is not in the folder; correct it or remove the row."
    listed = {credit.file for credit in contributors.credits} | set(contributors.uncredited)
    for file in sorted(present - listed):
        yield f"{file} is in the folder and has no row; add one, with - as composer for no credit."


def _rule_problems(contributors: Contributors, rule: ShareRule | None) -> Iterator[str]:
    """Says what is unclear about who gets how much, or stated twice."""
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


def _people(rows: Sequence[Credit], custodian: ChecksumAddress, salt: str) -> dict[str, _Person]:
    roles: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for credit in rows:
        roles[credit.name] |= {credit.role: None} if credit.role else {}
    people = {}
    for credit in rows:
        named = tuple(roles[credit.name])
        if credit.address is not None:
            people[credit.name] = _Person(payee_of(credit.address), credit.address, None, None, named, credit.isni)
        else:
            key = isni_key(credit.isni, salt) if credit.isni else name_key(credit.name, salt)
            people[credit.name] = _Person(account_id(custodian, key), None, custodian, key, named, credit.isni)
    return people


def _weights(rows: Sequence[Credit], files: Sequence[TableRow], rule: ShareRule | None) -> dict[str, Fraction]:
    """Returns what each contributor weighs, by name."""
    if rule is ShareRule.EQUAL:
        return {credit.name: Fraction(1) for credit in rows}
    lengths = {file.metadata.path: file.item.duration_ms for file in files}
    names: defaultdict[str | None, set[str]] = defaultdict(set)
    for credit in rows:
        names[credit.file].add(credit.name)
    parts: dict[tuple[str | None, str], Fraction] = defaultdict(Fraction)
    for credit in rows:
        if credit.share is None:  # several roles in one file are still one part of it
            parts[credit.file, credit.name] = Fraction(1, len(names[credit.file]))
        else:
            parts[credit.file, credit.name] += credit.share
    weights: defaultdict[str, Fraction] = defaultdict(Fraction)
    for (file, name), part in parts.items():
        weights[name] += part * (lengths[file] if file and rule is ShareRule.SECONDS else 1)
    return dict(weights)


def _split(
    path: Path, people: Mapping[str, _Person], weights: Mapping[bytes, Fraction], parents: Mapping[bytes, int]
) -> Split:
    try:
        return from_weights(weights, parents)
    except SplitError as error:
        message = str(error)
        for name, person in people.items():  # people are known by name here
            message = message.replace(f"0x{person.payee.hex()}", name)
        raise ContributorsError(path, [message]) from error


def _payouts(people: Mapping[str, _Person], split: Split) -> tuple[Payout, ...]:
    by_payee: defaultdict[bytes, list[str]] = defaultdict(list)
    for name, person in people.items():
        by_payee[person.payee].append(name)
    payouts = []
    for payee, names in by_payee.items():
        person = people[names[0]]
        roles = dict.fromkeys(role for name in names for role in people[name].roles)
        payouts.append(
            Payout(
                payee=payee,
                ppm=split.ppm_of(payee),
                names=tuple(names),
                roles=tuple(roles),
                address=person.address,
                custodian=person.custodian,
                key=person.key,
            )
        )
    return tuple(sorted(payouts, key=lambda payout: (-payout.ppm, payout.names)))
