"""A transaction that takes too long: sent again for a higher fee, replaced by one that does nothing, or given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from web3.types import TxParams, Wei

from audiera.client.accounts.signers import Signer
from audiera.client.calls.drafts import Draft, most_of, sign
from audiera.client.calls.following import Following
from audiera.client.calls.transactions import hand_over
from audiera.client.chain.node import Message, Node
from audiera.client.journal.entries import Entry, State
from audiera.client.journal.journal import Page, SentJournal
from audiera.errors import InputError
from audiera.protocol import keccak

__all__ = ["cancel", "gap_before", "give_up", "raised_fees", "speed_up"]

_TRANSFER: Final = 21_000  # gas


def raised_fees(node: Node, entry: Entry) -> TxParams:
    """Return fees that replace a transaction: what is asked now, and an eighth more than it offers at least."""
    fees = node.fees()
    if entry.tip is None or "gasPrice" in fees:
        return {"gasPrice": Wei(max(most_of(fees), _raised(entry.max_fee)))}
    tip = max(int(fees["maxPriorityFeePerGas"]), _raised(entry.tip))
    return {
        "type": 2,
        "maxPriorityFeePerGas": Wei(tip),
        "maxFeePerGas": Wei(max(most_of(fees), _raised(entry.max_fee), tip)),
    }


def speed_up(node: Node, signer: Signer, entry: Entry, *, fees: TxParams, report: Callable[[str], object]) -> Entry:
    """Send the same again under the same nonce, for a higher fee; return what was sent. One of the two is mined.

    Raises:
        InputError: if it is not pending any more.
        ChainError: if the node refuses.
    """
    message = Message(entry.to, entry.data, signer.address, entry.value)
    draft = Draft(message, entry.title, entry.intent, entry.gas, entry.purpose, entry.began, entry.now)
    return _replace(node, signer, entry, draft, fees=fees, report=report)


def cancel(node: Node, signer: Signer, entry: Entry, *, fees: TxParams, report: Callable[[str], object]) -> Entry:
    """Send nothing to oneself under the same nonce, for a higher fee; return what was sent. One of the two is mined.

    Raises:
        InputError: if it is not pending any more.
        ChainError: if the node refuses.
    """
    title = f"cancels 0x{entry.hash.hex()}"
    message = Message(signer.address, b"", signer.address)
    draft = Draft(message, title, keccak(title.encode()), max(_TRANSFER, node.estimate(message)))
    return _replace(node, signer, entry, draft, fees=fees, report=report)


def gap_before(following: Following, entry: Entry) -> int:
    """Return the first nonce that is free, below that of a transaction: so long, the transaction cannot be mined.

    Raises:
        InputError: if there is none, or the transaction is not pending any more.
        ChainError: if the node does not answer, or says more than can be.
    """
    with following.journal.alone() as page:
        return _gap_before(following, page, entry)


def give_up(following: Following, entry: Entry) -> None:
    """Wait no more for a transaction that cannot be mined, since a nonce before it is free, and go on without it.

    It stays in the journal, which learns it if the transaction is mined after all: whoever has it may see to that once
    the nonces before it are used.

    Raises:
        InputError: if no nonce before it is free, or it is not pending any more.
        ChainError: if the node does not answer, or says more than can be.
    """
    with following.journal.alone() as page:
        _gap_before(following, page, entry)
        page.mark(entry.hash, State.GIVEN_UP)


def _gap_before(following: Following, page: Page, entry: Entry) -> int:
    _standing(page, entry, "given up")
    free = page.free_nonce(following.node.next_nonce(following.account))
    if free > entry.nonce:
        raise InputError(
            f"Transaction 0x{entry.hash.hex()} can be mined any time, as all nonces before its own are used or about "
            f"to be; wait for it, or replace it with `ape run tx cancel 0x{entry.hash.hex()}`."
        )
    return free


def _replace(
    node: Node, signer: Signer, entry: Entry, draft: Draft, *, fees: TxParams, report: Callable[[str], object]
) -> Entry:
    journal = SentJournal.of(node, signer.address)
    with journal.alone() as page:
        _standing(page, entry, "replaced")
        replacing = sign(signer, node, draft, nonce=entry.nonce, fees=fees, owner=journal.owner())
        page.add(replacing)
    report(f"Sending transaction 0x{replacing.hash.hex()}.")
    if refusal := hand_over(Following(node, journal, signer.address, 0), replacing):
        raise refusal
    return replacing


def _standing(page: Page, entry: Entry, what: str) -> None:
    standing = page.read("hash = ?", [entry.hash])
    if not standing or not standing[0].is_living:
        state = standing[0].state if standing else "unknown"
        raise InputError(f"Transaction 0x{entry.hash.hex()} is {state}, so it cannot be {what}.")


def _raised(fee: int) -> int:
    return fee + fee // 8 + 1
