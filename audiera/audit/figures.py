"""The figures of the index against the contracts themselves, at the audited block: so that a wrong index is noticed.

P1, P2, P9 and P10 of docs/invariants.md are checked with what the contracts answer, not with what was derived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row as Found
from sqlalchemy import select

from audiera.audit.batches import Books
from audiera.audit.history import History
from audiera.audit.payments import splits_of
from audiera.audit.report import Finding, Severity
from audiera.audit.scope import Scope
from audiera.client import token_contract
from audiera.client.contracts import decode_outputs
from audiera.indexer import RefusedError
from audiera.indexer.documents import voucher_of
from audiera.indexer.tables import (
    BATCHES,
    CHANNELS,
    CLAIMED,
    DATASET_USAGE,
    DATASETS,
    LICENSE_USAGE,
    LICENSES,
    PURCHASES,
    RECEIVED,
    STATEMENTS,
    VERSIONS,
)
from audiera.protocol import ETHER
from audiera.text import from_hex

__all__ = ["check_figures"]

_AT_ONCE: Final = 512  # calls
_GAS: Final = 200_000  # of a token's answer: proxies take some
_WORD: Final = 32  # bytes
_OF_STRANGERS: Final = ("all", "contributor")  # audits in which anybody may have a dataset be
_TRIES: Final = 2  # that a token refuses, before it is taken at its word


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call, and what the index has for its answer."""

    what: str
    contract: str
    function: str
    arguments: tuple[object, ...]
    expected: object
    pick: Callable[[tuple[object, ...]], object] = lambda outputs: outputs[0]
    """What of the answer it is."""


def check_figures(history: History, scope: Scope, books: Books, found: list[Finding]) -> int:
    """Ask the contracts, note every difference, and return how many figures were asked.

    Raises:
        ChainError: if the node does not answer, or has no state of that block any more.
    """
    asked, splits = 0, splits_of(history, scope)
    some: list[_Asked] = []
    for it in _asked(history, scope, books, splits):
        some.append(it)
        if len(some) == _AT_ONCE:
            asked += _compare(history, some, found)
            some = []
    asked += _compare(history, some, found)
    return asked + _balances(history, scope, books, splits, found)


def _asked(history: History, scope: Scope, books: Books, splits: frozenset[str]) -> Iterator[_Asked]:
    yield from _content(history, scope)
    yield from _used(history, scope, books)
    yield from _settled(history, books)
    yield from _owed(history, splits)


def _content(history: History, scope: Scope) -> Iterator[_Asked]:
    """P14: what was registered, who owns it, which split it pays."""
    rows = history.connection.execute(select(VERSIONS).order_by(VERSIONS.c.dataset, VERSIONS.c.version)).all()
    for it in rows:
        if it.dataset in scope.datasets:
            content = (from_hex(it.content_root), from_hex(it.manifest))
            what = f"content root and manifest of version {it.version} of dataset {it.dataset}"
            yield _Asked(what, "DatasetRegistry", "contentOf", (it.dataset, it.version), content, tuple)
    for it in history.connection.execute(select(DATASETS)).all():
        if it.id in scope.datasets:
            yield _Asked(f"owner of dataset {it.id}", "DatasetRegistry", "ownerOf", (it.id,), it.owner)
            account, split = from_hex(it.account), from_hex(it.split)
            yield _Asked(f"split of dataset {it.id}", "RoyaltySplitter", "splitOf", (account,), split)


def _used(history: History, scope: Scope, books: Books) -> Iterator[_Asked]:
    """Who holds licences, and how much of them and of datasets was used."""
    named = {it.license for it in books.stated.values()}
    used = {it.license: it for it in history.connection.execute(select(LICENSE_USAGE))}
    for it in history.connection.execute(select(LICENSES)).all():
        if it.dataset in scope.sold or it.id in scope.licenses or it.id in named:
            yield _Asked(f"holder of licence {it.id}", "LicenseRegistry", "ownerOf", (it.id,), it.holder)
            row = used.get(it.id)
            expected = (int(row.calls), int(row.units), row.last_at) if row else (0, 0, 0)
            yield _Asked(f"use of licence {it.id}", "UsageLedger", "usageOfLicense", (it.id,), expected, _fields)
    columns = ("calls", "call_units", "second_units", "megabyte_units", "last_at")
    rows = {it.dataset: it for it in history.connection.execute(select(DATASET_USAGE))}
    for dataset in sorted(scope.sold):
        row = rows.get(dataset)
        figures = tuple(getattr(row, it) for it in columns) if row else (0,) * len(columns)
        yield _Asked(f"use of dataset {dataset}", "UsageLedger", "usageOf", (dataset,), figures, _fields)


def _settled(history: History, books: Books) -> Iterator[_Asked]:
    """P9 and P10: channels, batches and their statements."""
    channels = {_channel_of(it) for it in books.batches.values()}
    for it in history.connection.execute(select(CHANNELS)).all():
        channel = _channel_of(it)
        if channel in channels:
            figures = (int(it.balance), int(it.thawing), it.thaws_at)
            what = f"channel of {it.payer} at {it.gateway} in {it.token}"
            yield _Asked(what, "UsageLedger", "channelOf", channel, figures, _fields)
    for row in books.batches.values():
        kept = voucher_of(row).commitment(row.settled_at)[:28], row.settled_at
        yield _Asked(f"batch {row.id}", "UsageLedger", "batchOf", (from_hex(row.id),), kept, tuple)
    for it in history.connection.execute(select(STATEMENTS.c.batch, STATEMENTS.c.index)).all():
        if it.batch in books.batches:
            what = f"collection of statement {it.index} of batch {it.batch}"
            yield _Asked(what, "UsageLedger", "isCollected", (from_hex(it.batch), it.index), True)


def _owed(history: History, splits: frozenset[str]) -> Iterator[_Asked]:
    """P2: what splits received, and what payees had of it."""
    for it in history.connection.execute(select(RECEIVED)).all():
        if it.split in splits:
            what = f"receipts of split {it.split} in {it.token}"
            arguments = (from_hex(it.split), it.token)
            yield _Asked(what, "RoyaltySplitter", "receivedOf", arguments, int(it.amount))
    for it in history.connection.execute(select(CLAIMED)).all():
        if it.split in splits:
            what = f"what {it.payee} had of split {it.split} in {it.token}"
            whose = (from_hex(it.split), it.token, from_hex(it.payee))
            yield _Asked(what, "RoyaltySplitter", "claimedOf", whose, int(it.amount))


def _channel_of(row: Found[Any]) -> tuple[str, str, str]:
    return row.payer, row.gateway, row.token


def _fields(outputs: tuple[object, ...]) -> tuple[object, ...]:
    """Return the fields of the struct that a function answers."""
    (made,) = outputs
    return tuple(getattr(made, it) for it in made.__dataclass_fields__)  # type: ignore[attr-defined]


def _compare(history: History, asked: list[_Asked], found: list[Finding]) -> int:
    suite, at = history.suite, hex(history.place.block)
    requests = [suite[it.contract].request(it.function, *it.arguments) for it in asked]
    answers = history.wire.ask(
        [("eth_call", [{"to": it.contract.address, "data": f"0x{it.data.hex()}"}, at]) for it in requests]
    )
    for it, request, answer in zip(asked, requests, answers, strict=True):
        said = it.pick(decode_outputs(request.function, from_hex(str(answer))))
        if said != it.expected:
            text = (
                f"The index has {_written(it.expected)} for the {it.what}, and {it.contract} says {_written(said)} at "
                f"block {history.place.block:,}."
            )
            about = {"contract": it.contract, "function": it.function}
            found.append(Finding("figures-differ", Severity.ERROR, text, about))
    return len(asked)


def _balances(history: History, scope: Scope, books: Books, splits: frozenset[str], found: list[Finding]) -> int:
    """P1, and the same of the ledger: what each contract holds of a token covers what it owes in it."""
    connection = history.connection
    splitter, ledger = _owing(history, found)
    tokens = {it.token for it in books.batches.values()} | {
        it.token for it in connection.execute(select(RECEIVED)) if it.split in splits
    }
    asked, paid_in = 0, {ETHER, *_paid_in(history, scope, books)}
    for name, owed in (("RoyaltySplitter", splitter), ("UsageLedger", ledger)):
        for token in sorted(it for it in tokens if owed[it]):
            held = _balance(history, name, token)
            asked += held is not None
            if held is not None and held >= owed[token]:
                continue
            holds = "nothing tells what it holds" if held is None else f"holds {history.worth.of(held, token)}"
            owes = history.worth.of(owed[token], token)
            text = f"{name} owes {owes}, and {holds} at block {history.place.block:,}."
            severity = Severity.NOTE  # anybody sells, and pays anybody, in a token of his own that says what he likes
            if token in paid_in and held is not None and not _is_relied_on(history, scope, token):
                severity = Severity.WARNING
                text += " Whether anybody relies on that token is not known; audit the datasets that are sold in it."
            elif token in paid_in:
                severity = Severity.WARNING if held is None else Severity.ERROR
            found.append(Finding("balance-short", severity, text, {"contract": name, "token": token}))
    return asked


def _owing(history: History, found: list[Finding]) -> tuple[dict[str, int], dict[str, int]]:
    """Return what the splitter and the ledger owe in each token, and note channels that do not add up."""
    connection = history.connection
    splitter: dict[str, int] = defaultdict(int)
    for it in connection.execute(select(RECEIVED)):
        splitter[it.token] += int(it.amount)
    for it in connection.execute(select(CLAIMED)):
        splitter[it.token] -= int(it.amount)
    ledger: dict[str, int] = defaultdict(int)
    for it in connection.execute(select(CHANNELS)):
        ledger[it.token] += int(it.balance)
        if it.deposited != it.balance + it.settled + it.withdrawn + it.refunded:
            text = (
                f"The channel of {it.payer} at {it.gateway} had {history.worth.of(it.deposited, it.token)}, and does "
                "not have what was not settled, withdrawn or refunded of it."
            )
            found.append(Finding("channel-not-summing", Severity.ERROR, text, {"payer": it.payer, "token": it.token}))
    for it in connection.execute(select(BATCHES)):
        ledger[it.token] += int(it.amount) - int(it.collected_amount) + (0 if it.fee_released else int(it.fee))
    return splitter, ledger


def _paid_in(history: History, scope: Scope, books: Books) -> Iterator[str]:
    """Yield the tokens in which somebody else than its owner paid for a licence of the audit, or for uses under it.

    Of a licence that is in it for its holder's sake, that is who is audited: anybody gives him one.
    """
    connection = history.connection
    owners = {it.id: {it.owner, it.creator} for it in connection.execute(select(DATASETS))}
    audited = scope.payers.union(*(owners[it] for it in scope.sold))

    def counts(dataset: int, license_: int | None, payer: str) -> bool:
        is_in = dataset in scope.sold or (license_ in scope.licenses and payer in audited)
        return is_in and payer not in owners.get(dataset, ())

    for it in connection.execute(select(PURCHASES).where(PURCHASES.c.price != 0)):
        if counts(it.dataset, it.license, it.payer):
            yield it.token
    for stated in books.stated.values():
        payer = books.batches[stated.batch].payer
        if stated.amount and not stated.strange and counts(stated.dataset, stated.license, payer):
            yield stated.token


def _is_relied_on(history: History, scope: Scope, token: str) -> bool:
    """Say whether somebody who is audited chose a token, or everybody knows it.

    Nobody chooses which strangers are in an audit of everything, nor whose splits name him; and an owner who buys from
    himself with another account cannot be told from a buyer.
    """
    return token in history.worth.known or scope.subject.kind not in _OF_STRANGERS


def _balance(history: History, name: str, token: str) -> int | None:
    """Return what a contract holds of a token; None: the token does not answer, as anybody's may not.

    Raises:
        ChainError: if it is the node that does not answer.
    """
    address, at = history.suite[name].address, hex(history.place.block)
    if token == ETHER:
        (answer,) = history.wire.ask([("eth_getBalance", [address, at])])
        return int(str(answer), 16)
    request = token_contract(history.place.chain_id, token).request("balanceOf", address)
    call: dict[str, object] = {"to": token, "data": f"0x{request.data.hex()}", "gas": hex(_GAS)}
    for _ in range(_TRIES):
        try:
            (answer,) = history.wire.ask([("eth_call", [call, at])])
        except RefusedError:
            history.wire.ask([("eth_call", [_known(history), at])])  # or it is the node that refuses
            continue
        word = from_hex(str(answer))
        return int.from_bytes(word) if len(word) == _WORD else None
    return None


def _known(history: History) -> dict[str, object]:
    """Return a call that every node answers."""
    registry = history.suite["DatasetRegistry"]
    return {"to": registry.address, "data": f"0x{registry.request('totalSupply').data.hex()}"}


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_written, value))
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
