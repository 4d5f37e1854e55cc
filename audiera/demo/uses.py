"""Acts: a channel is opened; thousands of metered uses go on record at the gateway, one signature under all of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audiera.consumer import Wanted
from audiera.demo.publish import Work
from audiera.demo.pulling import Customer
from audiera.demo.purchase import Licence, Licences
from audiera.demo.stage import Stage
from audiera.metering import Batch, PricedUse
from audiera.protocol import Voucher

__all__ = ["SignedBatch", "open_channel", "use_everything"]

_USES: Final = 8_000
_AT_ONCE: Final = 1_000  # uses reported together
_DEPOSIT: Final = "500 USDC"


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """What both sides hold: the use log, and the payer's signature under its sum."""

    uses: tuple[PricedUse, ...]
    batch: Batch
    voucher: Voucher
    signature: bytes
    works: dict[int, Work]
    """The datasets used, by number."""


def open_channel(stage: Stage) -> None:
    """Have the developer deposit what its uses will be paid from."""
    story, developer, gateway = stage.story, stage.cast.developer, stage.cast.gateway
    client, token, deposit = stage.acting(developer), stage.token(stage.usdc), stage.amount(_DEPOSIT)
    story.act(
        "The developer opens a channel",
        "What it deposits with the gateway is its own until it is signed for, and comes back within a day.",
    )
    approved = client.approve("UsageLedger", stage.usdc, deposit.value)
    deposited = client.usage.deposit(developer.address, gateway.address, stage.usdc, deposit.value)
    story.step(f"{developer.name} opens a channel with the gateway and deposits {deposit}", *approved, deposited)
    balance = client.usage.channel_of(developer.address, gateway.address, token.address).balance
    story.equal("the channel holds the deposit", balance, deposit.value)


def use_everything(stage: Stage, customer: Customer, licences: Licences, works: tuple[Work, Work, Work]) -> SignedBatch:
    """Train on what is here, and put every use on record."""
    story, developer = stage.story, stage.cast.developer
    album, samples, weather = works
    story.act(
        f"{_USES:,} more uses, and one signature under all of them",
        "It trains, and reports each use that its licences meter. Every report is priced by the licence, appended to "
        "a tree of sums, and signed for: the newest head replaces the one before. Nothing goes on chain meanwhile.",
    )
    lines = (
        (licences.training, album),
        (licences.samples, samples),
        (licences.catalogue, weather),
        (licences.catalogue, samples),
    )
    for wanted in _draw(lines):
        customer.accesses.take(wanted)
    paid = [(number, head) for number, head in customer.keeping.heads().items() if head.voucher.amount]
    story.equal("the gateway countersigned every head, and one batch has all that is to be paid", len(paid), 1)
    number, head = paid[0]
    uses, voucher = tuple(customer.keeping.uses(number)), head.voucher.voucher()
    batch = Batch().extend(uses)
    terms = {"payer": voucher.payer, "gateway": voucher.gateway, "token": voucher.token}
    story.equal(
        "counted anew from the log, the uses give the very head that was signed",
        batch.voucher(**terms, batch=number, fee=voucher.fee),
        voucher,
    )
    _show(stage, batch, {it.dataset: it for it in works})
    story.say(
        f"{developer.name} signed one voucher: {voucher.calls:,} uses, {stage.money(voucher.amount, stage.usdc)}, "
        f"and a fee of {stage.money(voucher.fee, stage.usdc)} for the gateway."
    )
    return SignedBatch(uses, batch, voucher, head.signature, {it.dataset: it for it in works})


def _draw(lines: tuple[tuple[Licence, Work], ...]) -> Iterator[Wanted]:
    """Draw uses by lot, the same in every run, and return them by the access that they are reported in."""
    lot = random.Random(2026)
    drawn = Counter(lot.choices(range(len(lines)), weights=(4, 3, 2, 1), k=_USES))
    for place, count in drawn.items():
        licence, work = lines[place]
        for start in range(0, count, _AT_ONCE):
            rows = lot.choices(work.rows, k=min(_AT_ONCE, count - start))
            yield Wanted(work.dataset, 1, licence.number, licence.offer.terms, rows, whole=False, held=True)


def _show(stage: Stage, batch: Batch, works: dict[int, Work]) -> None:
    rows = [
        (
            str(line.statement.license),
            f"“{works[line.statement.dataset].name}”",
            f"{line.statement.calls:,}",
            f"{line.statement.units:,}",
            stage.money(line.amount, stage.usdc),
        )
        for line in batch.statements()
    ]
    numbers = ["Uses", "Units", "Amount"]
    stage.story.table(["Licence", "Dataset", *numbers], rows, right=numbers)
