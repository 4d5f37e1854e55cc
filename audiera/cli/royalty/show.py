"""`royalty show`: what was received, is owed and was claimed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from audiera.cli.terminal.documents import amount_json, payee_id
from audiera.cli.terminal.output import print_json, print_lines, print_table
from audiera.cli.terminal.parse import parse_account, parse_payee
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import sentence
from audiera.errors import InputError
from audiera.operations import Claims, Flow
from audiera.protocol import ETHER, WHOLE
from audiera.quantities import Amount, format_ppm
from audiera.text import Json, hex_of

__all__ = ["Subject", "show"]


_SHARERS: Final = 10
"""Of a split, that are named."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at: an account, a split (which is its own account), or as neither an address that is a payee."""

    account: bytes | None = None
    split_id: bytes | None = None
    payee: bytes | None = None

    @classmethod
    def of(cls, session: Session, text: str) -> Subject:
        """Read a dataset's number, a split, an account or an address.

        Raises:
            InputError: if it is none of them.
        """
        registry = session.client.datasets.address
        if text.startswith("0x") and len(text) == len("0x") + 40:
            return cls(payee=parse_payee(text, registry))
        found = parse_account(text, registry)
        if session.client.royalty.payee_count_of(found):
            return cls(account=found, split_id=found, payee=found)
        if not text.startswith("0x"):
            session.client.datasets.dataset_of(int(text.removeprefix("dataset:")))  # refuses an unknown one
        return cls(account=found, payee=found)

    def splits(self, flow: Flow) -> tuple[bytes, ...]:
        """Return the splits that are meant, the present one of an account first.

        Raises:
            InputError: if there is none.
        """
        if self.split_id is not None:
            return (self.split_id,)
        if self.account is None:
            raise InputError("An address has no split of its own; name a dataset, a split or an account.")
        return tuple(reversed(flow.history.get(self.account, ())))


def show(session: Session, subject: Subject) -> None:
    """Print a subject's money, by split, payee and token."""
    flow = Flow.read(session.client, session.names)
    if subject.account is None and subject.split_id is None and subject.payee is not None:
        _show_payee(session, flow, subject.payee)
        return
    splits = subject.splits(flow)
    waiting = list(_waiting(session, flow, subject.account))
    held = list(flow.shared_by(subject.account)) if subject.account else []
    if not splits and not held:
        raise InputError(f"Account {hex_of(subject.account or b'')} is assigned to no split; check the number.")
    if session.as_json:
        print_json(
            {
                "account": hex_of(subject.account) if subject.account else None,
                "splits": [_split_json(session, flow, it, subject.account, current=it == splits[0]) for it in splits],
                "atPaymentAddress": [amount_json(it) | {"paymentAddress": address} for it, address in waiting],
            }
        )
        return
    for split_id in splits:
        if split_id == splits[0] or flow.tokens.get(split_id):
            _print_split(session, flow, split_id, subject.account)
    for amount, address in waiting:
        print_lines(f"{amount} lies at the payment address {address}; `ape run royalty sweep` credits it.")
    if held and subject.account:
        _show_payee(session, flow, subject.account)


def _waiting(session: Session, flow: Flow, account: bytes | None) -> Iterator[tuple[Amount, str]]:
    """Yield what lies at an account's payment address, in ETH and the tokens known by name."""
    if account is None:
        return
    address = session.client.royalty.address_of(account)
    seen = {token for split_id in flow.history.get(account, ()) for token in flow.tokens.get(split_id, ())}
    for token in sorted({ETHER, *session.book.names.values(), *seen}):
        if held := session.client.token(token).balance_of(address):
            yield session.book.of_value(held, token), address


def _print_split(session: Session, flow: Flow, split_id: bytes, asked: bytes | None) -> None:
    split = flow.split(split_id)
    rows = [
        (flow.name(share.payee), format_ppm(share.ppm), *cells)
        for share in split.shares
        for cells in _cells(session, flow, split_id, share.payee, share.ppm)
    ]
    royalty = session.client.royalty
    received = [
        str(session.book.of_value(royalty.received_of(split_id, it), it)) for it in flow.tokens.get(split_id, ())
    ]
    name, came = sentence(flow.name_split(split_id, asked)), " and ".join(received) or "nothing yet"
    title = f"{name}, split {hex_of(split_id)}, received {came}:"
    columns = ("payee", "share", "received", "owed", "claimed")
    print_table(columns, rows, title=title, right=columns[1:], err=False)
    sharers = flow.sharers_of(split_id)
    if len(sharers) > 1:
        listed = ", ".join(sharers[:_SHARERS])
        more = f" and {len(sharers) - _SHARERS:,} more" if len(sharers) > _SHARERS else ""
        print_lines(f"One split is shared by {listed}{more}, so that what they received is told together.")


def _show_payee(session: Session, flow: Flow, payee: bytes) -> None:
    splits = list(flow.shared_by(payee))
    steps = Claims.of(session.client, flow, payee).plan().steps
    claimable = session.book.totals((it.token, it.amount) for it in steps if it.payee == payee)
    if session.as_json:
        print_json(
            {
                "payee": payee_id(payee),
                "shares": [_share_json(session, flow, it, payee) for it in splits],
                "claimable": [amount_json(it) for it in claimable],
            }
        )
        return
    if not splits:
        print_lines(f"{flow.name(payee)} has no share in any split.")
        return
    rows = [
        (flow.name_split(it), format_ppm(flow.splits[it].ppm_of(payee)), *cells)
        for it in splits
        for cells in _cells(session, flow, it, payee, flow.splits[it].ppm_of(payee))
    ]
    columns = ("of", "share", "received", "owed", "claimed")
    print_table(columns, rows, title=f"Shares of {flow.name(payee)}:", right=columns[1:], err=False)
    print_lines(f"To claim, forwards included: {', '.join(map(str, claimable)) or 'nothing'}.")


def _cells(session: Session, flow: Flow, split_id: bytes, payee: bytes, ppm: int) -> Sequence[tuple[str, str, str]]:
    amounts = [
        tuple(str(session.book.of_value(value, token)) for value in values)
        for token, values in _amounts(session, flow, split_id, payee, ppm)
    ]
    return [(received, owed, claimed) for received, owed, claimed in amounts] or [("-", "-", "-")]


def _amounts(
    session: Session, flow: Flow, split_id: bytes, payee: bytes, ppm: int
) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Yield, by token, a payee's part of what was received, what of it is owed, and what was claimed."""
    royalty = session.client.royalty
    for token in flow.tokens.get(split_id, ()):
        part = royalty.received_of(split_id, token) * ppm // WHOLE
        claimed = royalty.claimed_of(split_id, token, payee)
        yield token, (part, part - claimed, claimed)


def _split_json(session: Session, flow: Flow, split_id: bytes, asked: bytes | None, *, current: bool) -> Json:
    return {
        "split": hex_of(split_id),
        "of": flow.name_split(split_id, asked),
        "datasets": list(flow.datasets_of(split_id)),
        "current": current,
        "shares": [
            {
                "payee": payee_id(share.payee),
                "name": flow.name(share.payee),
                "ppm": share.ppm,
                **_money_json(session, flow, split_id, share.payee, share.ppm),
            }
            for share in flow.split(split_id).shares
        ],
    }


def _share_json(session: Session, flow: Flow, split_id: bytes, payee: bytes) -> Json:
    ppm = flow.splits[split_id].ppm_of(payee)
    money = _money_json(session, flow, split_id, payee, ppm)
    return {"split": hex_of(split_id), "of": flow.name_split(split_id), "ppm": ppm, **money}


def _money_json(session: Session, flow: Flow, split_id: bytes, payee: bytes, ppm: int) -> dict[str, Json]:
    found = list(_amounts(session, flow, split_id, payee, ppm))
    return {
        name: [amount_json(session.book.of_value(amounts[place], token)) for token, amounts in found]
        for place, name in enumerate(("received", "owed", "claimed"))
    }
