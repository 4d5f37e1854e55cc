"""Settling a batch, collecting its statements and releasing its fee: shown, asked for, carried out."""

from __future__ import annotations

from pathlib import Path

from audiera.cli.terminal.documents import amount_json, sent_json
from audiera.cli.terminal.output import counting_bar
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import paid_to, when
from audiera.cli.usage.show import describe_collected, many, statement_json, voucher_rows
from audiera.client import TxReceipt
from audiera.client.contracts.events import BatchSettled, FeeReleased, StatementCollected
from audiera.errors import ChainError, InputError
from audiera.metering import SignedVoucher, read_log, rebuild
from audiera.operations import Collected, collect, settlement_of, waiting
from audiera.protocol import Voucher
from audiera.quantities import Amount
from audiera.text import Json, hex_of

__all__ = ["collect_batch", "release_fee", "settle"]


def settle(session: Session, signed: SignedVoucher) -> None:
    """Settle a batch, as its gateway.

    Raises:
        InputError: if the channel has too little, or another voucher was settled under the number.
        RevertError: as the ledger refuses; then nothing is taken.
    """
    usage, voucher = session.client.usage, signed.voucher
    batch_id = voucher.batch_id()
    if done := session.take(BatchSettled, batch_id=batch_id):
        settlement_of(session.client, voucher)  # refuses another voucher of the same number
        _tell_settled(session, done[0])
        return
    channel = usage.channel_of(voucher.payer, voucher.gateway, voucher.token)
    balance = session.book.of_value(channel.balance, voucher.token)
    session.plan("Settlement:", [*voucher_rows(session.book.of_value, voucher).items(), ("channel has", balance)])
    if usage.batch_of(batch_id).settled_at:
        settled_at = settlement_of(session.client, voucher)
        text = f"It was settled {when(settled_at)} already; collect it with `ape run usage collect`."
        session.result({"batchId": hex_of(batch_id), "settledAt": settled_at}, text)
        return
    missing = voucher.amount + voucher.fee - channel.balance
    if missing > 0:
        short = session.book.of_value(missing, voucher.token)
        raise InputError(
            f"The channel has {balance}, which is {short} too little; the payer has to deposit that first."
        )
    receipt = session.act(lambda client: client.usage.settle(voucher, signed.signature), "Settle it?")
    if receipt:
        _tell_settled(session, receipt)


def _tell_settled(session: Session, receipt: TxReceipt) -> None:
    done = receipt.event(BatchSettled)
    fields: dict[str, Json] = {"batchId": hex_of(done.batch_id), "settledAt": done.settled_at}
    text = f"Batch {hex_of(done.batch_id)} is settled. Collect it with `ape run usage collect VOUCHER LOG`."
    session.result(fields, text, receipt)


def collect_batch(session: Session, voucher: Voucher, log: Path) -> None:
    """Collect whatever is left of a settled batch.

    Raises:
        UseError: if the log is not the batch's.
        InputError: if the batch is not settled.
        ChainError: if statements are refused; all others are collected.
    """
    settled_at = settlement_of(session.client, voucher)
    places = waiting(session.client, voucher, settled_at)
    batch = rebuild(voucher, read_log(log))
    lines = batch.statements()
    left = session.book.of_value(sum(lines[place].amount for place in places), voucher.token)
    session.plan(
        "Collection:",
        [
            *voucher_rows(session.book.of_value, voucher).items(),
            ("settled", when(settled_at)),
            ("to collect", f"{len(places):,} of {many(voucher.statements, 'statement')}, {left}"),
        ],
    )
    batch_id = hex_of(voucher.batch_id())
    before = session.take(StatementCollected, batch_id=voucher.batch_id())
    if not places and not before:
        session.result({"batchId": batch_id, "statements": [], "refusedCount": 0}, "Everything is collected already.")
        return
    done = Collected(tuple(before), ())
    if places:
        session.show_contract("UsageLedger")
        session.confirm("Collect them?")
        with counting_bar("Collecting", len(places)) as progress:
            new = collect(session.signing_client(), voucher, settled_at, batch, places, progress=progress)
        done = Collected((*before, *new.receipts), new.refused)
    events = done.statements
    paid = session.book.of_value(sum(it.amount for it in events), voucher.token)
    fields: dict[str, Json] = {
        "batchId": batch_id,
        **amount_json(paid),
        "statements": [statement_json(session, it, voucher.token) for it in events],
        **sent_json(done.receipts),
        "refusedCount": len(done.refused),
    }
    sent = many(len(done.receipts), "transaction")
    told = [f"Collected {many(len(events), 'statement')}, {paid}, in {sent}."]
    if note := describe_collected(events):
        told.append(f"{note}.")
    session.result(fields, told)
    if done.refused:
        line, error = done.refused[0]
        raise ChainError(
            f"Refused: {many(len(done.refused), 'statement')}, first that of licence {line.statement.license} and "
            f"dataset {line.statement.dataset}. {error}"
        )


def release_fee(session: Session, voucher: Voucher) -> None:
    """Pay the gateway its fee.

    Raises:
        RevertError: if statements are not collected yet.
    """
    settled_at = settlement_of(session.client, voucher)
    fee = session.book.of_value(voucher.fee, voucher.token)
    fields: dict[str, Json] = {
        "batchId": hex_of(voucher.batch_id()),
        "gateway": voucher.gateway,
        "fee": amount_json(fee),
    }
    if not voucher.fee:
        session.result(fields, "The batch has no fee, so nothing is to be paid.")
        return
    if done := session.take(FeeReleased, batch_id=voucher.batch_id()):
        _tell_released(session, fields, fee, done[0])
        return
    if any(session.client.usage.logs(FeeReleased, batch_id=voucher.batch_id())):
        session.result(fields, f"The fee of {fee} was paid before.")
        return
    session.plan("Fee:", [("gateway", voucher.gateway), ("fee", fee), ("to", paid_to(session, voucher.gateway))])
    receipt = session.act(lambda client: client.usage.release_fee(voucher, settled_at), "Pay it?")
    if receipt:
        _tell_released(session, fields, fee, receipt)


def _tell_released(session: Session, fields: dict[str, Json], fee: Amount, receipt: TxReceipt) -> None:
    done = receipt.event(FeeReleased)
    told = f"The fee of {fee} went to {paid_to(session, done.gateway)}."
    session.result(fields | {"recipient": done.recipient}, told, receipt)
