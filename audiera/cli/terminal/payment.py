"""Calls that take money: the balance is checked, the call tried, the user asked, exactly the amount approved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias, TypeVar, cast

from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session, Step
from audiera.client import Audiera, Permit, TxReceipt
from audiera.errors import InputError, RevertError
from audiera.protocol import ETHER
from audiera.quantities import Amount
from audiera.text import hex_of

__all__ = ["Payment", "pay"]

R = TypeVar("R")

Payee: TypeAlias = Literal["LicenseRegistry", "UsageLedger", "IncentivePool"]

_OURS = (
    *("License_", "Terms_", "Clearance_", "Catalogue_", "Registry_", "Ledger_", "Pool_", "Payments_"),
    "Splitter_Un",
)
"""What these contracts check before they pull any money."""


class Payment(Protocol):
    """A call that takes money, written once for every mode of the client."""

    def __call__(self, client: Audiera[R], /) -> R:
        """Make the call."""
        ...


def pay(session: Session, contract: Payee, due: Sequence[Amount], call: Payment, question: str) -> TxReceipt | None:
    """Carry out a call that takes `due`, having shown the price and asked.

    A token that is not approved already is approved by an EIP-2612 permit in the same transaction, where the token has
    them, else by a transaction before it: exactly the sum, to the contract that pulls it.

    Args:
        session: who pays.
        contract: the contract that pulls tokens.
        due: what is paid; several amounts of one token are added up.
        call: the call.
        question: asked before anything is sent.

    Returns:
        The receipt; None with --relay, which prints a signed call instead.

    Raises:
        InputError: if the payer has too little.
        RevertError: as the contract refuses; then nothing is paid.
    """
    step = cast("Step", call)  # a function of every mode is one of each of them
    if session.is_sent(step):  # so it needs neither money nor approval any more
        return session.carry_out(step)
    short: list[Amount] = []
    for amount in _sums(due):
        _check_balance(session, amount)
        if amount.token != ETHER and not _is_approved(session, contract, amount):
            short.append(amount)
    _try(session, step, excused=bool(short))
    for amount in short:
        say(f"  approves {amount} to the {contract}, no more")
    session.confirm("Sign it?" if session.relay else question)
    only = short[0] if len(short) == 1 and not any(it.token == ETHER and it.value for it in due) else None
    if only and (permitted := _with_permit(session, contract, only, call)):
        return session.carry_out(permitted)
    if short and session.only_signs:
        raise InputError(
            f"{short[0].symbol} takes no permits that are known, so a signed call cannot pay in it; approve "
            f"{short[0]} to the {contract} at {session.client.suite[contract].address} first."
        )
    for amount in short:
        for receipt in session.signing_client().approve(contract, amount.token, amount.value):
            say(f"Approved {amount} in transaction {hex_of(receipt.transaction)}.")
    return session.carry_out(step)


def _sums(due: Sequence[Amount]) -> list[Amount]:
    totals: dict[str, Amount] = {}
    for it in due:
        before = totals[it.token].value if it.token in totals else 0
        totals[it.token] = Amount(before + it.value, it.token, it.symbol, it.decimals)
    return list(totals.values())


def _check_balance(session: Session, due: Amount) -> None:
    has = session.client.token(due.token).balance_of(session.me)
    if has < due.value:
        raise InputError(
            f"{session.me} has {session.book.of_value(has, due.token)} and needs {due}; send it some and try again."
        )


def _is_approved(session: Session, contract: Payee, due: Amount) -> bool:
    spender = session.client.suite[contract].address
    return session.client.token(due.token).allowance(session.me, spender) >= due.value


def _try(session: Session, step: Step, *, excused: bool) -> None:
    """Try the call; where the approval is still missing, only what the contracts check before is of interest."""
    try:
        session.show_gas(step)
    except RevertError as error:
        if not excused or error.name.startswith(_OURS):
            raise


def _with_permit(session: Session, contract: Payee, due: Amount, call: Payment) -> Step | None:
    """Return the call behind a permit in one multicall; None if the token has no permits of the standard's kind."""
    client = session.signing_client()
    if client.signer is None:
        return None
    spender, deadline = client.suite[contract].address, client.node.timestamp() + session.lifetime
    encoded = client.encoding()
    try:
        permit = client.token(due.token).sign_permit(client.signer, spender, due.value, deadline)
        calls = [_permit_of(contract, encoded, permit), call(encoded)]
        step = _multicall(contract, calls)
        session.preview(step)
    except (InputError, RevertError):  # some tokens have permits that only look like the standard's
        return None
    return step


def _permit_of(contract: Payee, encoded: Audiera[bytes], permit: Permit) -> bytes:
    facades = {"LicenseRegistry": encoded.licenses, "UsageLedger": encoded.usage, "IncentivePool": encoded.incentives}
    return facades[contract].permit(permit)


def _multicall(contract: Payee, calls: Sequence[bytes]) -> Step:
    if contract == "LicenseRegistry":
        return lambda client: client.licenses.multicall(calls)
    if contract == "UsageLedger":
        return lambda client: client.usage.multicall(calls)
    return lambda client: client.incentives.multicall(calls)
