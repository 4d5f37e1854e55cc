"""Statements of a settled batch entered in a campaign: shown, asked for, carried out."""

from __future__ import annotations

from pathlib import Path

from audiera.cli.terminal.documents import amount_json, sent_json
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import when
from audiera.client import Standing
from audiera.client.contracts.events import StatementEntered
from audiera.errors import ChainError, InputError
from audiera.metering import read_log, rebuild
from audiera.operations import Entered, enter, not_entered, settlement_of
from audiera.protocol import Voucher
from audiera.text import Json, hex_of

__all__ = ["enter_batch"]


def enter_batch(session: Session, campaign: int, voucher: Voucher, log: Path) -> None:
    """Enter whatever of a settled batch is not in the campaign yet.

    Raises:
        InputError: if the batch is not settled, or does not count in the campaign.
        UseError: if the log is not the batch's.
        ChainError: if statements are refused; all others are entered.
    """
    standing = session.client.incentives.campaign_of(campaign)
    settled_at = settlement_of(session.client, voucher)
    places = not_entered(session.client, campaign, voucher)
    before = session.take(StatementEntered, campaign=campaign, batch_id=voucher.batch_id())
    if places or not before:
        _check(session, campaign, standing, voucher, settled_at)
    batch = rebuild(voucher, read_log(log))
    lines = batch.statements()
    left = session.book.of_value(sum(lines[place].amount for place in places), voucher.token)
    session.plan(
        f"Entry in campaign {campaign}:",
        [
            ("batch", hex_of(voucher.batch_id())),
            ("gateway", voucher.gateway),
            ("settled", when(settled_at)),
            ("to enter", f"{_statements(len(places))} of {voucher.statements:,}, {left}"),
            ("closes", when(standing.closes_at)),
        ],
    )
    fields: dict[str, Json] = {"campaign": campaign, "batchId": hex_of(voucher.batch_id())}
    if not places and not before:
        session.result(fields | {"statementCount": 0, "refusedCount": 0}, "Everything is entered already.")
        return
    done = Entered(tuple(before), ())
    if places:
        session.show_contract("IncentivePool")
        session.confirm("Enter them?")
        new = enter(session.signing_client(), campaign, voucher, batch, places)
        done = Entered((*before, *new.receipts), new.refused)
    entered = done.statements
    added = session.book.of_value(sum(it.amount for it in entered), voucher.token)
    transactions = "1 transaction" if len(done.receipts) == 1 else f"{len(done.receipts)} transactions"
    fields |= {
        "statementCount": len(entered),
        **amount_json(added),
        **sent_json(done.receipts),
        "refusedCount": len(done.refused),
    }
    session.result(fields, f"Entered {_statements(len(entered))}, worth {added}, in {transactions}.")
    if done.refused:
        line, error = done.refused[0]
        raise ChainError(
            f"Refused: {_statements(len(done.refused))}, first that of licence {line.statement.license} and "
            f"dataset {line.statement.dataset}. {error}"
        )


def _check(session: Session, campaign: int, standing: Standing, voucher: Voucher, settled_at: int) -> None:
    """Say in words, before the log is read, what the pool would refuse."""
    if session.client.node.timestamp() >= standing.closes_at:
        raise InputError(f"Campaign {campaign} closed {when(standing.closes_at)}; nothing more can be entered.")
    if not session.client.incentives.counts_gateway(campaign, voucher.gateway):
        raise InputError(f"Campaign {campaign} does not count batches of {voucher.gateway}; see which it does.")
    if voucher.token != standing.token:
        told = f"Campaign {campaign} counts uses paid in {session.book.symbol(standing.token)}"
        raise InputError(f"{told}, and these were paid in {session.book.symbol(voucher.token)}.")
    if not standing.start <= settled_at < standing.end:
        raise InputError(
            f"Campaign {campaign} counts what was settled from {when(standing.start)} until {when(standing.end)}, "
            f"and this was {when(settled_at)}."
        )


def _statements(count: int) -> str:
    return "1 statement" if count == 1 else f"{count:,} statements"
