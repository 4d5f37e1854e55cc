"""What all of settling takes: the chain, the journal, the index, the rules, and whoever is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine, Row, select

from audiera.client import Audiera, TxReceipt
from audiera.client.contracts.events import StatementCollected
from audiera.gateway.journal import Journal
from audiera.gateway.settings import Rules
from audiera.indexer.tables import CHANNELS as DEPOSITS
from audiera.text import Json

__all__ = ["Office", "Told", "collected", "many", "named", "released", "sent", "settled"]

_VOUCHER: Final = ("payer", "token", "amount", "fee", "calls", "statements", "root")


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was done, or could not be."""

    event: str
    """`closed`, `settled`, `collected`, `fee_released`, `booked`, `unsettled`, `dropped`, `failed`, or `waiting`."""
    batch: Row[Any] | None
    """The row of the batch that it is about; none: it is about all."""
    text: str
    """In a sentence."""
    more: Mapping[str, Json] = field(default_factory=dict)

    def document(self) -> dict[str, Json]:
        """Return it for programs."""
        about: dict[str, Json] = {}
        if (row := self.batch) is not None:
            about["batchId"] = row.id
            about["voucher"] = {it: str(getattr(row, it)) for it in _VOUCHER} | {"batch": str(row.number)}
        return {"what": self.event, **about, **self.more, "text": self.text}


@dataclass(slots=True)
class Office:
    """What it takes to settle for one gateway."""

    client: Audiera[TxReceipt]
    """Who signs: the gateway, or its signer with the scope settle."""
    gateway: str
    journal: Journal
    index: Engine
    """Only read."""
    rules: Rules
    tell: Callable[[Told], object]
    worth: Callable[[int, str], str]
    """Writes an amount of a token."""

    def pays(self, row: Row[Any]) -> bool:
        """Say whether a head comes to enough to be settled, or is settled for nothing."""
        return bool(row.amount >= self.rules.smallest.get(row.token, 1) or (self.rules.free and not row.amount))

    def thawing(self) -> dict[tuple[str, str], Row[Any]]:
        """Return the channels with a withdrawal that thaws, by payer and token."""
        query = select(DEPOSITS).where(DEPOSITS.c.gateway == self.gateway, DEPOSITS.c.thawing > 0)
        with self.index.connect() as index:
            return {(it.payer, it.token): it for it in index.execute(query)}


def named(row: Row[Any]) -> str:
    """Return what people call a batch."""
    return f"batch {row.number} of {row.payer}"


def sent(receipt: TxReceipt, parts: int = 1) -> dict[str, Json]:
    """Return what is told of a transaction, and of its gas the share of one of its parts."""
    return {
        "transaction": f"0x{receipt.transaction.hex()}",
        "block": receipt.block,
        "gasUsed": receipt.gas_used // parts,
    }


def many(count: int, thing: str) -> str:
    """Return a number of things in words."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def settled(office: Office, row: Row[Any]) -> str:
    """Return the sentence that a batch is settled."""
    return f"Settled {named(row)}: {office.worth(row.amount + row.fee, row.token)}."


def collected(
    office: Office, row: Row[Any], new: Sequence[StatementCollected], receipt: TxReceipt, parts: int = 1
) -> Told:
    """Return what is told of statements that one of some parts of a transaction collected."""
    amount = sum(it.amount for it in new)
    text = f"Collected {many(len(new), 'statement')} of {named(row)}: {office.worth(amount, row.token)}."
    more: dict[str, Json] = {"statementCount": len(new), "value": str(amount), **sent(receipt, parts)}
    return Told("collected", row, text, more)


def released(office: Office, row: Row[Any], receipt: TxReceipt, parts: int = 1) -> Told:
    """Return what is told of a fee that one of some parts of a transaction released."""
    text = f"Released the fee of {named(row)}: {office.worth(row.fee, row.token)}."
    return Told("fee_released", row, text, sent(receipt, parts))
