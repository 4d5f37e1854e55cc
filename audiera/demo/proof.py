"""Act: any single use can be proven from the batch, and nothing else can."""

from __future__ import annotations

from dataclasses import replace

from audiera.client import SumProof
from audiera.demo.settle import Settled
from audiera.demo.stage import Stage
from audiera.metering import PricedUse, prove_use
from audiera.protocol import Use, Voucher

__all__ = ["altered", "prove_one_use"]


def prove_one_use(stage: Stage, settled: Settled) -> None:
    """Prove one use on chain, and fail to prove it altered."""
    story, voucher = stage.story, settled.signed.voucher
    story.act(
        "Any use can be proven, and no other",
        "The gateway publishes the use log. From it anyone proves a single use to the contract, by its path to the "
        "root.",
    )
    number = len(settled.signed.uses) * 2 // 3
    proof = prove_use(settled.signed.uses, number)
    use, work = proof.use.use, settled.signed.works[proof.use.use.dataset]
    path = next(row.metadata.path for row in work.rows if row.item.leaf() == use.item)
    story.say(
        f"Use {number + 1:,} of {voucher.calls:,} was “{path}” of “{work.name}” under licence {use.license}, for "
        f"{stage.money(proof.use.price, stage.usdc)}. What proves it: the path to its statement, "
        f"{len(proof.use_proof.siblings)} nodes, and from there to the batch, {len(proof.statement_proof.siblings)}."
    )

    def confirmed(record: PricedUse, under: Voucher = voucher) -> bool:
        return stage.client.usage.verify_use(
            under,
            settled.settled_at,
            proof.statement.statement,
            SumProof.of(proof.statement_proof, proof.statement.amount),
            use=record.use,
            use_proof=SumProof.of(proof.use_proof, record.price),
        )

    record = proof.use
    story.check("the chain confirms it", confirmed(record))
    story.check("the same use with a unit more is refused", not confirmed(replace(record, use=altered(record.use))))
    story.check("the same use at another price is refused", not confirmed(replace(record, price=record.price + 1)))
    forged = replace(voucher, amount=voucher.amount + 1)
    story.check("the same use from an altered voucher is refused", not confirmed(record, forged))


def altered(use: Use) -> Use:
    """Return the use with a unit more than there was."""
    return replace(use, units=use.units + 1)
