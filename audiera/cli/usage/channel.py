"""A payer's money with a gateway, and uses recorded without one: shown, asked for, carried out."""

from __future__ import annotations

from typing import TypeVar

from eth_typing import ChecksumAddress

from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.output import say
from audiera.cli.terminal.payment import pay
from audiera.cli.terminal.session import AnyAudiera, Outcome, Session
from audiera.cli.terminal.words import paid_to, when
from audiera.client import Audiera, Channel
from audiera.client.contracts.events import Refunded, UseRecorded, WithdrawalStarted, Withdrawn
from audiera.errors import InputError
from audiera.protocol import Right
from audiera.quantities import Amount
from audiera.text import Json, hex_of

__all__ = ["deposit", "record", "refund", "start_withdrawal", "withdraw"]

R = TypeVar("R")


def deposit(session: Session, payer: ChecksumAddress, gateway: ChecksumAddress, amount: Amount) -> None:
    """Add to a channel from the account's money.

    Raises:
        InputError: if there is nothing to deposit, or the account has too little.
    """
    if not amount.value:
        raise InputError("A deposit of nothing changes nothing; write an amount above zero.")
    before = session.client.usage.channel_of(payer, gateway, amount.token).balance
    lines: list[tuple[str, object]] = [
        ("payer", payer),
        ("gateway", gateway),
        ("balance", session.book.of_value(before, amount.token)),
        ("deposit", amount),
    ]
    session.plan("Deposit, which the gateway may settle against vouchers of the payer:", lines)

    def put(client: Audiera[R]) -> R:
        return client.usage.deposit(payer, gateway, amount.token, amount.value)

    receipt = pay(session, "UsageLedger", [amount], put, "Deposit it?")
    if receipt:
        now = session.client.usage.channel_of(payer, gateway, amount.token).balance
        balance = session.book.of_value(now, amount.token)
        fields = _channel(payer, gateway, amount) | {"balance": amount_json(balance)}
        session.result(fields, f"Deposited {amount}; the channel with {gateway} has {balance} now.", receipt)


def start_withdrawal(session: Session, gateway: ChecksumAddress, token: ChecksumAddress, text: str) -> None:
    """Start the clock on taking money back: an amount, or ``all`` of it; zero stops the clock.

    Raises:
        InputError: if the amount is in another token, or there is nothing to take back, or no clock to stop.
    """
    usage = session.client.usage
    channel = usage.channel_of(session.me, gateway, token)
    whole = text.strip().lower() == "all"
    amount = session.book.of_value(channel.balance, token) if whole else session.book.amount(text)
    if amount.token != token:
        raise InputError(f"The channel is in {session.book.symbol(token)}; write the amount in it.")

    def step(client: AnyAudiera) -> Outcome:
        return client.usage.start_withdrawal(gateway, token, amount.value)

    question = "Start it?" if session.is_sent(step) else _show_start(session, gateway, channel, amount, whole=whole)
    receipt = session.act(step, question)
    if receipt:
        ready = receipt.event(WithdrawalStarted).thaws_at
        name = session.book.symbol(token)
        text = f"From {when(ready)}, take it with `ape run usage withdraw {gateway} {name}`." if ready else "Stopped."
        session.result(_channel(session.me, gateway, amount) | {"thawsAt": ready}, text, receipt)


def _show_start(session: Session, gateway: ChecksumAddress, channel: Channel, amount: Amount, *, whole: bool) -> str:
    """Show what would be started, or stopped, and return what to ask."""
    token, name = amount.token, session.book.symbol(amount.token)
    if not amount.value and (whole or not channel.thaws_at):
        why = "no withdrawal was started" if channel.balance else f"the channel with {gateway} has nothing"
        raise InputError(f"There is nothing to {'take back' if whole else 'stop'}: {why}; nothing is sent.")
    lines: list[tuple[str, object]] = [
        ("gateway", gateway),
        ("balance", session.book.of_value(channel.balance, token)),
        ("withdraw", amount),
    ]
    before = session.book.of_value(channel.thawing, token)
    if channel.thaws_at:
        lines.append(("replaces", f"{before}, which could be taken from {when(channel.thaws_at)}"))
    session.plan("Start of a withdrawal; the gateway may settle for a day yet:", lines)
    if not channel.thaws_at:
        return "Start it?"
    if not amount.value:
        return "Stop it?"
    ready = channel.thaws_at <= session.client.node.timestamp()
    take = f", and can be taken now: `ape run usage withdraw {gateway} {name}`" if ready else ""
    say(f"A withdrawal of {before} is started already{take}. This one takes its place, and its day begins anew.")
    return "Start it anew?"


def withdraw(session: Session, gateway: ChecksumAddress, token: ChecksumAddress) -> None:
    """Take back what has thawed, or what is left of it.

    Raises:
        InputError: if nothing can be taken yet.
    """

    def step(client: AnyAudiera) -> Outcome:
        return client.usage.withdraw(gateway, token)

    if not session.is_sent(step):
        _show_withdrawal(session, gateway, token)
    if receipt := session.act(step, "Withdraw it?"):
        done = receipt.event(Withdrawn)
        taken = session.book.of_value(done.amount, token)
        fields = _channel(session.me, gateway, taken) | {"recipient": done.recipient}
        where = "are yours again" if done.recipient == session.me else f"went to {done.recipient}"
        session.result(fields, f"{taken} {where}.", receipt)


def _show_withdrawal(session: Session, gateway: ChecksumAddress, token: ChecksumAddress) -> None:
    usage, name = session.client.usage, session.book.symbol(token)
    channel = usage.channel_of(session.me, gateway, token)
    if not channel.thaws_at:
        raise InputError(
            f"No withdrawal was started; start one with `ape run usage withdraw {gateway} {name} --start all`, "
            "and take it a day later."
        )
    if channel.thaws_at > session.client.node.timestamp():
        raise InputError(f"Nothing can be taken before {when(channel.thaws_at)}; come back then.")
    amount = session.book.of_value(min(channel.thawing, channel.balance), token)
    session.plan("Withdrawal:", [("gateway", gateway), ("amount", amount), ("to", paid_to(session, session.me))])


def refund(session: Session, payer: ChecksumAddress, amount: Amount) -> None:
    """Give part of a payer's deposit back at once, as its gateway.

    Raises:
        InputError: if there is nothing to give back, or the channel has too little.
    """
    if not amount.value:
        raise InputError("A refund of nothing changes nothing; write an amount above zero.")
    gateway, token = session.me, amount.token

    def step(client: AnyAudiera) -> Outcome:
        return client.usage.refund(payer, token, amount.value)

    if not session.is_sent(step):
        _show_refund(session, payer, amount)
    if receipt := session.act(step, "Give it back?"):
        done = receipt.event(Refunded)
        left = session.book.of_value(session.client.usage.channel_of(payer, gateway, token).balance, token)
        fields = _channel(payer, gateway, amount) | {"recipient": done.recipient, "balance": amount_json(left)}
        session.result(fields, f"{amount} went to {done.recipient}; the channel has {left} now.", receipt)


def _show_refund(session: Session, payer: ChecksumAddress, amount: Amount) -> None:
    gateway, token = session.me, amount.token
    channel = session.client.usage.channel_of(payer, gateway, token)
    balance = session.book.of_value(channel.balance, token)
    if amount.value > channel.balance:
        raise InputError(f"The channel of {payer} with {gateway} has {balance}; give back that much at most.")
    lines: list[tuple[str, object]] = [
        ("payer", payer),
        ("gateway", gateway),
        ("balance", balance),
        ("give back", amount),
        ("to", paid_to(session, payer)),
    ]
    session.plan("Refund; what is served and not settled yet can no longer be paid from it:", lines)


def record(session: Session, license_id: int, dataset: int, right: Right, *, units: int, ref: bytes) -> None:
    """Record and pay a use on chain, without a gateway.

    Raises:
        RevertError: as the contract refuses: licence, right or quota do not fit.
    """
    found = session.client.licenses.license_of(license_id)
    terms = session.client.licenses.terms_of(found.terms_id)
    due = session.book.of_value(units * terms.unit_price, terms.token)
    price = session.book.of_value(terms.unit_price, terms.token)
    unit = terms.meter.name.lower()
    lines: list[tuple[str, object]] = [
        ("licence", f"{license_id} of dataset {found.dataset}"),
        ("dataset", dataset),
        ("right", right.name),
        ("use", f"{units:,} {unit}s at {price}"),
        ("to pay", due),
    ]
    session.plan("Record of a use:", lines)

    def write(client: Audiera[R]) -> R:
        return client.usage.record(license_id, dataset, right, units, ref)

    receipt = pay(session, "UsageLedger", [due], write, "Record and pay it?")
    if receipt:
        done = receipt.event(UseRecorded)
        fields: dict[str, Json] = {
            "license": done.license,
            "dataset": done.dataset,
            "right": str(right.name),
            "units": done.units,
            **amount_json(session.book.of_value(done.amount, terms.token)),
            "ref": hex_of(done.ref),
        }
        text = f"Recorded {units:,} {unit}s of dataset {dataset} under licence {license_id} and paid {due}."
        session.result(fields, text, receipt)


def _channel(payer: str, gateway: str, amount: Amount) -> dict[str, Json]:
    return {"payer": payer, "gateway": gateway, **amount_json(amount)}
