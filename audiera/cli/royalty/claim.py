"""`royalty claim`: bring a payee what it is owed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.cli.royalty.show import Subject
from audiera.cli.terminal.documents import amount_json, payee_id, sent_json
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import paid_to
from audiera.client import TxReceipt
from audiera.client.calls import checked_cost, gas_limit, most_of
from audiera.client.chain import ether_text
from audiera.client.contracts.events import Claimed, Forwarded
from audiera.errors import InputError, RevertError
from audiera.operations import Claims, ClaimStep, Flow, Owed, Worth
from audiera.protocol import ETHER, is_account, payee_address, to_address
from audiera.text import Json, hex_of

__all__ = ["claim", "claim_all"]

_BATCH = 100  # claims in one transaction: about six million gas

_Left = tuple[Owed, str]
"""What is not claimed, and why."""


@dataclass(frozen=True, slots=True)
class _Possible:
    """What the contract and the tokens let through."""

    batches: tuple[Sequence[ClaimStep], ...]
    gas: int
    """Of all, about."""
    left_out: Mapping[ChecksumAddress, str]
    """The tokens that refuse, and why."""


def claim(session: Session, payee: bytes, subject: Subject | None) -> None:
    """Show all that is owed to a payee, from one subject or from everywhere, ask, and claim it.

    A token that refuses to be paid out is left out, and the others are claimed.

    Raises:
        InputError: if the payee is an account that is assigned to no split.
    """
    claims = _claims(session, payee, subject)
    _carry_out(session, claims, claims.plan().steps, everywhere=subject is None)


def claim_all(session: Session, payee: bytes, least: Sequence[str]) -> None:
    """Show what of all that is owed to a payee is worth its way and what is not, ask, and claim the former.

    ETH is worth it if it pays for the gas of every step to the payee; a token that has a name here always is, since
    nobody knows what it is worth in ETH, or from the least amount that is told; a token without a name never is.

    Raises:
        InputError: if the payee is an account that is assigned to no split.
        AmountError: if a least amount cannot be read.
    """
    amounts = {it.token: it.value for it in map(session.book.amount, least)}
    claims = _claims(session, payee, None)
    cost = _cost_of_step(session, [it for it in claims.plan().steps if it.token == ETHER])
    plan = claims.plan(_worth(session, cost, amounts))
    left = [(it, _why(it, amounts.get(it.token, 0))) for it in plan.left]
    _carry_out(session, claims, plan.steps, left, everywhere=True)


def _claims(session: Session, payee: bytes, subject: Subject | None) -> Claims:
    flow = Flow.read(session.client, session.names)
    if is_account(payee) and flow.current(payee) is None:
        raise InputError(
            f"Account {hex_of(payee)} is not assigned to a split, so its money waits; its controller assigns it with "
            "`ape run royalty assign`."
        )
    return Claims.of(session.client, flow, payee, None if subject is None else subject.splits(flow))


def _carry_out(
    session: Session, claims: Claims, steps: Sequence[ClaimStep], left: Sequence[_Left] = (), *, everywhere: bool
) -> None:
    flow, payee = claims.flow, claims.payee
    possible = _possible(session, steps)
    before = [*session.take(Claimed), *session.take(Forwarded)]
    if left:
        _show_left(session, flow, left)
    if not possible.batches and not before:
        _nothing(session, claims, possible.left_out, left, everywhere=everywhere)
        return
    if possible.batches:
        _show(session, flow, payee, possible)
        many = len(possible.batches)
        session.confirm("Claim it?" if many == 1 else f"Claim it, in {many} transactions?")
    receipts = [*before, *(_send(session, batch) for batch in possible.batches)]
    _report(session, claims, receipts, possible.left_out, left)


def _worth(session: Session, cost: int, least: Mapping[ChecksumAddress, int]) -> Worth:
    """Return the rule of `claim_all`, `cost` being what a step costs in wei."""
    named = {*session.book.names.values(), *least}

    def is_worth(token: ChecksumAddress, amount: int, steps: int) -> bool:
        if token == ETHER:
            return amount >= max(cost * steps, least.get(token, 1))
        return token in named and amount >= least.get(token, 1)

    return is_worth


def _cost_of_step(session: Session, steps: Sequence[ClaimStep]) -> int:
    """Return what a claim or forward of ETH costs at most, in wei: its part of them all, as the node counts them."""
    try:
        gas = _gas(session, steps) if steps else 0
    except RevertError:
        return 0  # nothing of it can be claimed, and why is told then
    return -(-gas_limit(gas) * most_of(session.client.node.fees()) // max(len(steps), 1))


def _possible(session: Session, steps: Sequence[ClaimStep]) -> _Possible:
    """Try each token by itself, so that a bad one spoils nothing."""
    batches: list[Sequence[ClaimStep]] = []
    left_out: dict[ChecksumAddress, str] = {}
    gas = 0
    for token in dict.fromkeys(step.token for step in steps):
        same = [step for step in steps if step.token == token]
        try:
            gas += _gas(session, same)
        except RevertError as error:
            left_out[token] = str(error)
            say(f"{session.book.symbol(token)} is left out: {error}")
        else:
            batches += [same[start : start + _BATCH] for start in range(0, len(same), _BATCH)]
    return _Possible(tuple(batches), gas, left_out)


def _gas(session: Session, steps: Sequence[ClaimStep]) -> int:
    """Return the gas that steps take, about: of more than fit a transaction, the last are tried."""
    calls = list(_calls(session, steps[-_BATCH:]))
    return session.preview(lambda client: client.royalty.multicall(calls)).gas * len(steps) // len(calls)


def _calls(session: Session, steps: Sequence[ClaimStep]) -> Iterator[bytes]:
    encoding = session.client.encoding().royalty
    return (encoding.claim(step.split, step.token, step.payee) for step in steps)


def _send(session: Session, steps: Sequence[ClaimStep]) -> TxReceipt:
    calls = list(_calls(session, steps))
    receipt = session.carry_out(lambda client: client.royalty.multicall(calls))
    if receipt is None:
        raise InputError("A claim needs nobody's signature; let anybody run it with --payee.")
    return receipt


def _show(session: Session, flow: Flow, payee: bytes, possible: _Possible) -> None:
    steps = [step for batch in possible.batches for step in batch]
    node, fees, each = session.client.node, session.client.node.fees(), -(-possible.gas // len(steps))
    most = sum(checked_cost(node, gas_limit(each * len(batch)), fees) for batch in possible.batches)
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
    session.show_contract("RoyaltySplitter")
    say(f"  in all: {_in_all(session, payee, steps)}; gas: about {possible.gas:,}, at most {ether_text(most)}")


def _in_all(session: Session, payee: bytes, steps: Sequence[ClaimStep]) -> str:
    return ", ".join(map(str, session.book.totals((it.token, it.amount) for it in steps if it.payee == payee)))


def _show_left(session: Session, flow: Flow, left: Sequence[_Left]) -> None:
    rows = [(str(session.book.of_value(it.amount, it.token)), flow.name_split(it.split_id), why) for it, why in left]
    session.table(("amount", "from", "why"), rows, title="Left where it is:", right=("amount",))


def _why(owed: Owed, least: int) -> str:
    """Return why what is owed is not claimed with everything else, `least` being what was told for its token."""
    if owed.amount < least:
        return "less than --least"
    if owed.token == ETHER:
        return "not worth its gas"
    if not owed.amount:
        return "rounds down to nothing"
    return "a token without a name; name it with --token, if you want it"


def _nothing(
    session: Session,
    claims: Claims,
    left_out: Mapping[ChecksumAddress, str],
    left: Sequence[_Left],
    *,
    everywhere: bool,
) -> None:
    flow, payee = claims.flow, claims.payee
    fields: dict[str, Json] = {"payee": payee_id(payee), "claimed": [], **sent_json(())}
    told = f"Nothing can be claimed for {flow.name(payee)} "
    if left:
        told = f"Nothing that is owed to {flow.name(payee)} is worth claiming now."
    elif everywhere and not left_out and not any(map(flow.is_in_use, claims.order)):
        told = f"{flow.name(payee)} has no share in any split on chain {session.client.chain_id}."
    elif everywhere:
        told += "now."
    else:
        told += "there now; name no source, and what comes through other accounts is claimed, too."
    session.result(fields | _json_rest(session, left_out, left), told)


def _report(
    session: Session,
    claims: Claims,
    receipts: Sequence[TxReceipt],
    left_out: Mapping[ChecksumAddress, str],
    left: Sequence[_Left],
) -> None:
    flow, payee = claims.flow, claims.payee
    moved: list[Claimed | Forwarded] = []
    for receipt in receipts:
        moved += (*receipt.events(Claimed), *receipt.events(Forwarded))
    paid = session.book.totals((it.token, it.amount) for it in moved if it.payee == payee)
    fields: dict[str, Json] = {
        "payee": payee_id(payee),
        "claimed": [amount_json(it) for it in paid],
        **sent_json(receipts),
        **_json_rest(session, left_out, left),
    }
    told = f"Claimed {', '.join(map(str, paid))} for {flow.name(payee)}"
    own = (event for receipt in receipts for event in receipt.events(Claimed) if event.payee == payee)
    recipients = list(dict.fromkeys(event.recipient for event in own))
    if elsewhere := [it for it in recipients if it != payee_id(payee)]:
        told += f", paid to {', '.join(elsewhere)}"
    session.result(fields | {"recipients": recipients}, f"{told}.")


def _json_rest(session: Session, left_out: Mapping[ChecksumAddress, str], left: Sequence[_Left]) -> dict[str, Json]:
    """Return for programs what is not claimed: the tokens that refuse, and what is not worth its way."""
    return {
        "refused": [{"token": to_address(token), "reason": reason} for token, reason in left_out.items()],
        "unclaimed": [
            {
                "split": hex_of(it.split_id),
                **amount_json(session.book.of_value(it.amount, it.token)),
                "reason": why,
            }
            for it, why in left
        ],
    }
