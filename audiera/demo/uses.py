"""Act: ten thousand metered uses across four datasets, one signature."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audiera.demo.publish import Work
from audiera.demo.purchase import Licence, Licences
from audiera.demo.stage import Stage
from audiera.metering import Batch, PricedUse
from audiera.protocol import Meter, Right, Use, Voucher, right_bit, word

__all__ = ["SignedBatch", "use_everything"]

_USES: Final = 10_000
_EACH: Final = 1_000  # uses between two heads of the open batch
_FEE: Final = 50  # the gateway's fee is one part in so many


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """What the gateway holds: the use log, and the payer's signature under its sum."""

    uses: tuple[PricedUse, ...]
    batch: Batch
    voucher: Voucher
    signature: bytes
    works: dict[int, Work]
    """The datasets used, by number."""


def use_everything(stage: Stage, licences: Licences, works: tuple[Work, Work, Work]) -> SignedBatch:
    """Open a channel, make the uses, sign them."""
    story, developer, gateway = stage.story, stage.cast.developer, stage.cast.gateway
    album, samples, weather = works
    story.act(
        f"{_USES:,} metered uses, one signature",
        "Each use is priced by its licence's meter and appended to a tree of sums. The developer signs only the "
        "newest head, a voucher for everything so far; nothing goes on chain while music is used.",
    )
    lines = (
        (licences.training, album),
        (licences.samples, samples),
        (licences.catalogue, weather),
        (licences.catalogue, samples),
    )
    uses = tuple(_make_uses(lines, stage.node.timestamp()))
    terms = {"payer": developer.address, "gateway": gateway.address, "token": stage.usdc}
    voucher = _count_as_gateway(uses).voucher(**terms, batch=1, fee=sum(it.price for it in uses) // _FEE)
    batch = Batch().extend(uses)
    story.equal(
        "the developer's own count of the uses gives the very head that the gateway asks it to sign",
        batch.voucher(**terms, batch=1, fee=voucher.fee),
        voucher,
    )
    _open_channel(stage, voucher)
    signature = stage.acting(developer).sign_voucher(voucher)
    _show(stage, batch, {it.dataset: it for it in works})
    story.say(
        f"{developer.name} signs one voucher: {voucher.calls:,} calls, {stage.money(voucher.amount, stage.usdc)}, "
        f"and a fee of {stage.money(voucher.fee, stage.usdc)} for the gateway."
    )
    return SignedBatch(uses, batch, voucher, signature, {it.dataset: it for it in works})


def _make_uses(lines: tuple[tuple[Licence, Work], ...], now: int) -> Iterator[PricedUse]:
    """Draw uses by lot, the same in every run."""
    lot = random.Random(2026)
    for number in range(_USES):
        licence, work = lot.choices(lines, weights=(4, 3, 2, 1))[0]
        terms, item = licence.offer.terms, lot.choice(work.rows).item
        units = item.units(Meter(terms.meter))
        use = Use(
            license=licence.number,
            dataset=work.dataset,
            version=1,
            item=item.leaf(),
            right=right_bit(Right.Training),
            units=units,
            at=now,
            nonce=word(number),
        )
        yield PricedUse(use, units * terms.unit_price)


def _count_as_gateway(uses: tuple[PricedUse, ...]) -> Batch:
    """Extend the open batch access by access, as a gateway does, each with many uses."""
    batch = Batch()
    for start in range(0, len(uses), _EACH):
        batch = batch.extend(uses[start : start + _EACH])
    return batch


def _open_channel(stage: Stage, voucher: Voucher) -> None:
    story, developer, gateway = stage.story, stage.cast.developer, stage.cast.gateway
    client, token = stage.acting(developer), stage.token(stage.usdc)
    whole = 10 ** token.decimals()
    deposit = -(-(voucher.amount + voucher.fee) // whole) * whole + 100 * whole
    approved = client.approve("UsageLedger", stage.usdc, deposit)
    deposited = client.usage.deposit(developer.address, gateway.address, stage.usdc, deposit)
    said = f"{developer.name} opens a channel with the gateway and deposits {token.amount(deposit)}"
    story.step(said, *approved, deposited)
    balance = client.usage.channel_of(developer.address, gateway.address, stage.usdc).balance
    story.equal("the channel holds the deposit", balance, deposit)


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
