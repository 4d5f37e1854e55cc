"""The one place that sends: a transaction is signed, written down, shown, sent, and followed until it is mined.

A call whose outcome was never told is found in the journal before it would be sent again, so sending is safe to repeat:
after an answer that was lost, an interrupt, or the death of the process at any step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress
from web3.types import TxReceipt as RawReceipt

from audiera.client.accounts.signers import Signer
from audiera.client.calls.drafts import Draft, gas_limit, sign
from audiera.client.calls.following import Following, LostError, follow, refresh
from audiera.client.calls.intents import intent_of
from audiera.client.calls.receipts import TxReceipt
from audiera.client.calls.runs import Run
from audiera.client.chain.node import Message, Node, RefusalError
from audiera.client.contracts.suite import Request, Suite
from audiera.client.journal.entries import Entry, State
from audiera.client.journal.journal import Page, SentJournal
from audiera.errors import ChainError

__all__ = [
    "finish",
    "hand_over",
    "launch",
    "resume",
    "send",
    "sent_before",
    "unconfirmed",
]

_NONCES: Final = 5  # nonces tried, where a node says one that is taken
_ELSEWHERE: Final = 10_000  # transactions that an account may have sent from elsewhere, since it last sent from here

_REFUSALS: Final = re.compile(
    r"insufficient funds|intrinsic gas|underpriced|base fee|fee cap|fee too low|block gas limit|not supported|oversized"
    r"|gas limit (is )?too high|exceeds the configured cap|chain ?id|invalid (sender|signature|transaction)|size limit"
    r"|initcode|replay-protected|nonce too high"
)
"""What nodes say of a transaction that they do not take, and never will as it is."""
_TAKEN: Final = re.compile(r"nonce (is )?too low|old ?nonce|replacement transaction underpriced|nonce already")
"""What nodes say of a nonce that another transaction has."""
_NO_METHOD: Final = -32601

_under_way: set[bytes] = set()
"""Transactions that a call in this process waits for."""


def send(
    node: Node,
    signer: Signer,
    message: Message,
    *,
    timeout: float,
    title: str = "",
    suite: Suite | None = None,
    run: Run | None = None,
    looked: bool = False,
) -> TxReceipt:
    """Carry out a call as a transaction of the signer's and wait until it is mined.

    It is tried first: what would revert is never sent. If the same was sent before and its outcome never told, that
    transaction is waited for instead. Without a run, the outcome counts as told when this returns.

    Args:
        node: the chain.
        signer: who sends.
        message: the call.
        timeout: seconds to wait until it is mined.
        title: what it does, in a few words.
        suite: whose events the receipt has; none unless told.
        run: what it is part of.
        looked: whether the caller has just seen on the chain that it is needed, so that only what is not mined yet
            could be the same.

    Raises:
        RevertError: as the contract refuses.
        ChainError: if the node refuses, or the transaction is not mined within `timeout` seconds.
        StorageError: if it cannot be written down; then it is not sent.
    """
    part = run or Run()
    sending = _Sending(
        Following(node, SentJournal.of(node, signer.address), signer.address, timeout, part.report),
        signer,
        Message(message.to, message.data, signer.address, message.value),
        title,
        part,
        is_part=run is not None,
        looked=looked,
    )
    entry: Entry | None = None
    try:
        while True:
            entry = sending.find() or sending.start()
            part.hold(sending.following.journal, entry.hash)
            try:
                mined, receipt = follow(sending.following, entry)
            except LostError as error:
                if entry.hash not in part.found:
                    raise
                part.report(str(error))
            else:
                sending.end(entry, mined, receipt)
                return TxReceipt.of(receipt, suite)
    except KeyboardInterrupt:
        if entry is not None:
            part.report(unconfirmed(entry))
        raise
    finally:
        if entry is not None:
            _under_way.discard(entry.hash)


def launch(node: Node, signer: Signer, message: Message, *, title: str, run: Run) -> Entry:
    """Send a call as `send` does, as part of a run, and do not wait; return what the journal has of it.

    If the same was sent before and its outcome never told, that is returned. Whoever launches follows (`follow`), and
    writes down what was mined (`finish`).

    Raises:
        RevertError: as the contract refuses.
        ChainError: if the node refuses.
        StorageError: if it cannot be written down; then it is not sent.
    """
    journal = SentJournal.of(node, signer.address)
    from_signer = Message(message.to, message.data, signer.address, message.value)
    following = Following(node, journal, signer.address, 0.0, run.report)
    sending = _Sending(following, signer, from_signer, title, run, is_part=True, looked=False)
    entry = sending.find() or sending.start()
    _under_way.discard(entry.hash)
    return entry


def resume(
    node: Node, account: ChecksumAddress, run: Run, *, timeout: float, suite: Suite | None = None
) -> tuple[TxReceipt, ...]:
    """Wait for what an earlier run for the same purpose sent, whose outcome was not told; return what took effect.

    The run then counts as begun when that one was, so that whatever follows from the time is the same. What was given
    up is not waited for, but the run is asked whether to go on without it.

    Raises:
        ChainError: if something is not mined within `timeout` seconds.
    """
    journal = SentJournal.of(node, account)
    following = Following(node, journal, account, timeout, run.report)
    done: dict[bytes, TxReceipt] = {}
    for entry in journal.of_purpose(run.purpose):
        run.began, run.now = entry.began, entry.now
        run.find(journal, entry)
        try:
            mined, receipt = follow(following, entry)
        except LostError as error:
            run.report(str(error))
            continue
        except KeyboardInterrupt:
            run.report(unconfirmed(entry))
            raise
        run.hold(journal, mined.hash)
        if finish(journal, mined, receipt, told=False) and mined.intent == entry.intent:
            done[mined.hash] = TxReceipt.of(receipt, suite)
        else:
            run.report(f"0x{mined.hash.hex()} had no effect.")
    _go_without(following, run, run.purpose)
    return tuple(done.values())


def sent_before(node: Node, account: ChecksumAddress, request: Request, run: Run) -> bool:
    """Say whether a command that made this call would find it in the journal instead of sending it."""
    message = Message(request.contract.address, request.data, account, request.value)
    return bool(SentJournal.of(node, account).of_intent(intent_of(message), besides=run.used))


def finish(journal: SentJournal, mined: Entry, receipt: RawReceipt, *, told: bool) -> bool:
    """Write down that a transaction was mined; say whether it succeeded."""
    done = receipt["status"] == 1
    journal.settle(mined, State.MINED if done else State.FAILED, receipt["blockNumber"], told=told or not done)
    return done


def unconfirmed(entry: Entry) -> str:
    """Return what to say of a transaction when nobody waits for it any more."""
    return f"Sent, not confirmed: 0x{entry.hash.hex()}; `ape run tx` tells what became of it."


def hand_over(following: Following, entry: Entry) -> RefusalError | None:
    """Send a transaction for the first time; return the refusal if nobody has it and nobody ever will.

    Whatever else the node answers, or nothing, says little of what became of it.
    """
    node = following.node.hurried()
    try:
        node.send_raw(entry.raw)
    except RefusalError as error:
        if _is_refused(node, following.account, entry, error):
            following.journal.mark(entry.hash, State.DROPPED)
            return error
    except ChainError:
        pass  # it may have arrived, and is looked for
    return None


@dataclass(frozen=True, slots=True)
class _Sending:
    """A call on its way."""

    following: Following
    signer: Signer
    message: Message
    title: str
    run: Run
    is_part: bool
    """Whether there is a run, which tells the outcome."""
    looked: bool

    @property
    def intent(self) -> bytes:
        return intent_of(self.message)

    def find(self) -> Entry | None:
        """Return what was sent for the same, and say so; of what was given up, ask whether to go on without it."""
        _go_without(self.following, self.run, self.intent)
        return self._chosen(self.following.journal.of_intent(self.intent, besides=self.run.used))

    def start(self) -> Entry:
        """Try the call, sign it, write it down, say so, and send it, unless somebody does so in this very moment."""
        node, journal, run = self.following.node, self.following.journal, self.run
        gas = gas_limit(node.estimate(self.message))
        draft = Draft(self.message, self.title, self.intent, gas, run.purpose, run.began, run.now)
        fees, owner, least = node.fees(), journal.owner(), 0
        for tries in range(_NONCES):
            with journal.alone() as page:
                if other := self._chosen(page.of_intent(self.intent, besides=run.used)):
                    return other
                nonce = page.free_nonce(max(_next_nonce(self.following, page), least))
                entry = sign(self.signer, node, draft, nonce=nonce, fees=fees, owner=owner)
                page.add(entry)
                _under_way.add(entry.hash)
            run.report(f"Sending transaction 0x{entry.hash.hex()}.")
            if (refusal := hand_over(self.following, entry)) is None:
                return entry
            _under_way.discard(entry.hash)
            if tries == _NONCES - 1 or not _TAKEN.search(refusal.text.lower()):
                raise refusal
            least = nonce + 1
        raise AssertionError("the last try returns or raises")

    def end(self, entry: Entry, mined: Entry, receipt: RawReceipt) -> None:
        """Write down what was mined.

        Raises:
            RevertError: as the contract refused.
            ChainError: if it failed for no reason that still stands, or another transaction took its place.
        """
        done = finish(self.following.journal, mined, receipt, told=not self.is_part)
        self.run.used |= {entry.hash, mined.hash}
        self.run.hold(self.following.journal, mined.hash)
        if mined.intent != entry.intent:
            raise ChainError(
                f"Transaction 0x{entry.hash.hex()} was cancelled by 0x{mined.hash.hex()}; send it again if it is still "
                "wanted."
            )
        if not done:
            self.following.node.call(self.message, block=receipt["blockNumber"])  # says why, if the reason still stands
            raise ChainError(
                f"Transaction 0x{mined.hash.hex()} failed in block {receipt['blockNumber']} although it was fine when "
                "tried; something it relies on changed meanwhile: look at it and try again."
            )

    def _chosen(self, found: Sequence[Entry]) -> Entry | None:
        """Return what was sent for the same intent, and is not somebody else's business.

        A command takes whatever another one sends or sent; a call of a library only what nobody waits for any more,
        since two that run at once are two.
        """
        journal = self.following.journal
        for entry in found:
            if self.looked and not entry.is_living:
                continue
            ours = entry.owner == journal.owner()
            if not self.is_part and (entry.hash in _under_way if ours else not journal.is_orphan(entry)):
                continue
            self.run.find(journal, entry)
            return entry
        return None


def _go_without(following: Following, run: Run, asked: bytes) -> None:
    """Ask whether to go on without what was given up of an intent or a purpose, unless it was mined after all."""
    if following.journal.given_up(asked):
        refresh(following)
    for entry in following.journal.given_up(asked):
        run.go_without(following.journal, entry)


def _next_nonce(following: Following, page: Page) -> int:
    """Return the number of the account's next transaction, as the node says.

    Raises:
        ChainError: if that is far beyond what the journal knows: what is signed for a number that the account never
            reaches is never mined, and waited for.
    """
    told, last = following.node.next_nonce(following.account), page.last_used()
    if last is not None and told > last + _ELSEWHERE:
        raise ChainError(
            f"{following.node.name} says that the next transaction of {following.account} has the nonce {told:,}, and "
            f"the last one from here that was mined had {last:,}; ask another node. If the account did send so many "
            f"from elsewhere, look that nothing is left to be mined in `ape run tx list`, and put "
            f"{following.journal.path} away, where that is written down."
        )
    return told


def _is_refused(node: Node, account: ChecksumAddress, entry: Entry, error: RefusalError) -> bool:
    """Say whether a refusal is final: for a reason that does not pass, of a transaction that the node does not have."""
    text = error.text.lower()
    taken = _TAKEN.search(text) is not None
    if not (taken or _REFUSALS.search(text) or error.code == _NO_METHOD):
        return False
    try:
        if node.knows(entry.hash) or node.receipt(entry.hash) is not None:
            return False
        user = node.user_of(account, entry.nonce)
    except ChainError:
        return False
    return user != entry.hash and (user is not None or "low" not in text or not taken)
