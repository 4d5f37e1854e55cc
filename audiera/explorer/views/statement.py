"""One collected statement, and a form that proves any use to be one of those that it sums."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from sqlalchemy import Row, select

from audiera.errors import InputError, UseError
from audiera.explorer.asked import Reading
from audiera.explorer.money import Money
from audiera.explorer.naming import Named, named
from audiera.explorer.paging import Paging, Stretch
from audiera.explorer.refusals import not_found
from audiera.explorer.view import View
from audiera.indexer.tables import BATCHES, STATEMENTS, USES
from audiera.metering import PricedUse, proof_json, read_proof, read_uses, use_json
from audiera.protocol import Node, Proof, Right, SumTree, Use, verify_sum_proof
from audiera.text import from_hex

__all__ = ["StatementView", "UseRow", "Verdict"]

_LINE: Final = 1_000
"""Letters of a use: its line has some 300."""
_PROOF: Final = 16_000
"""Of a proof: of 64 siblings at most, as no statement has more than 2^64 - 1 calls."""
_TREE: Final = 20_000
"""Uses of which the explorer makes the tree itself."""
_NO_LICENSE: Final = 1 << 63
"""No licence has this number or a larger one, so that the index keeps none."""


@dataclass(frozen=True, slots=True)
class UseRow:
    """A use of the statement, where the log of its batch is published."""

    position: int
    """In the log."""
    at: int
    right: Right
    version: int
    item: str
    units: int
    price: Money
    line: str
    """As the log has it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is found of the use that was given."""

    holds: bool
    sentence: str
    proof: str
    """The proof that was checked, as a document; empty: there was none."""


@dataclass(frozen=True, slots=True)
class StatementView(View):
    """A statement, and what is found of a use."""

    TABLES: ClassVar[tuple[str, ...]] = ("uses",)

    batch: str
    number: int
    """Its index in the batch."""
    license: int | None
    """None: it names a number that no licence has."""
    dataset: Named
    amount: Money
    units: int
    calls: int
    root: str
    """Of the tree over its uses."""
    counted: bool
    payer: str
    gateway: str
    collected_at: int
    block: int
    transaction: str
    use: str
    """The use that was given, as it was."""
    proof: str
    """Its proof, likewise."""
    verdict: Verdict | None
    """None: no use was given."""
    is_published: bool
    """Whether its uses are here, so that no proof needs to be given."""
    uses: tuple[UseRow, ...]
    stretches: dict[str, Stretch]

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Statement {self.number} of batch {self.batch[:10]}…"

    @property
    def summary(self) -> str:
        """What it says."""
        return f"{self.calls:,} uses of dataset {self.dataset.id}, worth {self.amount}."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the statement that the path names.

        Raises:
            RefusalError: there is none.
        """
        batch, number = reading.asked.word("batch"), reading.asked.number("statement")
        row = reading.connection.execute(
            select(
                *(STATEMENTS, BATCHES.c.token, BATCHES.c.voucher, BATCHES.c.payer, BATCHES.c.gateway),
            )
            .join(BATCHES, BATCHES.c.id == STATEMENTS.c.batch)
            .where(STATEMENTS.c.batch == batch, STATEMENTS.c.index == number)
        ).first()
        if row is None:
            raise not_found(f"No statement {number:,} of batch {batch[:10]}… is collected, or there is no such batch.")
        paging = Paging(reading)
        uses = _uses(paging, row)
        use, proof = reading.asked.text("use", _LINE), reading.asked.text("proof", _PROOF)
        return cls(
            index=reading.index,
            batch=batch,
            number=number,
            license=row.license,
            dataset=named(reading, [row.dataset])[row.dataset],
            amount=reading.tokens.money(row.amount, row.token),
            units=row.units,
            calls=row.calls,
            root=row.uses,
            counted=row.counted,
            payer=row.payer,
            gateway=row.gateway,
            collected_at=row.at,
            block=row.block,
            transaction=row.transaction,
            use=use,
            proof=proof,
            verdict=_verdict(reading, row, use, proof) if use or proof else None,
            is_published=bool(uses),
            uses=uses,
            stretches=paging.stretches,
        )


def _uses(paging: Paging, row: Row[*tuple[Any, ...]]) -> tuple[UseRow, ...]:
    query = (
        select(USES)
        .where(USES.c.voucher == row.voucher, USES.c.license == row.license, USES.c.dataset == row.dataset)
        .order_by(USES.c.position)
    )
    return tuple(
        UseRow(
            position=it.position,
            at=it.at,
            right=Right(1 << it.right),
            version=it.version,
            item=it.item,
            units=it.units,
            price=paging.reading.tokens.money(it.price, row.token),
            line=json.dumps(use_json(_priced(it)), separators=(",", ":")),
        )
        for it in paging.rows("uses", query)
    )


def _priced(row: Row[*tuple[Any, ...]]) -> PricedUse:
    return PricedUse(
        Use(
            license=row.license,
            dataset=row.dataset,
            version=row.version,
            item=from_hex(row.item),
            right=row.right,
            units=row.units,
            at=row.at,
            nonce=from_hex(row.nonce),
        ),
        row.price,
    )


def _verdict(reading: Reading, row: Row[*tuple[Any, ...]], use: str, proof: str) -> Verdict:
    try:
        given = _given(row, use)
        path = read_proof(proof) if proof else _made(reading, row, given.node())
        root = Node.of(from_hex(row.uses), row.amount, row.calls)
        holds = verify_sum_proof(root, row.calls, given.node(), path)
    except InputError as error:
        return Verdict(False, str(error), "")
    document = json.dumps(proof_json(path), indent=1)
    if not holds:
        return Verdict(
            False, "The use is not proven: the proof does not lead from it to the statement's root.", document
        )
    price = reading.tokens.money(given.price, row.token)
    return Verdict(
        True,
        f"The use is proven: it is number {path.index + 1:,} of the {row.calls:,} that the statement sums, at {price}.",
        document,
    )


def _given(row: Row[*tuple[Any, ...]], text: str) -> PricedUse:
    uses = list(read_uses(text.encode("utf-8", "replace"), "the use"))
    if len(uses) != 1:
        raise UseError("Give one use: one line of a use log.")
    use = uses[0].use
    fits = use.license >= _NO_LICENSE if row.license is None else use.license == row.license
    if not fits or use.dataset != row.dataset:
        stated = "a licence that does not exist" if row.license is None else f"licence {row.license}"
        raise UseError(
            f"The use is of licence {use.license} and dataset {use.dataset}, "
            f"and the statement of {stated} and dataset {row.dataset}."
        )
    return uses[0]


def _log(reading: Reading, row: Row[*tuple[Any, ...]]) -> list[PricedUse]:
    query = (
        select(USES)
        .where(USES.c.voucher == row.voucher, USES.c.license == row.license, USES.c.dataset == row.dataset)
        .order_by(USES.c.position)
        .limit(_TREE)
    )
    return [_priced(it) for it in reading.connection.execute(query)]


def _made(reading: Reading, row: Row[*tuple[Any, ...]], leaf: Node) -> Proof:
    """Return the proof of a use by the published log.

    Raises:
        UseError: the log is not here, is too long, or has no such use.
    """
    if row.calls == 1:
        return Proof(0, ())
    leaves = [it.node() for it in _log(reading, row)] if row.calls <= _TREE else []
    if not leaves:
        raise UseError("Give the proof of the use, too: its batch's log is not here, or is too long.")
    if leaf not in leaves:
        raise UseError("The use is not one of this statement's: its batch's log has no such use.")
    return SumTree.of(leaves).proof(leaves.index(leaf))
