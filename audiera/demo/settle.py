"""Act: the batch settles in one transaction, every statement is collected, and only then is the gateway paid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from audiera.client import SumProof
from audiera.client.contracts.events import BatchSettled, FeeReleased, StatementCollected, Withdrawn
from audiera.demo.stage import Stage
from audiera.demo.uses import SignedBatch

__all__ = ["Settled", "settle_batch", "take_back_the_rest"]

_DAY: Final = 86_400  # seconds that a withdrawal waits


@dataclass(frozen=True, slots=True)
class Settled:
    """A batch on chain."""

    signed: SignedBatch
    settled_at: int


def settle_batch(stage: Stage, signed: SignedBatch) -> Settled:
    """Settle, collect, release the fee."""
    story, gateway, voucher = stage.story, stage.cast.gateway, signed.voucher
    story.act(
        "The batch settles in one transaction",
        f"The chain learns one root for all {voucher.calls:,} uses, and checks the developer's signature under it.",
    )
    client = stage.acting(gateway)
    dearer = replace(voucher, amount=voucher.amount + 1)
    attempt = client.preview().usage
    story.refused(
        f"an altered voucher, {stage.money(1, stage.usdc)} dearer",
        "Ledger_InvalidSignature",
        lambda: attempt.settle(dearer, signed.signature),
    )
    stranger = stage.acting(stage.cast.studio).preview().usage
    story.refused(
        "the true voucher from anybody but its gateway",
        "Ledger_NotGateway",
        lambda: stranger.settle(voucher, signed.signature),
    )
    receipt = client.usage.settle(voucher, signed.signature)
    story.step(f"The gateway settles {voucher.calls:,} uses over {voucher.statements} statements", receipt)
    settled = Settled(signed, receipt.event(BatchSettled).settled_at)
    stage.publish_log(voucher.root, signed.uses)
    story.refused(
        "the gateway's fee before all is collected",
        "Ledger_NotAllCollected",
        lambda: attempt.release_fee(voucher, settled.settled_at),
    )
    gas = receipt.gas_used + _collect(stage, settled)
    to_settle, in_all = receipt.gas_used / voucher.calls, gas / voucher.calls
    story.say(
        f"That is {to_settle:.1f} gas for each use to settle, and {in_all:.1f} with everything collected and paid."
    )
    return settled


def _collect(stage: Stage, settled: Settled) -> int:
    """Credit every statement to its dataset, and pay the gateway; return the gas of both."""
    story, client, voucher = stage.story, stage.acting(stage.cast.gateway), settled.signed.voucher
    lines = settled.signed.batch.statements()
    proofs = [SumProof.of(settled.signed.batch.proof(it.line), it.amount) for it in lines]
    collected = client.usage.collect(voucher, settled.settled_at, [it.statement for it in lines], proofs)
    for line in lines:
        stage.credit(line.statement.dataset, stage.usdc, line.amount)
    story.step("All statements are collected: each dataset's account is credited with what its uses cost", collected)
    found = collected.events(StatementCollected)
    story.equal(
        "what was collected is what was signed, to the last unit", sum(it.amount for it in found), voucher.amount
    )
    story.check("every statement counts for its dataset and its licence", all(it.counted for it in found))
    calls = sum(stage.client.usage.usage_of(it).calls for it in settled.signed.works)
    story.equal(f"the datasets' own counters say {voucher.calls:,} uses", calls, voucher.calls)
    released = client.usage.release_fee(voucher, settled.settled_at)
    fee = released.event(FeeReleased).fee
    story.step(f"The gateway has its fee of {stage.money(fee, stage.usdc)}", released)
    return collected.gas_used + released.gas_used


def take_back_the_rest(stage: Stage) -> None:
    """Have the developer withdraw what it has not spent."""
    story, developer, gateway = stage.story, stage.cast.developer, stage.cast.gateway
    story.act(
        "The developer takes back what it has not spent",
        "A withdrawal waits for a day, in which the gateway can still settle what was signed.",
    )
    usage = stage.acting(developer).usage
    rest = usage.channel_of(developer.address, gateway.address, stage.usdc).balance
    started = usage.start_withdrawal(gateway.address, stage.usdc, rest)
    story.step(f"{developer.name} asks for {stage.money(rest, stage.usdc)}", started)
    attempt = stage.acting(developer).preview().usage
    story.refused("taking it at once", "Ledger_NotThawed", lambda: attempt.withdraw(gateway.address, stage.usdc))
    stage.node.request("evm_increaseTime", _DAY)
    stage.node.request("evm_mine")
    withdrawn = usage.withdraw(gateway.address, stage.usdc)
    story.step("A day later it has the money", withdrawn)
    story.equal("and all of it", withdrawn.event(Withdrawn).amount, rest)
