"""`tx`: what an account sent, what became of it, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from eth_typing import ChecksumAddress
from web3.types import TxParams

from audiera.cli.terminal.output import ask, block, print_json, print_lines, print_table, say
from audiera.client import Signer
from audiera.client.calls import (
    Following,
    cancel,
    finish,
    follow,
    gap_before,
    give_up,
    most_of,
    raised_fees,
    refresh,
    speed_up,
    unconfirmed,
)
from audiera.client.chain import Node, ether_text
from audiera.client.journal import Entry, SentJournal, State
from audiera.errors import ChainError, InputError
from audiera.text import Json, hex_of, shown

__all__ = ["cancel_sent", "following_of", "give_up_sent", "list_sent", "speed_up_sent", "wait_for"]

_TIMEOUT: Final = 180.0  # seconds
_STATES: Final = {
    State.SIGNED: "signed, perhaps sent",
    State.SENT: "not mined",
    State.MINED: "mined",
    State.FAILED: "failed",
    State.REPLACED: "replaced",
    State.DROPPED: "refused, never sent",
    State.GIVEN_UP: "given up",
}


def following_of(node: Node, account: ChecksumAddress) -> Following:
    """Return where the transactions of an account are followed."""
    return Following(node, SentJournal.of(node, account), account, _TIMEOUT, say)


def list_sent(following: Following, about: Callable[[Entry], tuple[str, ...]], *, as_json: bool) -> None:
    """Show all that the account sent from here, as the chain has it now.

    Args:
        following: of the account.
        about: returns what a transaction names.
        as_json: for programs.

    Raises:
        ChainError: if the node does not answer.
    """
    found = refresh(following)
    if as_json:
        print_json({"account": following.account, "sent": [_json(it) | {"about": list(about(it))} for it in found]})
        return
    if not found:
        print_lines(f"{following.account} sent nothing from here on chain {following.node.chain_id}.")
        return
    rows = [
        (
            it.nonce,
            hex_of(it.hash),
            shown(it.title),
            ", ".join(about(it)),
            _STATES[it.state],
            it.block or "",
            _time(it.signed_at),
        )
        for it in found
    ]
    columns = ("nonce", "transaction", "what", "about", "state", "block", "signed")
    print_table(columns, rows, title=f"Sent by {following.account}:", right=("nonce", "block"), err=False)


def wait_for(following: Following, transaction: bytes, *, as_json: bool) -> None:
    """Wait until a transaction is mined, sending its bytes again if the node lost them, and say what came of it.

    Raises:
        InputError: if it was not sent from here, was refused, or was given up.
        ChainError: if it failed, was replaced, or is not mined in time.
    """
    _await(following, _find(following, transaction), as_json=as_json)


def speed_up_sent(
    following: Following, transaction: bytes, unlock: Callable[[], Signer], *, yes: bool, as_json: bool
) -> None:
    """Show what a transaction would cost at a higher fee, ask, send it so, and wait for whichever is mined.

    If one of them is mined already, that is said and nothing is sent.

    Raises:
        InputError: if it was not sent from here, was refused, or was given up.
        ChainError: if the node refuses, nothing is mined in time, or it was cancelled.
    """
    entry = _find(following, transaction)
    if entry.is_living:
        fees = raised_fees(following.node, entry)
        _show("To send again for a higher fee:", entry, entry.gas, fees)
        if not yes:
            ask("Send it?")
        entry = speed_up(following.node, unlock(), entry, fees=fees, report=say)
    _await(following, entry, as_json=as_json)


def cancel_sent(
    following: Following, transaction: bytes, unlock: Callable[[], Signer], *, yes: bool, as_json: bool
) -> None:
    """Ask, send nothing to oneself in a transaction's place, and say which of the two was mined.

    If one of them is mined already, that is said and nothing is sent.

    Raises:
        InputError: if it was not sent from here, was refused, or was given up.
        ChainError: if the node refuses, or nothing is mined in time.
    """
    entry = waited = _find(following, transaction)
    if entry.is_living:
        fees = raised_fees(following.node, entry)
        _show("To cancel, unless it is mined first:", entry, 21_000, fees)
        if not yes:
            ask("Cancel it?")
        waited = cancel(following.node, unlock(), entry, fees=fees, report=say)
    mined, block = _mined(following, waited)
    if mined.intent != entry.intent:
        following.journal.tell([mined.hash])
        _print(
            mined, block, f"{hex_of(transaction)} is cancelled: its nonce was used in block {block}.", as_json=as_json
        )
        return
    _print(mined, block, f"It was too late: {hex_of(mined.hash)} is in block {block}.", as_json=as_json)


def give_up_sent(following: Following, transaction: bytes, *, yes: bool, as_json: bool) -> None:
    """Say what giving up a transaction means, ask, and go on without it. If it is mined already, that is said.

    Raises:
        InputError: if it was not sent from here, was refused, was given up before, or can be mined any time.
        ChainError: if the node does not answer.
    """
    entry = _find(following, transaction)
    if not entry.is_living:
        _await(following, entry, as_json=as_json)
        return
    free = gap_before(following, entry)
    _plan(
        "To go on without:",
        entry,
        {
            "why now": f"it cannot be mined while nonces before it are free, from {free} on",
            "later": "whoever has it may still get it mined, once the nonces before it are used",
        },
    )
    if not yes:
        ask("Give it up?", "Nothing was given up.")
    give_up(following, entry)
    if as_json:
        print_json(_json(replace(entry, state=State.GIVEN_UP)))
        return
    print_lines(f"{hex_of(transaction)} is given up. If it is mined after all, `ape run tx list` says so.")


def _await(following: Following, entry: Entry, *, as_json: bool) -> None:
    mined, block = _mined(following, entry)
    if mined.intent != entry.intent:
        raise ChainError(f"Transaction {hex_of(entry.hash)} was cancelled by {hex_of(mined.hash)}, in block {block}.")
    again = "" if mined.told else " What sent it goes on from there when it is run again."
    _print(mined, block, f"Transaction {hex_of(mined.hash)} is in block {block}.{again}", as_json=as_json)


def _mined(following: Following, entry: Entry) -> tuple[Entry, int]:
    try:
        mined, receipt = follow(following, entry)
    except KeyboardInterrupt:
        say(unconfirmed(entry))
        raise
    if not finish(following.journal, mined, receipt, told=mined.told):
        raise ChainError(
            f"Transaction {hex_of(mined.hash)} failed in block {receipt['blockNumber']}; nothing took effect."
        )
    return mined, receipt["blockNumber"]


def _find(following: Following, transaction: bytes) -> Entry:
    entry = next((it for it in refresh(following) if it.hash == transaction), None)
    if entry is None:
        raise InputError(
            f"{following.account} did not send {hex_of(transaction)} from here on chain {following.node.chain_id}; see "
            "what it did with `ape run tx list`."
        )
    if entry.state is State.GIVEN_UP:
        raise InputError(
            f"{hex_of(transaction)} was given up, so nothing waits for it; if it is mined after all, `ape run tx list` "
            "says so."
        )
    if entry.state is State.DROPPED:
        raise InputError(f"The node refused {hex_of(transaction)}, so it was never sent; nothing is to be waited for.")
    return entry


def _show(title: str, entry: Entry, gas: int, fees: TxParams) -> None:
    now, then = (f"at most {ether_text(it)}" for it in (entry.most, gas * most_of(fees)))
    _plan(title, entry, {"fee until now": now, "fee then": then})


def _plan(title: str, entry: Entry, more: dict[str, object]) -> None:
    about = {"transaction": hex_of(entry.hash), "what": shown(entry.title), "nonce": entry.nonce}
    say(*block(title, about | more))


def _print(entry: Entry, block: int, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_json(entry) | {"state": str(State.MINED), "block": block})
    else:
        print_lines(text)


def _json(entry: Entry) -> dict[str, Json]:
    return {
        "transaction": hex_of(entry.hash),
        "nonce": entry.nonce,
        "what": entry.title,
        "to": entry.to,
        "value": str(entry.value),
        "state": str(entry.state),
        "block": entry.block,
        "feeAtMost": str(entry.most),
        "signedAt": entry.signed_at,
        "told": entry.told,
    }


def _time(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M UTC}"
