"""`royalty split`, `assign`, `pay`, `sweep`: who shares, and money in."""

from __future__ import annotations

from collections.abc import Sequence

from audiera.cli.terminal.documents import amount_json, shares_json
from audiera.cli.terminal.output import say
from audiera.cli.terminal.parse import parse_account, parse_hash32
from audiera.cli.terminal.session import AnyAudiera, Outcome, Session
from audiera.client import TxReceipt
from audiera.client.contracts.events import AccountAssigned, Credited, SplitCreated
from audiera.errors import InputError
from audiera.protocol import (
    ETHER,
    ZERO_WORD,
    Split,
    account_id,
    ipi_key,
    is_account,
    isni_key,
    name_key,
    payee_address,
    payee_of,
)
from audiera.quantities import Amount, format_ppm
from audiera.text import Json, hex_of

__all__ = ["account_of", "assign", "create_split", "parse_key", "pay", "sweep"]

_ADDRESS_LETTERS = 42


def create_split(session: Session, split: Split) -> None:
    """Show a split, ask, and create it."""
    _show_split(session, split)
    before = session.take(SplitCreated, split_id=split.id())
    if not before and session.client.royalty.payee_count_of(split.id()):
        session.result(_split_json(split), f"Split {hex_of(split.id())} exists already.")
        return
    receipt = before[0] if before else session.act(lambda client: client.royalty.create_split(split), "Create it?")
    if receipt:
        session.result(_split_json(split), f"Split {hex_of(split.id())} is created.", receipt)


def assign(session: Session, key: bytes, target: str) -> None:
    """Point the sender's account `key` at a split, or at an address that is to get all of it."""
    account = account_id(session.me, key)
    encoding = session.client.encoding().royalty
    if target.startswith("0x") and len(target) == _ADDRESS_LETTERS:
        split = Split.of({payee_of(target): 1_000_000})
        split_id = split.id()
        calls = [encoding.create_split(split), encoding.assign(key, split_id)]
    else:
        split_id = parse_hash32(target, "a split")
        split = session.client.royalty.split(split_id)
        calls = [encoding.assign(key, split_id)]
    session.plan("Assign:", [("account", hex_of(account)), ("controller", session.me), ("key", hex_of(key))])
    _show_split(session, split)
    if session.client.royalty.split_of(account) != ZERO_WORD:
        say("What arrives for the account from now on belongs to these payees; what arrived before stays where it is.")
    else:
        say("What waits for the account, and what arrives for it from now on, belongs to these payees.")
    if not any(Split(it.event.shares).ppm_of(account) for it in session.client.royalty.splits_created()):
        say("No split pays this account yet. Is it the right key, and the right account of Ape?")
    receipt = session.act(lambda client: client.royalty.multicall(calls), "Assign it?")
    if receipt:
        assigned = receipt.event(AccountAssigned)
        fields: dict[str, Json] = {"account": hex_of(assigned.account), "split": hex_of(assigned.split_id)}
        session.result(fields, f"Account {hex_of(account)} is assigned to split {hex_of(split_id)}.", receipt)


def pay(session: Session, account: bytes, what: str, text: str) -> None:
    """Pay an account: show the amount and its split, ask, approve if need be, and pay.

    Raises:
        AmountError: if the amount cannot be read.
        InputError: if the account is assigned to no split, or the payer has too little.
    """
    session.refuse_relay("A payment comes from the account itself; leave --relay out.")
    amount = session.book.amount(text)
    if not amount.value:
        raise InputError("0 is nothing to pay; write an amount.")

    def step(client: AnyAudiera) -> Outcome:
        return client.royalty.pay(account, amount.token, amount.value)

    if not session.is_sent(step):
        _prepare(session, account, what, amount)
    receipt = session.carry_out(step)
    if receipt:
        credited = receipt.event(Credited)
        fields: dict[str, Json] = {
            "account": hex_of(credited.account),
            "split": hex_of(credited.split_id),
            **amount_json(session.book.of_value(credited.amount, credited.token)),
        }
        session.result(fields, f"Paid {amount} to {what}.", receipt)


def _prepare(session: Session, account: bytes, what: str, amount: Amount) -> None:
    """Show what is paid to whom, ask, and approve it if need be.

    Raises:
        InputError: if the account is assigned to no split, or the payer has too little.
    """
    split = session.client.royalty.current_split(account)
    has = session.client.token(amount.token).balance_of(session.me)
    if has < amount.value:
        raise InputError(
            f"{session.me} has {session.book.of_value(has, amount.token)} and would pay {amount}; send it some first."
        )
    where = [] if amount.token == ETHER else [("token", amount.token)]
    session.plan("Pay:", [("from", session.me), ("to", what), ("amount", amount), *where])
    _show_split(session, split)
    session.show_contract("RoyaltySplitter")
    session.confirm("Pay it?")
    for approval in session.signing_client().approve("RoyaltySplitter", amount.token, amount.value):
        say(f"Approved exactly {amount} in transaction {hex_of(approval.transaction)}.")


def sweep(session: Session, account: bytes, what: str, named: Sequence[str]) -> None:
    """Credit what lies at an account's payment address, in the tokens named or in all that are known.

    Raises:
        InputError: if the account is assigned to no split.
    """
    royalty, book = session.client.royalty, session.book
    royalty.current_split(account)  # refuses an account that nobody would be paid through
    address = royalty.address_of(account)
    tokens = [book.address(it) for it in named] or [ETHER, *book.names.values()]
    found = [(token, held) for token in tokens if (held := session.client.token(token).balance_of(address))]
    if before := session.take(Credited):
        _tell_swept(session, account, what, before[0])
    elif not found:
        session.result({"account": hex_of(account), "swept": []}, f"Nothing lies at {address}, where {what} is paid.")
    else:
        session.plan(f"Credit to {what} from {address}:", [("amount", book.of_value(held, it)) for it, held in found])
        encoding = session.client.encoding().royalty
        calls = [encoding.sweep(account, token) for token, _ in found]
        if receipt := session.act(lambda client: client.royalty.multicall(calls), "Credit it?"):
            _tell_swept(session, account, what, receipt)


def _tell_swept(session: Session, account: bytes, what: str, receipt: TxReceipt) -> None:
    swept = [session.book.of_value(event.amount, event.token) for event in receipt.events(Credited)]
    listed: list[Json] = [amount_json(it) for it in swept]
    told = f"Credited {', '.join(map(str, swept)) or 'nothing'} to {what}."
    session.result({"account": hex_of(account), "swept": listed}, told, receipt)


def parse_key(text: str, salt: str = "") -> bytes:
    """Read an account's key: 32 bytes, `name:Pavel Brandt`, `isni:0000000121032683` or `ipi:00519338442`.

    Raises:
        InputError: if it is none of them.
    """
    kind, colon, rest = text.partition(":")
    if colon and (key_of := {"name": name_key, "isni": isni_key, "ipi": ipi_key}.get(kind)):
        return key_of(rest, salt)
    return parse_hash32(text, "a key")


def account_of(session: Session, text: str) -> tuple[bytes, str]:
    """Read a dataset's number or an account, and how to call it."""
    account = parse_account(text, session.client.datasets.address)
    if text.startswith("0x"):
        return account, f"account {text}"
    number = text.removeprefix("dataset:")
    session.client.datasets.dataset_of(int(number))  # refuses an unknown one
    return account, f"dataset {number}"


def _show_split(session: Session, split: Split) -> None:
    rows = [(_payee_text(session, share.payee), format_ppm(share.ppm)) for share in split.shares]
    session.table(("payee", "share"), rows, title=f"Split {hex_of(split.id())}:", right=("share",))


def _payee_text(session: Session, payee: bytes) -> str:
    if not is_account(payee):
        return payee_address(payee)
    if session.client.royalty.payee_count_of(payee):
        return f"split {hex_of(payee)}"
    controller = "assigned" if any(session.client.royalty.split_of(payee)) else "not assigned yet: its money waits"
    return f"account {hex_of(payee)} ({controller})"


def _split_json(split: Split) -> dict[str, Json]:
    return {"split": hex_of(split.id()), "shares": shares_json(split.shares)}
