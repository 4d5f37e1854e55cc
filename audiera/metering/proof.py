"""The proof of one call: from a use, through its statement, to the voucher that was settled.

What a gateway publishes for a settled batch is the list of its priced uses in journal order. Anyone
can rebuild both levels of trees from it and prove any single call; `UsageLedger.verifyUse` gives the
same answer as :meth:`UseProof.verify`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiera.errors import UseError
from audiera.metering.batch import Batch, PricedUse, StatementLine
from audiera.protocol import Node, Proof, SumTree, Voucher, verify_sum_proof

__all__ = ["UseProof", "prove_use", "verify_statement"]


@dataclass(frozen=True, slots=True)
class UseProof:
    """Everything needed to check one use against its voucher."""

    use: PricedUse
    use_proof: Proof
    statement: StatementLine
    statement_proof: Proof

    def verify(self, voucher: Voucher) -> bool:
        """Say whether the voucher paid for this use, at this price (P11)."""
        if self.use.line != self.statement.line:
            return False
        calls = self.statement.statement.calls
        return verify_sum_proof(
            self.statement.uses_root(), calls, self.use.node(), self.use_proof
        ) and verify_statement(voucher, self.statement, self.statement_proof)


def verify_statement(voucher: Voucher, statement: StatementLine, proof: Proof) -> bool:
    """Say whether a statement, with its amount, is one of the voucher's."""
    root = Node.of(voucher.root, voucher.amount, voucher.calls)
    return verify_sum_proof(root, voucher.statements, statement.node(), proof)


def prove_use(uses: Sequence[PricedUse], index: int) -> UseProof:
    """Return the proof of use number `index` of a batch's whole log, in journal order.

    Raises:
        UseError: if there is no such use.
    """
    if not 0 <= index < len(uses):
        raise UseError(f"There is no use {index}; the batch has {len(uses)}.")
    wanted = uses[index]
    places = [place for place, priced in enumerate(uses) if priced.line == wanted.line]
    use_tree = SumTree.of([uses[place].node() for place in places])
    batch = Batch().extend(uses)
    return UseProof(
        wanted,
        use_tree.proof(places.index(index)),
        batch.logs[wanted.line].statement(),
        batch.proof(wanted.line),
    )
