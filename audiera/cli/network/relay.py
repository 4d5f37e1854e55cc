"""Carries out signed calls, having shown what each of them does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum

from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.client import SignedCall
from audiera.client.contracts import Artifact, decode_fields
from audiera.client.contracts.events import CallRelayed, Event
from audiera.errors import InputError
from audiera.text import Json, hex_of

__all__ = ["carry_out", "describe_call", "describe_event", "read_calls"]


def read_calls(text: str) -> tuple[SignedCall, ...]:
    """Read signed calls, one a line.

    Raises:
        InputError: if there are none, or a line is something else.
    """
    found = tuple(SignedCall.from_json(line) for line in text.splitlines() if line.strip())
    if not found:
        raise InputError("There is no signed call in the file; give it what a command printed with --relay.")
    return found


def carry_out(session: Session, calls: Sequence[SignedCall]) -> None:
    """Show the calls, ask, and send each in its turn.

    Raises:
        InputError: if one is for another chain or deployment; then none is sent.
        RevertError: as the contract refuses one; those before it are done.
    """
    for signed in calls:
        signed.check_for(session.client.suite)
        say(f"{signed.call.account} asks {signed.contract}, until {_time(signed.call.deadline)}, to:")
        for line in describe_call(session.client.suite[signed.contract].artifact, signed.call.data):
            say(f"  {line}")
    say(f"{session.me} pays the gas.")
    session.confirm("Carry it out?" if len(calls) == 1 else f"Carry out these {len(calls)} calls?")
    done: list[Json] = []
    for signed in calls:
        receipt = session.signing_client().submit(signed)
        happened = [describe_event(it.event) for it in receipt.logs if not isinstance(it.event, CallRelayed)]
        done.append(
            {
                "account": signed.call.account,
                "transaction": hex_of(receipt.transaction),
                "gasUsed": receipt.gas_used,
                "events": happened,
            }
        )
        say(f"Transaction {hex_of(receipt.transaction)} is in block {receipt.block} ({receipt.gas_used:,} gas):")
        for line in happened:
            say(f"  {line}")
    session.result({"calls": done}, "Carried out." if len(calls) == 1 else f"Carried out {len(calls)} calls.")


def describe_call(contract: Artifact, data: bytes) -> Iterator[str]:
    """Yield a line for a call of a contract, and for each part of a multicall."""
    entry = next((it for it in contract.functions if it.selector == data[:4]), None)
    if entry is None:
        yield f"call something that {contract.name} does not have: {hex_of(data)}"
        return
    arguments = decode_fields(entry, data[4:])
    if entry.name == "multicall" and isinstance(parts := arguments.get("data"), tuple):
        for part in parts:
            yield from describe_call(contract, part if isinstance(part, bytes) else b"")
        return
    yield f"{entry.name}({', '.join(f'{name}: {_shown(value)}' for name, value in arguments.items())})"


def describe_event(event: Event) -> str:
    """Return an event as one line."""
    return f"{type(event).__name__}({', '.join(f'{name}: {_shown(value)}' for name, value in _members(event))})"


def _members(value: object) -> list[tuple[str, object]]:
    if not is_dataclass(value) or isinstance(value, type):
        return []
    return [(it.name, getattr(value, it.name)) for it in fields(value)]


def _shown(value: object) -> str:
    if isinstance(value, Enum):
        return value.name or str(value.value)
    if isinstance(value, bytes):
        return hex_of(value)
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_shown, value))}]"
    if members := _members(value):
        return f"({', '.join(f'{name}: {_shown(each)}' for name, each in members)})"
    return str(value)


def _time(second: int) -> str:
    try:
        return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M UTC}"
    except (ValueError, OverflowError, OSError):
        return "the end of time"
