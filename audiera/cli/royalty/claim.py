"""`royalty claim`: bring a payee what it is owed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eth_typing import ChecksumAddress

from audiera.cli.royalty.show import Subject
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import paid_to
from audiera.client import TxReceipt
from audiera.client.contracts.events import Claimed, Forwarded
from audiera.errors import InputError, RevertError
from audiera.operations import ClaimStep, Flow, plan_claims
from audiera.protocol import is_account, payee_address, to_address
from audiera.text import Json, hex_of

__all__ = ["claim"]

_BATCH = 100  # claims in one transaction: about six million gas


def claim(session: Session, payee: bytes, subject: Subject | None) -> None:
    """Show all that is owed to a payee, from one subject or from everywhere, ask, and claim it.

    A token that refuses to be paid out is left out, and the others are claimed.

    Raises:
        InputError: if the payee is an account that is assigned to no split.
    """
    flow = Flow.read(session.client)
    if is_account(payee) and flow.current(payee) is None:
        raise InputError(
            f"Account {hex_of(payee)} is not assigned to a split, so its money waits; its controller assigns it with "
            "`ape run royalty assign`."
        )
    steps = plan_claims(session.client, flow, payee, None if subject is None else subject.splits(flow))
    batches, left_out = _possible(session, steps)
    before = [*session.take(Claimed), *session.take(Forwarded)]
    if not batches and not before:
        _nothing(session, flow, payee, left_out, everywhere=subject is None)
        return
    if batches:
        _show(session, flow, payee, [step for batch in batches for step in batch])
        session.confirm("Claim it?" if len(batches) == 1 else f"Claim it, in {len(batches)} transactions?")
    receipts = [*before, *(_send(session, batch) for batch in batches)]
    _report(session, flow, payee, receipts, left_out)


def _possible(
    session: Session, steps: Sequence[ClaimStep]
) -> tuple[list[Sequence[ClaimStep]], dict[ChecksumAddress, str]]:
    """Try each token by itself, so that a bad one spoils nothing."""
    batches: list[Sequence[ClaimStep]] = []
    left_out: dict[ChecksumAddress, str] = {}
    for token in dict.fromkeys(step.token for step in steps):
        same = [step for step in steps if step.token == token]
        try:
            _try(session, same)
        except RevertError as error:
            left_out[token] = str(error)
            say(f"{session.book.symbol(token)} is left out: {error}")
        else:
            batches += [same[start : start + _BATCH] for start in range(0, len(same), _BATCH)]
    return batches, left_out


def _try(session: Session, steps: Sequence[ClaimStep]) -> None:
    calls = list(_calls(session, steps[-_BATCH:])) if len(steps) > _BATCH else list(_calls(session, steps))
    session.preview(lambda client: client.royalty.multicall(calls))


def _calls(session: Session, steps: Sequence[ClaimStep]) -> Iterator[bytes]:
    encoding = session.client.encoding().royalty
    return (encoding.claim(step.split, step.token, step.payee) for step in steps)


def _send(session: Session, steps: Sequence[ClaimStep]) -> TxReceipt:
    calls = list(_calls(session, steps))
    receipt = session.carry_out(lambda client: client.royalty.multicall(calls))
    if receipt is None:
        raise InputError("A claim needs nobody's signature; let anybody run it with --payee.")
    return receipt


def _show(session: Session, flow: Flow, payee: bytes, steps: Sequence[ClaimStep]) -> None:
    rows = [
        (
            "forward" if step.to_split else "claim",
            str(session.book.of_value(step.amount, step.token)),
            flow.name_split(step.split_id),
            f"{flow.name(step.payee)}'s split" if step.to_split else paid_to(session, payee_address(step.payee)),
        )
        for step in steps
    ]
    session.table(("", "amount", "from", "to"), rows, title=f"Owed to {flow.name(payee)}:", right=("amount",))


def _nothing(
    session: Session, flow: Flow, payee: bytes, left_out: dict[ChecksumAddress, str], *, everywhere: bool
) -> None:
    fields: dict[str, Json] = {"payee": _json_payee(payee), "claimed": [], "transactions": []}
    told = f"Nothing can be claimed for {flow.name(payee)} "
    told += (
        "now." if everywhere else "there now; name no source, and what comes through other accounts is claimed, too."
    )
    session.result(fields | {"leftOut": _json_left_out(left_out)}, told)


def _report(
    session: Session,
    flow: Flow,
    payee: bytes,
    receipts: Sequence[TxReceipt],
    left_out: dict[ChecksumAddress, str],
) -> None:
    totals: dict[ChecksumAddress, int] = {}
    for receipt in receipts:
        moved: Sequence[Claimed | Forwarded] = (*receipt.events(Claimed), *receipt.events(Forwarded))
        for event in moved:
            if event.payee == payee:
                totals[event.token] = totals.get(event.token, 0) + event.amount
    paid = [session.book.of_value(amount, token) for token, amount in totals.items()]
    fields: dict[str, Json] = {
        "payee": _json_payee(payee),
        "claimed": [{"token": it.token, "amount": str(it), "value": str(it.value)} for it in paid],
        "transactions": [hex_of(it.transaction) for it in receipts],
        "gasUsed": sum(it.gas_used for it in receipts),
        "leftOut": _json_left_out(left_out),
    }
    told = f"Claimed {', '.join(map(str, paid))} for {flow.name(payee)}"
    own = (event for receipt in receipts for event in receipt.events(Claimed) if event.payee == payee)
    recipients = list(dict.fromkeys(event.recipient for event in own))
    if elsewhere := [it for it in recipients if it != _json_payee(payee)]:
        told += f", paid to {', '.join(elsewhere)}"
    session.result(fields | {"recipients": recipients}, f"{told}.")


def _json_payee(payee: bytes) -> str:
    return hex_of(payee) if is_account(payee) else payee_address(payee)


def _json_left_out(left_out: dict[ChecksumAddress, str]) -> list[Json]:
    return [{"token": to_address(token), "reason": reason} for token, reason in left_out.items()]
