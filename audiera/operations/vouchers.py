"""What speaks against a use, and against serving on a voucher, as far as only the chain knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from audiera.client import Audiera, TxReceipt, UsageTerms
from audiera.metering import PricedUse
from audiera.operations.tokens import TokenBook
from audiera.protocol import ALL_RIGHTS, ETHER, Right, SignerScope, Status, Voucher

__all__ = ["license_objections", "objections", "right_objection"]

_DAY: Final = 86_400  # seconds; a signer is cut off no sooner, so one that lasts longer can still be settled under
_WHY: Final = {
    Status.Unknown: "there is no such licence",
    Status.Expired: "it has ended",
    Status.NotCovered: "it does not cover the dataset",
    Status.RightNotGranted: "it does not grant this right",
    Status.Exhausted: "its quota is used up",
}


def objections(
    client: Audiera[TxReceipt], book: TokenBook, voucher: Voucher, signer: str, uses: Iterable[PricedUse]
) -> tuple[str, ...]:
    """Return why a gateway should not serve on a voucher, one sentence each; nothing if it may.

    Args:
        client: on the chain of the voucher's ledger.
        book: writes amounts.
        voucher: whose signature has been checked.
        signer: who signed it.
        uses: what the voucher is for.
    """
    return (
        *_of_signer(client, voucher, signer),
        *_of_channel(client, book, voucher),
        *license_objections(client, book, voucher, uses),
    )


def right_objection(client: Audiera[TxReceipt], holder: str, license_id: int, dataset: int, bit: int) -> str:
    """Return why a licence does not let its holder exercise a right, by its bit, in a sentence; empty if it does."""
    if not ALL_RIGHTS & 1 << bit:
        return f"Right {bit} of a use of dataset {dataset} is none that there is; correct the log."
    why, name = _WHY.get(client.usage.status_of(license_id, holder, dataset, 1 << bit)), Right(1 << bit).name
    if why is None:
        return ""
    return f"Licence {license_id} does not allow {name} of dataset {dataset}: {why}; use another licence."


def _of_signer(client: Audiera[TxReceipt], voucher: Voucher, signer: str) -> Iterator[str]:
    if signer == voucher.payer:
        return
    until, now = client.licenses.signer_until(voucher.payer, signer, SignerScope.Pay), client.node.timestamp()
    if until <= now:
        yield (
            f"{signer} signed, which may not pay for {voucher.payer}; ask for the payer's own signature, or for "
            "`ape run license signer` with the scope pay."
        )
    elif until <= now + _DAY:
        yield (
            f"{signer} signed, which may pay for {voucher.payer} for less than a day yet; settle at once, or ask for "
            "another signature."
        )


def _of_channel(client: Audiera[TxReceipt], book: TokenBook, voucher: Voucher) -> Iterator[str]:
    if client.usage.batch_of(voucher.batch_id()).settled_at:
        yield f"Batch {voucher.batch} of this channel is settled already; begin another number."
        return
    channel = client.usage.channel_of(voucher.payer, voucher.gateway, voucher.token)
    there = max(channel.balance - channel.thawing, 0)
    missing = voucher.amount + voucher.fee - there
    if missing > 0:
        has = book.of_value(there, voucher.token)
        short = book.of_value(missing, voucher.token)
        leaving = " that is not being withdrawn" if channel.thawing else ""
        yield f"The channel has {has}{leaving}, which is {short} too little; the payer has to deposit that first."


@dataclass(slots=True)
class _Line:
    """What was used of a dataset under a licence."""

    license: int
    dataset: int
    units: int = 0
    price: int = 0
    rights: set[int] = field(default_factory=set)


def _lines(uses: Iterable[PricedUse]) -> list[_Line]:
    found: dict[tuple[int, int], _Line] = {}
    for priced in uses:
        line = found.setdefault(priced.line, _Line(*priced.line))
        line.units += priced.use.units
        line.price += priced.price
        line.rights.add(priced.use.right)
    return [found[each] for each in sorted(found)]


def license_objections(
    client: Audiera[TxReceipt], book: TokenBook, voucher: Voucher, uses: Iterable[PricedUse]
) -> Iterator[str]:
    """Yield what licences do not allow of the uses that a voucher is for, one sentence for each line and right."""
    now = client.node.timestamp()
    used: dict[int, int] = {}
    quotas: dict[int, int] = {}
    for line in _lines(uses):
        terms = client.licenses.usage_terms_of(line.license, line.dataset, now)
        if terms.holder not in (voucher.payer, ETHER):
            yield (
                f"Licence {line.license} is held by {terms.holder} and not by the payer, so its use would count for "
                "nobody; have its holder sign."
            )
            continue
        refused = tuple(_of_rights(client, voucher.payer, line))
        yield from refused or _of_price(book, voucher, line, terms)
        used[line.license] = used.get(line.license, 0) + line.units
        quotas[line.license] = terms.max_units
    for license_id, most in quotas.items():
        left = most - client.usage.usage_of_license(license_id).units if most else 0
        if 0 < left < used[license_id]:
            yield (
                f"Licence {license_id} has {left:,} units left of its quota, and not {used[license_id]:,}; use no "
                "more than those."
            )


def _of_rights(client: Audiera[TxReceipt], payer: str, line: _Line) -> Iterator[str]:
    for bit in sorted(line.rights):
        if refused := right_objection(client, payer, line.license, line.dataset, bit):
            yield refused


def _of_price(book: TokenBook, voucher: Voucher, line: _Line, terms: UsageTerms) -> Iterator[str]:
    due = line.units * terms.unit_price
    if terms.token != voucher.token:
        yield (
            f"Licence {line.license} is paid in {book.symbol(terms.token)} and not in {book.symbol(voucher.token)}; "
            "open a channel in it."
        )
    elif line.price < due:
        yield (
            f"{line.units:,} units under licence {line.license} cost {book.of_value(due, terms.token)} and not "
            f"{book.of_value(line.price, terms.token)}; correct the log."
        )
