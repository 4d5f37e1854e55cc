"""Act: the batch settles in one transaction, every statement is collected, and only then is the gateway paid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from audiera.client import TxReceipt
from audiera.client.contracts.events import BatchSettled, FeeReleased, StatementCollected, Withdrawn
from audiera.demo.stage import Stage
from audiera.demo.uses import SignedBatch
from audiera.demo.venue import Venue

__all__ = ["Settled", "settle_batch", "take_back_the_rest"]

_DAY: Final = 86_400  # seconds that a withdrawal waits


@dataclass(frozen=True, slots=True)
class Settled:
    """A batch on chain."""

    signed: SignedBatch
    settled_at: int


def settle_batch(stage: Stage, venue: Venue, signed: SignedBatch) -> Settled:
    """Have the gateway settle, collect, and take its fee, as `audiera gateway settle` does."""
    story, gateway, voucher = stage.story, stage.cast.gateway, signed.voucher
    story.act(
        "The batch settles in one transaction",
        f"The chain learns one root for all {voucher.calls:,} uses, and checks the developer's signature under it.",
    )
    dearer = replace(voucher, amount=voucher.amount + 1)
    attempt = stage.acting(gateway).preview().usage
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
    passed = _Passed(stage, signed)
    venue.settle(passed.tell)
    calls = sum(stage.client.usage.usage_of(it).calls for it in signed.works)
    story.equal(f"the datasets' own counters say {voucher.calls:,} uses", calls, voucher.calls)
    story.say(
        f"That is {passed.to_settle / voucher.calls:.1f} gas for each use to settle, and "
        f"{passed.gas / voucher.calls:.1f} with everything collected and paid."
    )
    return Settled(signed, passed.settled_at)


@dataclass(slots=True)
class _Passed:
    """What the gateway's settling has come to."""

    stage: Stage
    signed: SignedBatch
    settled_at: int = 0
    to_settle: int = 0
    gas: int = 0

    def tell(self, what: str, receipt: TxReceipt) -> None:
        """Tell a transaction, and check what it must have done."""
        story, voucher = self.stage.story, self.signed.voucher
        self.gas += receipt.gas_used
        if what == "settled":
            self.settled_at, self.to_settle = receipt.event(BatchSettled).settled_at, receipt.gas_used
            story.step(f"The gateway settles {voucher.calls:,} uses over {voucher.statements} statements", receipt)
            self.stage.publish_log(voucher.root, self.signed.uses)
            attempt = self.stage.acting(self.stage.cast.gateway).preview().usage
            story.refused(
                "the gateway's fee before all is collected",
                "Ledger_NotAllCollected",
                lambda: attempt.release_fee(voucher, self.settled_at),
            )
        elif what == "collected":
            story.step("All statements are collected: each dataset's account has what its uses cost", receipt)
            found = receipt.events(StatementCollected)
            for line in self.signed.batch.statements():
                self.stage.credit(line.statement.dataset, self.stage.usdc, line.amount)
            collected = sum(it.amount for it in found)
            story.equal("what was collected is what was signed, to the last unit", collected, voucher.amount)
            story.check("every statement counts for its dataset and its licence", all(it.counted for it in found))
        else:
            fee = self.stage.money(receipt.event(FeeReleased).fee, self.stage.usdc)
            story.step(f"The gateway has its fee of {fee}", receipt)


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
