"""Turns a contributors file and a folder's items into the split that is registered.

Who gets how much is stated by the file or follows from a rule that the caller names (`audiera.credits.weights`); there
is no default. Parents' shares come off the top; the rest is rounded to ppm by largest remainder, ties to the lowest
payee (`audiera.protocol.splits.from_weights`). A contributor without an address becomes an account under a custodian,
keyed by ISNI, else by IPI, else by name. Payees beyond the 1,000 of a split are paid through groups
(`audiera.credits.groups`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from eth_typing import ChecksumAddress

from audiera.credits.checks import in_rows, left_out_notes, mismatches, unpaid
from audiera.credits.contributors import Contributors, ContributorsError, Credit
from audiera.credits.groups import nest
from audiera.credits.people import Party, Person
from audiera.credits.weights import ShareRule, file_shares, rule_problems, weigh
from audiera.errors import SplitError
from audiera.protocol import (
    ETHER,
    WHOLE,
    Split,
    TableRow,
    TooSmallError,
    account_id,
    ipi_key,
    isni_key,
    name_key,
    payee_of,
    to_address,
)

__all__ = ["Credits", "Payout", "ShareRule", "divide", "unsaid"]


@dataclass(frozen=True, slots=True)
class Payout:
    """One payee of a split and whom it stands for."""

    payee: bytes
    ppm: int
    """Of the split that has the payee: the dataset's, or its group's."""
    names: tuple[str, ...]
    """Several where contributors share an address."""
    roles: tuple[str, ...]
    address: ChecksumAddress | None
    """None for an account."""
    custodian: ChecksumAddress | None
    """Who holds the account in trust, None for an address."""
    key: bytes | None
    """The account's key under its custodian: what `RoyaltySplitter.assign` takes."""
    keyed_by: str | None = None
    """What the key is the hash of, without the salt: `isni:…`, `ipi:…` or `name:…`."""
    alias: str | None = None
    """What the address is called in the address book that was used."""
    group: bytes | None = None
    """The split through which the payee is paid, None for who is in the dataset's own split."""
    part: Fraction = Fraction()
    """Of the dataset's income, exactly."""


@dataclass(frozen=True, slots=True)
class Credits:
    """A split with the people behind it, ordered by share; parents are in the split only."""

    split: Split
    payouts: tuple[Payout, ...]
    rule: str
    """How shares came about: `stated`, or the rule's name."""
    parties: tuple[Party, ...]
    """Everyone credited, by name."""
    credit_lists: int = 1
    """How many unlike lists of people and parts the files have: with more than one, groups pay otherwise."""
    groups: Mapping[bytes, Split] = field(default_factory=dict)
    """By id: splits to be created before the registration."""
    notes: tuple[str, ...] = ()
    """What the user should know before signing, and does not stop anything."""


def unsaid(
    contributors: Contributors, *, rule: ShareRule | None, custodian: str | None, grouped: bool, may_leave_out: bool
) -> Iterator[str]:
    """Yield what a contributors file leaves open, whatever the folder holds: before that is read.

    Args:
        contributors: the contributors file, as read.
        rule: how to divide what the file does not state.
        custodian: the address that holds in trust for contributors without one.
        grouped: whether each list of credits becomes a dataset, which needs no rule.
        may_leave_out: whether files may be left out, whose contributors then need no address.
    """
    if not grouped:
        yield from rule_problems(contributors, rule)
    elif not contributors.per_item:
        yield "it does not say who made which file, so files cannot be grouped by it; add a column `file`."
    if custodian and to_address(custodian) == ETHER:
        yield "the custodian's address is zero; name who holds in trust."
    if not custodian and not (may_leave_out and contributors.per_item):
        yield from unpaid(it.person for it in contributors.credits)


def divide(
    contributors: Contributors,
    files: Sequence[TableRow],
    *,
    rule: ShareRule | None = None,
    custodian: str | None = None,
    parents: Mapping[bytes, int] | None = None,
    salt: str = "",
    left_out: Collection[str] = (),
    passed_over: Mapping[str, str] = MappingProxyType({}),
) -> Credits:
    """Divide a dataset's income among its contributors.

    Args:
        contributors: the contributors file, as read.
        files: the items of the dataset.
        rule: how to divide what the file does not state; None if it states it.
        custodian: the address that holds in trust for contributors without one.
        parents: ppm by account of the datasets this one derives from (`audiera.protocol.lineage.owed_ppm`).
        salt: makes account keys unguessable from names; the custodian must keep it.
        left_out: paths of files that the user chose to leave out. They pay nobody: who made nothing else gets no
            share, which a note says.
        passed_over: why other files of the folder are no items, by path: they cannot be credited.

    Raises:
        ContributorsError: all that the file leaves open or that contradicts the folder.
    """
    absent = in_rows(left_out)
    contributors = contributors.located([*(file.metadata.path for file in files), *absent])
    listed = [credit for credit in contributors.credits if credit.file not in absent]
    weights = dict[Person, Fraction]()
    problems = [*mismatches(contributors, files, absent, passed_over), *rule_problems(contributors, rule)]
    if not problems:
        lengths = {file.metadata.path: file.item.duration_ms for file in files}
        weights = weigh(listed, rule, lengths)
        problems += _weightless(weights)
    holder = to_address(custodian) if custodian else ETHER
    if custodian and holder == ETHER:
        problems.append("the custodian's address is zero; name who holds in trust.")
    if not custodian:
        problems += unpaid(credit.person for credit in listed)
    if problems:
        raise ContributorsError(contributors.path, problems)
    payees = {person: _payee(person, holder, salt) for person in weights}
    by_payee: defaultdict[bytes, Fraction] = defaultdict(Fraction)
    for person, weight in weights.items():
        by_payee[payees[person].payee] += weight
    try:
        split, groups = nest(by_payee, parents or {})
    except TooSmallError as error:
        small = sorted(person.name for person, payee in payees.items() if payee.payee in set(error.payees))
        raise ContributorsError(contributors.path, map(_too_small, small)) from error
    except SplitError as error:
        raise ContributorsError(contributors.path, [str(error)]) from error
    roles = _roles(listed)
    payouts = _payouts(payees, roles, split, groups)
    parties = tuple(
        Party(it.name, roles[it], isni=it.isni, ipi=it.ipi, orcid=it.orcid)
        for it in sorted(payees, key=lambda person: person.name)
    )
    notes = (*contributors.notes, *left_out_notes(contributors, absent), *_merged_notes(payouts))
    unlike = len({frozenset(people.items()) for people in file_shares(listed).values()})
    return Credits(split, payouts, rule.value if rule else "stated", parties, unlike, groups, notes)


@dataclass(frozen=True, slots=True)
class _Payee:
    payee: bytes
    custodian: ChecksumAddress | None = None
    key: bytes | None = None
    keyed_by: str | None = None


def _payee(person: Person, custodian: ChecksumAddress, salt: str) -> _Payee:
    if person.address is not None:
        return _Payee(payee_of(person.address))
    if person.isni:
        key, keyed_by = isni_key(person.isni, salt), f"isni:{person.isni}"
    elif person.ipi:
        key, keyed_by = ipi_key(person.ipi, salt), f"ipi:{person.ipi}"
    else:
        key, keyed_by = name_key(person.name, salt), f"name:{person.name}"
    return _Payee(account_id(custodian, key), custodian, key, keyed_by)


def _weightless(weights: Mapping[Person, Fraction]) -> Iterator[str]:
    for person, weight in weights.items():
        if not weight:
            yield (
                f"the files of {person.name} last 0 s, for which --shares seconds gives nothing; "
                "say --shares items, or leave out files and rows."
            )


def _too_small(name: str) -> str:
    return f"{name} would get less than one millionth; raise the share or drop the credit."


def _roles(listed: Sequence[Credit]) -> dict[Person, tuple[str, ...]]:
    roles: defaultdict[Person, dict[str, None]] = defaultdict(dict)
    for credit in listed:
        roles[credit.person] |= dict.fromkeys(credit.roles)
    return {person: tuple(known) for person, known in roles.items()}


def _payouts(
    payees: Mapping[Person, _Payee],
    roles: Mapping[Person, tuple[str, ...]],
    split: Split,
    groups: Mapping[bytes, Split],
) -> tuple[Payout, ...]:
    lines = {share.payee: (share.ppm, None, Fraction(share.ppm, WHOLE)) for share in split.shares}
    nested: dict[bytes, tuple[int, bytes | None, Fraction]] = {}
    for split_id, group in groups.items():
        whole = lines[split_id][2]
        nested |= {it.payee: (it.ppm, split_id, whole * it.ppm / WHOLE) for it in group.shares}
    people: defaultdict[bytes, list[Person]] = defaultdict(list)
    for person, known in payees.items():
        people[known.payee].append(person)
    payouts = []
    for payee, named in people.items():
        ppm, through, part = nested.get(payee) or lines[payee]
        known = payees[named[0]]
        payouts.append(
            Payout(
                payee=payee,
                ppm=ppm,
                names=tuple(person.name for person in named),
                roles=tuple(dict.fromkeys(role for person in named for role in roles[person])),
                address=named[0].address,
                custodian=known.custodian,
                key=known.key,
                keyed_by=known.keyed_by,
                alias=next((person.alias for person in named if person.alias), None),
                group=through,
                part=part,
            )
        )
    return tuple(sorted(payouts, key=lambda payout: (-payout.part, payout.names)))


def _merged_notes(payouts: Sequence[Payout]) -> Iterator[str]:
    for payout in payouts:
        if len(payout.names) > 1:
            yield f"{' and '.join(payout.names)} have one address, {payout.address}, and so one share together."
