"""What is known of use: of a dataset, a licence, a channel or a batch, as JSON fields and as text for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.output import Shown, block
from audiera.cli.terminal.parse import parse_hash32, parse_whole
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import when
from audiera.client.contracts.events import FeeReleased, StatementCollected
from audiera.errors import InputError
from audiera.metering import SignedVoucher
from audiera.protocol import Voucher, channel_id, to_address
from audiera.text import Json, hex_of

__all__ = ["describe_collected", "many", "show", "statement_json", "voucher_rows"]

_NEVER: Final = "not yet"
_LISTED: Final = 20  # statements that are shown to people


def show(session: Session, what: str, words: Sequence[str]) -> Shown:
    """Return what is known of a dataset, licence, channel or batch.

    Raises:
        InputError: if the words do not name one.
    """
    names = {"dataset": "NUMBER", "license": "NUMBER", "channel": "PAYER GATEWAY TOKEN", "batch": "ID or VOUCHER.json"}
    if len(words) != (3 if what == "channel" else 1):
        raise InputError(f"A {what} is named by {names[what]}; write `ape run usage show {what} {names[what]}`.")
    if what == "channel":
        return _channel(session, *words)
    if what == "batch":
        return _batch(session, words[0])
    if not (number := parse_whole(words[0])):
        raise InputError(f"{words[0]!r} is not the number of a {what}; numbers count from 1.")
    return (_dataset if what == "dataset" else _license)(session, number)


def voucher_rows(of_value: Callable[[int, str], object], voucher: Voucher) -> dict[str, object]:
    """Return a voucher line by line, its money as `of_value` writes so much of a token."""
    return {
        "payer": voucher.payer,
        "gateway": voucher.gateway,
        "batch number": voucher.batch,
        "calls": f"{voucher.calls:,} in {many(voucher.statements, 'statement')}",
        "amount": of_value(voucher.amount, voucher.token),
        "fee": of_value(voucher.fee, voucher.token),
    }


def statement_json(session: Session, event: StatementCollected, token: str) -> dict[str, Json]:
    """Return a collected statement for programs."""
    return {
        "license": event.license,
        "dataset": event.dataset,
        "units": event.units,
        "callCount": event.calls,
        **amount_json(session.book.of_value(event.amount, token)),
        "counted": event.counted,
    }


def describe_collected(events: Sequence[StatementCollected]) -> str:
    """Return how many statements count for nothing but their money, in words; empty where all count."""
    if uncounted := sum(not it.counted for it in events):
        return f"Paid, but counted nowhere, because holder, licence, token or price do not fit: {uncounted}"
    return ""


def many(count: int, thing: str) -> str:
    """Write a count of things."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _dataset(session: Session, dataset: int) -> Shown:
    kind = session.client.datasets.dataset_of(dataset).kind
    used = session.client.usage.usage_of(dataset)
    units = {"calls": used.call_units, "seconds": used.second_units, "megabytes": used.megabyte_units}
    counted = ", ".join(f"{count:,} {name}" for name, count in units.items() if count)
    rows: dict[str, object] = {
        "calls": f"{used.calls:,}",
        "units": counted or "none",
        "last": when(used.last_at) if used.last_at else _NEVER,
    }
    fields: dict[str, Json] = {
        "dataset": dataset,
        "name": session.names.name(dataset),
        "callCount": used.calls,
        "unitsByMeter": dict(units),
        "lastAt": used.last_at,
    }
    return fields, block(f"Use of {session.names.called(dataset)}, {kind.name}", rows)


def _license(session: Session, license_id: int) -> Shown:
    found = session.client.licenses.license_of(license_id)
    terms = session.client.licenses.terms_of(found.terms_id)
    used, unit = session.client.usage.usage_of_license(license_id), terms.meter.name.lower()
    rows: dict[str, object] = {
        "held by": found.holder,
        "calls": f"{used.calls:,}",
        "units": f"{used.units:,} {unit}s",
        "left": f"{max(terms.max_units - used.units, 0):,} {unit}s" if terms.max_units else "no limit",
        "last": when(used.last_at) if used.last_at else _NEVER,
    }
    fields: dict[str, Json] = {
        "license": license_id,
        "holder": found.holder,
        "callCount": used.calls,
        "units": used.units,
        "maxUnits": terms.max_units,
        "meter": terms.meter.name,
        "lastAt": used.last_at,
    }
    return fields, block(f"Use of licence {license_id} of {session.names.called(found.dataset)}", rows)


def _channel(session: Session, payer: str, gateway: str, name: str) -> Shown:
    token = session.book.address(name)
    one, other = to_address(payer), to_address(gateway)
    found, now = session.client.usage.channel_of(one, other, token), session.client.node.timestamp()
    balance, thawing = session.book.of_value(found.balance, token), session.book.of_value(found.thawing, token)
    rows: dict[str, object] = {"payer": one, "gateway": other, "balance": balance}
    if found.thaws_at:
        ready = "now" if found.thaws_at <= now else f"from {when(found.thaws_at)}"
        rows["to withdraw"] = f"{thawing}, {ready}"
    identity = channel_id(one, other, token)
    fields: dict[str, Json] = {
        "channel": hex_of(identity),
        "payer": one,
        "gateway": other,
        "token": token,
        "balance": amount_json(balance),
        "thawing": amount_json(thawing),
        "thawsAt": found.thaws_at,
    }
    return fields, block(f"Channel {hex_of(identity)}", rows)


def _batch(session: Session, name: str) -> Shown:
    usage = session.client.usage
    batch_id = parse_hash32(name, "a batch") if name.startswith("0x") else _batch_id(session, Path(name))
    if not usage.batch_of(batch_id).settled_at:
        raise InputError(f"Batch {hex_of(batch_id)} is not settled on this chain; settle it, or check the network.")
    voucher, settled_at = usage.settled(batch_id)
    collected = usage.collected(batch_id)
    released = any(usage.logs(FeeReleased, batch_id=batch_id))
    sent = session.book.of_value(sum(it.amount for it in collected), voucher.token)
    rows = voucher_rows(session.book.of_value, voucher)
    rows |= {
        "settled": when(settled_at),
        "collected": f"{len(collected):,} of {many(voucher.statements, 'statement')}, {sent}",
        "fee paid": _fee(voucher, released=released, complete=len(collected) == voucher.statements),
    }
    for it in collected[:_LISTED]:
        price = session.book.of_value(it.amount, voucher.token)
        rows[f"{session.names.called(it.dataset)}, licence {it.license}"] = (
            f"{many(it.calls, 'call')}, {many(it.units, 'unit')}, {price}"
        )
    if len(collected) > _LISTED:
        rows["and"] = f"{len(collected) - _LISTED:,} more; --json lists them all"
    fields: dict[str, Json] = {
        "batchId": hex_of(batch_id),
        "voucher": {key: str(hex_of(it) if isinstance(it, bytes) else it) for key, it in voucher.abi().items()},
        "settledAt": settled_at,
        "feeReleased": released,
        "statements": [statement_json(session, it, voucher.token) for it in collected],
    }
    return fields, block(f"Batch {hex_of(batch_id)}", rows)


def _fee(voucher: Voucher, *, released: bool, complete: bool) -> str:
    if not voucher.fee:
        return "there is none"
    if released:
        return "yes"
    return "not yet; pay it with `ape run usage fee VOUCHER`" if complete else "not before all is collected"


def _batch_id(session: Session, path: Path) -> bytes:
    signed = SignedVoucher.read(path)
    signed.check_for(session.client.domain("UsageLedger"))
    return signed.voucher.batch_id()
