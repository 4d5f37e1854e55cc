"""Acts: a sponsor promises a pot to what is used; once its campaign closes, it is shared out by what uses paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from audiera.client import Campaign, SumProof
from audiera.client.contracts.events import CampaignOpened, RewardCredited, StatementEntered
from audiera.demo.settle import Settled
from audiera.demo.stage import Stage
from audiera.protocol import ETHER, Statement

__all__ = ["Promise", "promise_reward", "share_out"]

_POT: Final = "1.234567890123456789 ETH"  # awkward on purpose: rounding must not lose a wei
_WINDOW: Final = 30 * 86_400  # seconds in which what is settled counts


@dataclass(frozen=True, slots=True)
class Promise:
    """A campaign with its pot."""

    campaign: int
    pot: int
    closes_at: int
    """Unix seconds."""


def promise_reward(stage: Stage) -> Promise:
    """Open a campaign for what the gateway will settle, and fill its pot."""
    story, sponsor = stage.story, stage.cast.sponsor
    story.act(
        "A sponsor promises a pot to what is used",
        f"{sponsor.name} wants music licensed, not taken. Whatever the gateway settles within a month counts, and each "
        "dataset will have its part of the pot by what its uses paid. The promise cannot be changed or taken back.",
    )
    client, now = stage.acting(sponsor), stage.node.timestamp()
    terms = Campaign(
        reward=ETHER, token=stage.usdc, gateways=(stage.cast.gateway.address,), start=now, end=now + _WINDOW
    )
    opened = client.incentives.open(terms)
    event, pot = opened.event(CampaignOpened), stage.amount(_POT)
    story.step(f"{sponsor.name} opens campaign {event.campaign} for uses paid in USDC", opened)
    story.step(f"It puts {pot} into the pot", client.incentives.fund(event.campaign, pot.value))
    standing = stage.client.incentives.campaign_of(event.campaign)
    story.equal("the pot holds all of it", standing.pot, pot.value)
    return Promise(event.campaign, pot.value, event.closes_at)


def share_out(stage: Stage, promise: Promise, settled: Settled) -> int:
    """Enter the settled batch, wait for the close, credit every dataset; return what rounding left in the pool."""
    story = stage.story
    story.act(
        "The sponsor's pot is shared out",
        "Anybody may enter what was settled, with its proof, and credit the datasets once the campaign is closed.",
    )
    weights = _enter(stage, promise, settled)
    standing = stage.client.incentives.campaign_of(promise.campaign)
    story.equal("all of them together weigh what the batch paid", standing.weight, settled.signed.voucher.amount)
    attempt = stage.acting(stage.cast.gateway).preview().incentives
    first = min(weights)
    story.refused(
        "crediting before the campaign closes", "Pool_NotClosed", lambda: attempt.credit(promise.campaign, first)
    )
    stage.node.request("evm_increaseTime", promise.closes_at - stage.node.timestamp())
    stage.node.request("evm_mine")
    story.say("Two months pass, and the campaign closes.")
    statements, proofs = _proven(settled)
    story.refused(
        "entering once it is closed",
        "Pool_Closed",
        lambda: attempt.enter(promise.campaign, settled.signed.voucher, settled.settled_at, statements, proofs),
    )
    rewards = {dataset: promise.pot * weight // sum(weights.values()) for dataset, weight in weights.items()}
    encoding = stage.client.encoding().incentives
    calls = [encoding.credit(promise.campaign, dataset) for dataset in rewards]
    credited = stage.acting(stage.cast.gateway).incentives.multicall(calls)
    for dataset, reward in rewards.items():
        stage.credit(dataset, ETHER, reward)
    story.step("Every dataset's account is credited its part", credited)
    found = {it.dataset: it.amount for it in credited.events(RewardCredited)}
    story.equal("each has the pot times what its uses paid, divided by what all paid", found, rewards)
    again = stage.acting(stage.cast.gateway).incentives.multicall(calls)
    story.step("Somebody credits them all again", again)
    story.equal("which credits nothing", again.events(RewardCredited), ())
    left = promise.pot - sum(rewards.values())
    story.check("rounding keeps less than a wei for each", left < len(rewards))
    story.table(
        ["Dataset", "Its uses paid", "Reward"],
        [
            (
                f"“{settled.signed.works[dataset].name}”",
                stage.money(weights[dataset], stage.usdc),
                stage.money(reward, ETHER),
            )
            for dataset, reward in rewards.items()
        ],
        right=["Its uses paid", "Reward"],
    )
    return left


def _enter(stage: Stage, promise: Promise, settled: Settled) -> Mapping[int, int]:
    """Enter every statement, twice; return what the uses of each dataset paid, as the batch itself says."""
    story, client, voucher = stage.story, stage.acting(stage.cast.studio), settled.signed.voucher
    statements, proofs = _proven(settled)
    entered = client.incentives.enter(promise.campaign, voucher, settled.settled_at, statements, proofs)
    who = stage.cast.studio.name
    story.step(f"{who}, which has nothing to do with it, enters all {len(statements)} statements", entered)
    again = client.incentives.enter(promise.campaign, voucher, settled.settled_at, statements, proofs)
    story.step("Somebody enters them all again", again)
    story.equal("which adds nothing", again.events(StatementEntered), ())
    weights: dict[int, int] = {}
    for line in settled.signed.batch.statements():
        dataset = line.statement.dataset
        weights[dataset] = weights.get(dataset, 0) + line.amount
    return weights


def _proven(settled: Settled) -> tuple[list[Statement], list[SumProof]]:
    batch = settled.signed.batch
    lines = batch.statements()
    return [it.statement for it in lines], [SumProof.of(batch.proof(it.line), it.amount) for it in lines]
