"""What is shown of a split before it is signed: who gets how much, paid where, and whom that trusts."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from audiera.credits.divide import Credits, Payout
from audiera.protocol import WHOLE
from audiera.quantities import format_ppm

__all__ = ["PayoutLine", "alike_note", "payout_table", "trust_notes"]


_GROUP_BY: Final = "--group-by contributors"


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """One payee as a table shows it."""

    who: str
    roles: str
    share: str
    """Of the dataset's income, as a percentage; with `about` where that is no whole number of ppm."""
    ppm: int | None
    """The same in parts per million; None of who is paid through a group, whose share need not be whole ppm."""
    paid_at: str
    """The full address with its alias, or who holds in trust and by what."""


def payout_table(shared: Credits) -> tuple[PayoutLine, ...]:
    """Return a line for each contributor who is paid, by share; parents of a derived dataset are not among them."""
    numbers = {group: number for number, group in enumerate(shared.groups, start=1)}
    return tuple(_line(payout, numbers.get(payout.group or b"")) for payout in shared.payouts)


def alike_note(shared: Credits) -> str | None:
    """Return the sentence on what use of one file pays; None where there is only one to be paid."""
    count = len(shared.payouts)
    if count == 1:
        return None
    alike = f"Any use of any file pays all {count:,} payees alike, by these shares"
    if shared.credit_lists > 1:
        return f"{alike}, whoever made it; to pay those who made the file, register with {_GROUP_BY}."
    return f"{alike}."


def trust_notes(*several: Credits) -> Iterator[str]:
    """Yield whom payees trust beside the contract: a sentence for each custodian, and that it is nobody in groups."""
    payouts = {payout.payee: payout for shared in several for payout in shared.payouts}.values()
    held = Counter(payout.custodian for payout in payouts if payout.custodian)
    for custodian, count in held.items():
        yield (
            f"{custodian} holds in trust for {_payees(count)}: it says which split each account is paid to, and so "
            "could take what comes in."
        )
    groups = {group for shared in several for group in shared.groups}
    if groups:
        count = sum(payout.group is not None for payout in payouts)
        yield (
            f"{_payees(count)} are paid through {len(groups)} group{'s' if len(groups) > 1 else ''}, since a split "
            "holds no more than 1,000. A group is a split of its own, which nobody can change."
        )


def _line(payout: Payout, group: int | None) -> PayoutLine:
    paid_at = _paid_at(payout)
    return PayoutLine(
        who=", ".join(payout.names),
        roles=", ".join(payout.roles),
        share=_share(payout.part),
        ppm=payout.ppm if group is None else None,
        paid_at=paid_at if group is None else f"{paid_at}, through group {group}",
    )


def _share(part: Fraction) -> str:
    ppm = part * WHOLE
    if ppm.denominator == 1:
        return format_ppm(int(ppm))
    return f"about {format_ppm(round(ppm))}" if ppm >= 1 else f"less than {format_ppm(1)}"


def _paid_at(payout: Payout) -> str:
    if payout.address:
        return f"{payout.alias} ({payout.address})" if payout.alias else payout.address
    kind, _, known = (payout.keyed_by or "").partition(":")
    keyed = "the name" if kind == "name" else f"{kind.upper()} {known}"
    return f"held in trust by {payout.custodian}, keyed by {keyed}"


def _payees(count: int) -> str:
    return "1 payee" if count == 1 else f"{count:,} payees"
