"""What the events of `UsageLedger` change."""

from __future__ import annotations

from typing import Final

from eth_typing import ChecksumAddress

from audiera.client import events
from audiera.indexer.derive.batch import Batch, Rules
from audiera.indexer.rows import Row
from audiera.indexer.tables import (
    BATCHES,
    CHANNEL_MOVES,
    CHANNELS,
    DATASET_USAGE,
    GATEWAYS,
    LEDGER_TOTALS,
    LICENSE_USAGE,
    LICENSES,
    RECORDED_USES,
    STATEMENTS,
    TERMS,
)
from audiera.protocol import Meter
from audiera.text import hex_of

__all__ = ["RULES"]

RULES: Final = Rules("UsageLedger")

_FULL_OF_DATASET: Final = 2**48 - 1
_FULL_OF_LICENSE: Final = 2**64 - 1
_NO_LICENSE: Final = 2**63
_UNITS: Final = {Meter.Call: "call_units", Meter.Second: "second_units", Meter.Megabyte: "megabyte_units"}


@RULES.on(events.Deposited, lambda it: [(CHANNELS, (it.payer, it.gateway, it.token))])
def _deposited(batch: Batch, event: events.Deposited) -> None:
    """Anyone may add to a channel."""
    channel = _channel(batch, event.payer, event.gateway, event.token)
    channel.add(balance=event.amount, deposited=event.amount)
    _move(batch, event, "deposited", event.from_, event.amount)


@RULES.on(events.WithdrawalStarted, lambda it: [(CHANNELS, (it.payer, it.gateway, it.token))])
def _withdrawal_started(batch: Batch, event: events.WithdrawalStarted) -> None:
    """Replaces an earlier one; of nothing, it ends that. There need be no deposit."""
    channel = _channel(batch, event.payer, event.gateway, event.token)
    channel.set(thawing=event.amount, thaws_at=event.thaws_at)
    _move(batch, event, "withdrawal_started", event.payer, event.amount)


@RULES.on(events.Withdrawn, lambda it: [(CHANNELS, (it.payer, it.gateway, it.token))])
def _withdrawn(batch: Batch, event: events.Withdrawn) -> None:
    """Nothing thaws any more, even if less was there than was asked for."""
    channel = batch.rows.need(CHANNELS, event.payer, event.gateway, event.token)
    channel.add(balance=-event.amount, withdrawn=event.amount)
    channel.set(thawing=0, thaws_at=0)
    _move(batch, event, "withdrawn", event.recipient, event.amount)


@RULES.on(events.Refunded, lambda it: [(CHANNELS, (it.payer, it.gateway, it.token))])
def _refunded(batch: Batch, event: events.Refunded) -> None:
    """A withdrawal thaws on."""
    channel = batch.rows.need(CHANNELS, event.payer, event.gateway, event.token)
    channel.add(balance=-event.amount, refunded=event.amount)
    _move(batch, event, "refunded", event.recipient, event.amount)


@RULES.on(events.BatchSettled, lambda it: [(CHANNELS, (it.payer, it.gateway, it.token))])
def _batch_settled(batch: Batch, event: events.BatchSettled) -> None:
    """Amount and fee leave the channel together. A withdrawal thaws on. Of free uses there need be no deposit."""
    due = event.amount + event.fee
    _channel(batch, event.payer, event.gateway, event.token).add(balance=-due, settled=due)
    batch.rows.make(
        BATCHES,
        id=hex_of(event.batch_id),
        payer=event.payer,
        gateway=event.gateway,
        token=event.token,
        batch=event.batch,
        amount=event.amount,
        fee=event.fee,
        calls=event.calls,
        statements=event.statements,
        root=hex_of(event.root),
        voucher=hex_of(event.voucher().struct_hash()),
        settled_at=event.settled_at,
        collected=0,
        collected_amount=0,
        fee_released=False,
        **batch.here,
    )
    batch.rows.tally(LEDGER_TOTALS, "batches", number=1)


@RULES.on(
    events.StatementCollected,
    lambda it: [
        (BATCHES, (hex_of(it.batch_id),)),
        *([(LICENSES, (it.license,)), (DATASET_USAGE, (it.dataset,)), (LICENSE_USAGE, (it.license,))] * it.counted),
    ],
)
def _statement_collected(batch: Batch, event: events.StatementCollected) -> None:
    """It counts at the time its batch was settled; calls count up to units."""
    settled = batch.rows.need(BATCHES, hex_of(event.batch_id))
    settled.add(collected=1, collected_amount=event.amount)
    batch.rows.make(
        STATEMENTS,
        batch=hex_of(event.batch_id),
        index=event.index,
        license=event.license if event.license < _NO_LICENSE else None,
        dataset=event.dataset,
        amount=event.amount,
        units=event.units,
        calls=event.calls,
        uses=hex_of(event.uses),
        counted=event.counted,
        **batch.here,
    )
    batch.rows.tally(LEDGER_TOTALS, "uses", number=event.calls)
    if event.counted:
        _count(
            batch,
            license_id=event.license,
            dataset=event.dataset,
            calls=min(event.calls, event.units),
            units=event.units,
            time=settled.number("settled_at"),
        )


@RULES.on(events.FeeReleased, lambda it: [(BATCHES, (hex_of(it.batch_id),))])
def _fee_released(batch: Batch, event: events.FeeReleased) -> None:
    """Once all is collected. A fee of nothing is never released."""
    batch.rows.need(BATCHES, hex_of(event.batch_id)).set(fee_released=True)


@RULES.on(
    events.UseRecorded,
    lambda it: [(LICENSES, (it.license,)), (DATASET_USAGE, (it.dataset,)), (LICENSE_USAGE, (it.license,))],
)
def _use_recorded(batch: Batch, event: events.UseRecorded) -> None:
    """One call, at the time of its block."""
    batch.rows.append(
        RECORDED_USES,
        license=event.license,
        dataset=event.dataset,
        account=event.account,
        right=event.right,
        units=event.units,
        amount=event.amount,
        ref=hex_of(event.ref),
        **batch.here,
    )
    batch.rows.tally(LEDGER_TOTALS, "uses", number=1)
    time = batch.here["at"]
    _count(batch, license_id=event.license, dataset=event.dataset, calls=1, units=event.units, time=time)


@RULES.on(events.GatewayAnnounced, lambda it: [(GATEWAYS, (it.gateway,))])
def _gateway_announced(batch: Batch, event: events.GatewayAnnounced) -> None:
    """Replaces what it said before."""
    batch.rows.put(GATEWAYS, gateway=event.gateway, url=event.url, **batch.here)


def _channel(batch: Batch, payer: ChecksumAddress, gateway: ChecksumAddress, token: ChecksumAddress) -> Row:
    channel = batch.rows.row(CHANNELS, payer, gateway, token)
    if not channel.exists:
        sums = dict.fromkeys(("balance", "thawing", "thaws_at", "deposited", "settled", "withdrawn", "refunded"), 0)
        channel.put({"payer": payer, "gateway": gateway, "token": token, **sums})
    return channel


def _move(
    batch: Batch,
    event: events.Deposited | events.WithdrawalStarted | events.Withdrawn | events.Refunded,
    move: str,
    party: ChecksumAddress,
    amount: int,
) -> None:
    batch.rows.append(
        CHANNEL_MOVES,
        payer=event.payer,
        gateway=event.gateway,
        token=event.token,
        move=move,
        party=party,
        amount=amount,
        **batch.here,
    )


def _count(batch: Batch, *, license_id: int, dataset: int, calls: int, units: int, time: int) -> None:
    terms = batch.rows.need(LICENSES, license_id).text("terms")
    metered = _UNITS[Meter(batch.rows.need(TERMS, terms).number("meter"))]
    used = batch.rows.row(DATASET_USAGE, dataset)
    if not used.exists:
        used.put({"dataset": dataset, "calls": 0, **dict.fromkeys(_UNITS.values(), 0), "last_at": 0})
    _raise(used, _FULL_OF_DATASET, {"calls": calls, metered: units}, time)
    used = batch.rows.row(LICENSE_USAGE, license_id)
    if not used.exists:
        used.put({"license": license_id, "calls": 0, "units": 0, "last_at": 0})
    _raise(used, _FULL_OF_LICENSE, {"calls": calls, "units": units}, time)


def _raise(used: Row, full: int, by: dict[str, int], time: int) -> None:
    raised = {name: min(used.number(name) + more, full) for name, more in by.items()}
    used.set(**raised, last_at=max(used.number("last_at"), time))
