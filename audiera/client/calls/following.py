"""Following a transaction that was signed, until it is mined or never can be, whatever the node answers meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from eth_typing import ChecksumAddress
from web3.types import TxReceipt as RawReceipt

from audiera.client.chain.node import Node
from audiera.client.journal.entries import Entry, State
from audiera.client.journal.journal import SentJournal
from audiera.errors import ChainError

__all__ = ["Following", "LostError", "await_receipt", "follow", "refresh"]

_FIRST_POLL: Final = 0.01  # seconds; a local chain has mined by then
_LAST_POLL: Final = 2.0  # seconds; public chains take several
_SILENCE: Final = 10.0  # seconds, after which somebody who waits is told for what
_LOOK: Final = 1.0  # seconds before a transaction is looked for among the pending ones; then ever more
_LAST_LOOK: Final = 15.0
_RECENT: Final = 100  # blocks that a reorganisation may undo yet


class LostError(ChainError):
    """A transaction that was signed is not waited for: another one has used its nonce, or it was given up."""


@dataclass(frozen=True, slots=True)
class Following:
    """Where an account's transactions are followed."""

    node: Node
    journal: SentJournal
    account: ChecksumAddress
    timeout: float
    """Seconds to wait for one to be mined."""
    report: Callable[[str], object] = lambda _: None
    """Told in a sentence what is waited for, if it takes long."""


def await_receipt(node: Node, transaction: bytes, timeout: float) -> RawReceipt:
    """Wait until a transaction is mined: asking at once, then ever more slowly.

    A node that cannot be reached or cannot tell just now is asked again.

    Raises:
        ChainError: if it is not within `timeout` seconds.
    """
    receipt, _ = _await(node, transaction, lambda: [transaction], timeout, lambda _: None)
    return receipt


def follow(following: Following, entry: Entry) -> tuple[Entry, RawReceipt]:
    """Wait until a transaction is mined, or one that replaces it, and send its bytes again where the node lost them.

    Returns:
        What was mined, and its receipt; nothing of that is written into the journal yet.

    Raises:
        LostError: if another transaction used the nonce, which the journal does not know; that is written there. Or if
            somebody gave it up meanwhile.
        ChainError: if nothing is mined in time.
    """
    hurried = replace(following, node=following.node.hurried())
    receipt, mined = _await(
        hurried.node, entry.hash, lambda: _look(hurried, entry), following.timeout, following.report
    )
    return next(it for it in following.journal.of_nonce(entry.nonce) if it.hash == mined), receipt


def refresh(following: Following) -> list[Entry]:
    """Ask the node what became of each transaction, write that down, and return all, oldest first.

    One that was mined and is no longer, since the chain was reorganised, counts as sent again.

    Raises:
        ChainError: if the node does not answer.
    """
    node, journal = following.node, following.journal
    newest, used = node.block_number(), node.nonce(following.account, pending=False)
    for entry in journal.entries():
        recent = entry.block is not None and entry.block > newest - _RECENT
        if not (entry.is_living or entry.state is State.GIVEN_UP or recent):
            continue
        receipt = node.receipt(entry.hash)
        if receipt is not None:
            state = State.MINED if receipt["status"] == 1 else State.FAILED
            if (state, receipt["blockNumber"]) != (entry.state, entry.block):
                journal.settle(entry, state, receipt["blockNumber"], told=False)
        elif recent:
            journal.mark(entry.hash, State.SENT)
        elif used > entry.nonce and _is_lost(following, entry):
            journal.mark(entry.hash, State.REPLACED)
    return journal.entries()


def _await(
    node: Node, shown: bytes, look: Callable[[], Sequence[bytes]], timeout: float, report: Callable[[str], object]
) -> tuple[RawReceipt, bytes]:
    """Ask for receipts until there is one; `look` sees to the transaction now and then, and says what to ask for."""
    began = time.monotonic()
    pause, wait, silent = _FIRST_POLL, _LOOK, True
    next_look, asked, trouble = began + _LOOK, [shown], _Trouble()
    while True:
        for it in asked:
            with trouble.noted():
                if (receipt := node.receipt(it)) is not None:
                    return receipt, it
        now = time.monotonic()
        if now + pause > began + timeout:
            raise ChainError(
                f"Transaction 0x{shown.hex()} is not mined after {timeout:g} seconds, and may still be: run "
                f"`ape run tx wait 0x{shown.hex()}`, or the same once more, which sends nothing twice.{trouble.text}"
            )
        if now >= next_look:
            with trouble.noted():
                asked = [*look()]
            wait = min(wait * 2, _LAST_LOOK)
            next_look = now + wait
        if silent and now - began > _SILENCE:
            report(f"Waiting until 0x{shown.hex()} is mined, for {timeout:g} seconds at most.")
            silent = False
        time.sleep(pause)
        pause = min(pause * 1.5, _LAST_POLL)


@dataclass(slots=True)
class _Trouble:
    """What the node said last instead of an answer."""

    text: str = ""

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Go on although the node cannot be reached, is overloaded, or its index is behind."""
        try:
            yield
        except LostError:
            raise
        except ChainError as error:
            self.text = f" {error}"


def _look(following: Following, entry: Entry) -> list[bytes]:
    """Send again what the node lost, with all that has to come before it; return what may be mined under the nonce.

    Raises:
        LostError: if another transaction used the nonce, or this one was given up.
        ChainError: if the node cannot tell just now, or refuses the bytes.
    """
    node, journal = following.node, following.journal
    rivals = journal.of_nonce(entry.nonce)
    hashes = [it.hash for it in rivals]
    if any(it.hash == entry.hash and it.state is State.GIVEN_UP for it in rivals):
        raise LostError(f"Transaction 0x{entry.hash.hex()} was given up; nobody waits for it.")
    used = node.nonce(following.account, pending=False)
    for it in journal.before(entry.nonce):
        if it.nonce >= used and not node.knows(it.hash):
            node.send_raw(it.raw)
    if known := [it for it in rivals if node.knows(it.hash)]:
        for it in known:
            if it.state is State.SIGNED:
                journal.mark(it.hash, State.SENT)
        return hashes
    if used > entry.nonce:
        if _is_lost(following, entry):
            for it in rivals:
                journal.mark(it.hash, State.REPLACED)
            raise LostError(
                f"Transaction 0x{entry.hash.hex()} never took effect: another one of {following.account} has its nonce "
                f"{entry.nonce}. Send it again if it is still wanted."
            )
        return hashes
    node.send_raw(rivals[-1].raw)
    return hashes


def _is_lost(following: Following, entry: Entry) -> bool:
    """Say whether a mined transaction that the journal does not know has used a nonce. Nodes that cannot tell: no."""
    user = following.node.user_of(following.account, entry.nonce)
    return user is not None and user not in {it.hash for it in following.journal.of_nonce(entry.nonce)}
