"""Carries out signed calls, or has a gateway do it, having shown what each of them does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from audiera.cli.network.happened import own_events, said
from audiera.cli.network.parts import read_parts
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session, Step
from audiera.client import SignedCall
from audiera.client.calls import checked_cost, gas_limit
from audiera.client.chain import ether_text
from audiera.client.contracts import Artifact
from audiera.client.contracts.events import Event
from audiera.consumer import carry_out as have_carried_out
from audiera.errors import InputError, RevertError
from audiera.remote import Remote
from audiera.text import Json, hex_of, shown

__all__ = ["MOST_TEXT", "carry_out", "describe_call", "describe_event", "read_calls"]

MOST_TEXT: Final = 1 << 22
"""Letters of a file of signed calls; nobody reads more of them before they are carried out."""


def read_calls(text: str) -> tuple[SignedCall, ...]:
    """Read signed calls, one a line.

    Raises:
        InputError: if there are none or too many, or a line is something else.
    """
    if len(text) > MOST_TEXT:
        raise InputError(f"The file has more than {MOST_TEXT:,} letters; carry out its calls a part at a time.")
    found = tuple(SignedCall.from_json(line) for line in text.splitlines() if line.strip())
    if not found:
        raise InputError("There is no signed call in the file; give it what a command printed with --relay.")
    return found


def carry_out(session: Session, calls: Sequence[SignedCall], url: str | None = None) -> None:
    """Show the calls, ask, and send each in its turn.

    Args:
        session: who pays the gas.
        calls: what to carry out.
        url: of a gateway that carries them out and pays the gas instead.

    Raises:
        GatewayError: the gateway does not carry one out; those before it are done.
        InputError: if one is for another chain or deployment; then none is sent.
        RevertError: as the contract refuses one; those before it are done.
        StorageError: the gateway cannot be reached.
    """
    remote = None if url is None else Remote(url)
    for signed in calls:
        signed.check_for(session.client.suite)
        contract = session.client.suite[signed.contract]
        say(
            f"{signed.call.account} asks {signed.contract} at {signed.address} on chain {signed.chain_id}, until "
            f"{_time(signed.call.deadline)}, to:"
        )
        for line in describe_call(contract.artifact, signed.call.data):
            say(f"  {line}")
    if remote is None:
        say(f"{session.me} pays the gas: {_cost(session, calls)}.")
    else:
        say(f"{shown(remote.url)} carries it out, and pays the gas.")
    session.confirm("Carry it out?" if len(calls) == 1 else f"Carry out these {len(calls)} calls?")
    done, told = list[Json](), list[str]()
    for signed in calls:
        if remote is None:
            receipt = session.signing_client().submit(signed)
        elif (found := have_carried_out(session.client, remote, signed)) is not None:
            receipt = found
        else:
            say(f"What {signed.call.account} signed was carried out before, or cancelled; nothing was done.")
            continue
        happened = [describe_event(it) for it in own_events(session, signed, receipt)]
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
        told += said(session, signed, receipt)
    count = "Carried out." if len(done) == len(calls) == 1 else f"Carried out {len(done)} calls."
    session.result({"carriedOut": done, "said": list[Json](told)}, [count, *told])


def describe_call(contract: Artifact, data: bytes) -> Iterator[str]:
    """Yield a line for a call of a contract, and for each part of a multicall.

    Raises:
        InputError: if it is not written as every compiler writes it: then it could be shown at any length.
    """
    for name, arguments in read_parts(contract, data):
        yield _line(name, arguments)


def describe_event(event: Event) -> str:
    """Return an event as one line."""
    return f"{type(event).__name__}({', '.join(f'{name}: {_shown(value)}' for name, value in _members(event))})"


def _cost(session: Session, calls: Sequence[SignedCall]) -> str:
    """Return what carrying out calls takes, as far as it can be tried: some wait for what others of them do.

    Raises:
        RevertError: as the contract refuses the first.
        ChainError: if one takes more gas, or costs more, than it may.
    """
    fresh = [it for it in calls if not session.is_sent(_submitting(it))]
    if not fresh:
        return "no more than was paid, as they were sent before"
    gas = most = tried = 0
    node, fees = session.client.node, session.client.node.fees()
    for signed in fresh:
        try:
            taken = session.preview(_submitting(signed)).gas
        except RevertError:
            if not tried:
                raise
            continue
        gas, most, tried = gas + taken, most + checked_cost(node, gas_limit(taken), fees), tried + 1
    told = f"about {gas:,}, at most {ether_text(most)}"
    return told if tried == len(fresh) else f"{told}, for {tried} of {len(fresh)}; the others wait for these"


def _submitting(signed: SignedCall) -> Step:
    return lambda client: client.submit(signed)


def _line(name: str, arguments: Mapping[str, object]) -> str:
    if not name:
        ((contract, data),) = arguments.items()
        return f"call something that {contract} does not have: {_shown(data)}"
    return f"{name}({', '.join(f'{each}: {_shown(value)}' for each, value in arguments.items())})"


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
    return shown(str(value))


def _time(second: int) -> str:
    try:
        return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M UTC}"
    except (ValueError, OverflowError, OSError):
        return "the end of time"
