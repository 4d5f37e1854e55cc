"""Act: everybody is paid: up the lineage, through accounts held in trust, into their wallets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client import TxReceipt
from audiera.client.contracts.events import Claimed, Forwarded
from audiera.credits import Payout
from audiera.demo.books import Books, balance_books
from audiera.demo.cast import wallet_of
from audiera.demo.publish import Work
from audiera.demo.stage import Stage
from audiera.protocol import ETHER, WHOLE, Split, payee_address, payee_of

__all__ = ["PaidOut", "pay_out"]

_AT_ONCE: Final = 100  # calls in one transaction
_SHOWN: Final = 12  # people in the table; all are paid


@dataclass(frozen=True, slots=True)
class PaidOut:
    """What everybody was paid, as the books have it and the chain confirmed."""

    books: Books
    before: Mapping[tuple[ChecksumAddress, str], int]
    """What each payee had of each token before anybody claimed."""


def pay_out(stage: Stage, works: Sequence[Work]) -> PaidOut:
    """Claim for everybody.

    Args:
        stage: the stage.
        works: all datasets, each before its parents.
    """
    story = stage.story
    story.act(
        "Everybody is paid",
        "Anyone may trigger a claim; the money goes to the payee alone, who needs neither ETH nor to be there. A "
        "parent's line of a split is forwarded to the parent's own split: so royalties flow up the lineage.",
    )
    held = _take_from_trust(stage, works)
    assigned = {stage.client.datasets.account_of(it.dataset): it.split for it in works} | {
        it.payee: Split.of({payee_of(wallet_of(it.names[0])): WHOLE}) for it in held
    }
    splits = list({split.id(): split for split in assigned.values()}.values())
    books = balance_books(stage.credited, assigned, splits)
    before = {(payee, token): stage.token(token).balance_of(payee) for payee, token in books.paid}
    claims = _claim_all(stage, works, held, assigned)
    _check(stage, books, splits, claims, before)
    _show(stage, books, _names(stage, works))
    return PaidOut(books, before)


def _take_from_trust(stage: Stage, works: Sequence[Work]) -> list[Payout]:
    """Have the custodian point every account it holds at the wallet that its owner has by now."""
    collective = stage.cast.collective
    trusted = [payout for work in works for payout in work.payouts if payout.key is not None]
    held = list({it.payee: it for it in trusted}.values())  # one account may have a share of several datasets
    encoding = stage.client.encoding().royalty
    calls: list[bytes] = []
    for payout in held:
        split = Split.of({payee_of(wallet_of(payout.names[0])): WHOLE})
        calls += [encoding.create_split(split), encoding.assign(payout.key or b"", split.id())]
    receipts = [stage.acting(collective).royalty.multicall(part) for part in _parts(calls)]
    who = held[0].names[0] if len(held) == 1 else f"{len(held)} contributors"
    has = "has a wallet" if len(held) == 1 else "have wallets"
    stage.story.step(f"{who} {has} by now: {collective.name} points what it holds in trust there", *receipts)
    return held


def _claim_all(
    stage: Stage, works: Sequence[Work], held: Sequence[Payout], assigned: Mapping[bytes, Split]
) -> list[TxReceipt]:
    """Claim split by split, each before those it forwards to."""
    receipts = []
    for work in works:
        done = _claim(stage, [work.split])
        receipts += done
        stage.story.step(f"“{work.name}”: {_summary(done)}", *done)
    trust = _claim(stage, [assigned[it.payee] for it in held])
    stage.story.step(f"Accounts held in trust: {_summary(trust)}", *trust)
    return [*receipts, *trust]


def _claim(stage: Stage, splits: Iterable[Split]) -> list[TxReceipt]:
    royalty = stage.client.royalty
    encoding = stage.client.encoding().royalty
    calls = [
        encoding.claim(split, token, share.payee)
        for split in splits
        for token in (ETHER, stage.usdc)
        if royalty.received_of(split.id(), token)
        for share in split.shares
        if royalty.owed_of(split, token, share.payee)
    ]
    return [stage.acting(stage.cast.gateway).royalty.multicall(part) for part in _parts(calls)]


def _summary(receipts: Sequence[TxReceipt]) -> str:
    claimed = sum(len(it.events(Claimed)) for it in receipts)
    forwarded = sum(len(it.events(Forwarded)) for it in receipts)
    said = [f"{claimed} paid"] if claimed else []
    said += [f"{forwarded} forwarded to another split"] if forwarded else []
    return ", ".join(said) or "nothing owed"


def _check(
    stage: Stage,
    books: Books,
    splits: Sequence[Split],
    receipts: Sequence[TxReceipt],
    before: Mapping[tuple[ChecksumAddress, str], int],
) -> None:
    story, royalty = stage.story, stage.client.royalty
    received = {(split.id(), token): royalty.received_of(split.id(), token) for split, token in _each(stage, splits)}
    come_to = "every split has received what prices, uses and lineage come to, to the last unit"
    story.equal_sums(come_to, received, dict(books.received))
    paid: dict[tuple[ChecksumAddress, str], int] = {}
    for event in (event for it in receipts for event in it.events(Claimed)):
        key = (payee_address(event.payee), event.token)
        paid[key] = paid.get(key, 0) + event.amount
    story.equal_sums("everybody is paid what their shares of that come to, rounded down", paid, dict(books.paid))
    gained = {key: stage.token(key[1]).balance_of(key[0]) - had for key, had in before.items()}
    story.equal_sums("and each holds just so much more than before", gained, dict(books.paid))
    left = sum(royalty.owed_of(split, token, it.payee) for split, token in _each(stage, splits) for it in split.shares)
    story.equal("nothing is left to claim", left, 0)


def _show(stage: Stage, books: Books, names: Mapping[ChecksumAddress, str]) -> None:
    """Show who was paid what, those with most USDC first."""
    payees = sorted({payee for payee, _ in books.paid}, key=lambda it: (-books.paid.get((it, stage.usdc), 0), it))
    rows = []
    for payee in payees[:_SHOWN]:
        amounts = [stage.fixed(books.paid.get((payee, token), 0), token) for token in (ETHER, stage.usdc)]
        rows.append((names.get(payee, payee), *amounts))
    if more := payees[_SHOWN:]:
        sums = [sum(books.paid.get((it, token), 0) for it in more) for token in (ETHER, stage.usdc)]
        rows.append((f"and {len(more)} more", stage.fixed(sums[0], ETHER), stage.fixed(sums[1], stage.usdc)))
    stage.story.table(["Paid", "ETH", "USDC"], rows, right=["ETH", "USDC"])


def _names(stage: Stage, works: Sequence[Work]) -> dict[ChecksumAddress, str]:
    names = {it.address: it.name for it in stage.cast}
    for payout in (payout for work in works for payout in work.payouts):
        who = ", ".join(payout.names)
        names[payout.address or wallet_of(payout.names[0])] = (
            who if payout.address else f"{who}, held in trust till now"
        )
    return names


def _each(stage: Stage, splits: Sequence[Split]) -> Iterator[tuple[Split, str]]:
    return ((split, token) for split in splits for token in (ETHER, stage.usdc))


def _parts(calls: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Cut calls into transactions that fit into a block."""
    return (calls[start : start + _AT_ONCE] for start in range(0, len(calls), _AT_ONCE))
