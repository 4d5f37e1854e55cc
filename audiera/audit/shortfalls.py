"""What was settled of the heads that payer and gateway both signed: a gateway may settle less than it served.

Nothing on the chain shows that; who has the heads does, and may give them to whoever is paid by the use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy import Row as Found

from audiera.audit.batches import Books
from audiera.audit.heads import Lines, SignedHead, summed
from audiera.audit.history import History
from audiera.audit.report import Column, Finding, Form, Row, Section, Severity
from audiera.audit.scope import Scope
from audiera.client.contracts.events import SignerSet
from audiera.errors import SignatureError
from audiera.indexer import happened
from audiera.indexer.tables import BATCHES, CHANNELS
from audiera.protocol import Receipt, recover
from audiera.text import Json, from_hex, shown

__all__ = ["shortfalls"]

_COLUMNS: Final = (
    *(Column("batch"), Column("number", Form.AMOUNT), Column("payer"), Column("gateway"), Column("token")),
    *(Column("amount", Form.AMOUNT), Column("calls", Form.AMOUNT), Column("signed"), Column("settled", Form.AMOUNT)),
    *(Column("missing", Form.AMOUNT), Column("missing_calls", Form.AMOUNT)),
)
_READ: Final = "SELECT license, dataset, price FROM uses WHERE voucher = ?"
_AT_ONCE: Final = 5_000  # rows
_RANKS: Final = ("yes", "once", "no")
"""Whether both signed a head: by keys that act, by some that once did, or not."""


def shortfalls(history: History, scope: Scope, books: Books, found: list[Finding]) -> tuple[Section, ...]:
    """Return the section, and note what was settled for less than both signed, or not at all."""
    rows = list(_rows(history, scope, books, found))
    return (Section("heads", "Heads that both signed", _COLUMNS, lambda: rows),)


def _rows(history: History, scope: Scope, books: Books, found: list[Finding]) -> Iterator[Row]:
    for head, signed in _newest(history):
        lines, voucher = head.lines(), head.voucher
        row = history.connection.execute(select(BATCHES).where(BATCHES.c.id == head.batch)).one_or_none()
        of = lines
        if of is None and row is not None and row.id in books.logged:
            of = _settled(history.connection, row)
        if voucher.payer not in scope.payers and of is not None and not any(scope.takes(it[1], it[0]) for it in of):
            continue
        is_ours = voucher.payer in scope.payers or of is not None
        short = {} if signed == "no" or row is None else _short(history.connection, books, head, lines, row)
        _note(history, head, signed, row, short, found, is_ours=is_ours)
        yield {
            "batch": head.batch,
            "number": str(voucher.batch),
            "payer": voucher.payer,
            "gateway": voucher.gateway,
            "token": voucher.token,
            "amount": str(voucher.amount),
            "calls": str(voucher.calls),
            "signed": signed,
            "settled": None if row is None else str(row.amount),
            "missing": str(sum(it[0] for it in short.values())),
            "missing_calls": str(sum(it[1] for it in short.values())),
        }


def _newest(history: History) -> list[tuple[SignedHead, str]]:
    """Return the newest head of each batch that both signed, and how; one that they did not, if there is no other."""
    if not history.heads:
        return []
    acts, best = _reader_of_keys(history), dict[str, tuple[SignedHead, str]]()
    for head in sorted(history.heads, key=lambda it: (-it.voucher.calls, -it.voucher.amount)):
        signed = _signed(history, head, acts)
        before = best.get(head.batch)
        if before is None or _RANKS.index(signed) < _RANKS.index(before[1]):
            best[head.batch] = head, signed
    return list(best.values())


def _note(  # noqa: PLR0917  # all that it is made of
    history: History,
    head: SignedHead,
    signed: str,
    row: Found[Any] | None,
    short: Lines,
    found: list[Finding],
    *,
    is_ours: bool,
) -> None:
    voucher, worth = head.voucher, history.worth
    amount, calls = (sum(it[place] for it in short.values()) for place in (0, 1))
    what = f"batch {voucher.batch} of {voucher.payer} at {voucher.gateway}"
    both = f"{voucher.calls:,} uses that come to {worth.of(voucher.amount, voucher.token)}"
    about: dict[str, Json] = {"batch": head.batch, "payer": voucher.payer, "gateway": voucher.gateway}
    about |= {"token": voucher.token, "amount": str(amount), "calls": calls}
    if signed == "no":
        text = f"The head of {what} in {shown(str(head.path))} is not signed by both, so it shows nothing."
        found.append(Finding("head-unsigned", Severity.WARNING, text, about))
    elif row is None:
        of = CHANNELS.c
        channel = (of.payer == voucher.payer) & (of.gateway == voucher.gateway) & (of.token == voucher.token)
        held = history.connection.execute(select(of.balance).where(channel)).scalar() or 0
        text = (
            f"Of {what}, {both} were signed for by both, and nothing is settled up to this block: only the gateway "
            f"can. The channel holds {worth.of(held, voucher.token)}."
        )
        found.append(
            Finding("not-settled", Severity.OPEN, text, about | {"amount": str(voucher.amount), "calls": voucher.calls})
        )
    elif amount or calls:
        named = [
            f"{worth.of(it[0], voucher.token)} for {it[1]:,} uses of dataset {dataset} under licence {license_}"
            for (license_, dataset), it in sorted(short.items())
            if dataset
        ]
        of_what = f" ({'; '.join(named)})" if named else ""
        text = (
            f"Of {what}, {both} were signed for by both, and {row.calls:,} that come to "
            f"{worth.of(row.amount, row.token)} were settled (transaction {row.transaction}): "
            f"{worth.of(amount, voucher.token)} and {calls:,} uses are missing{of_what}."
        )
        severity = Severity.ERROR
        if signed == "once":
            severity = Severity.WARNING
            text += " One of the keys acts no more, and nothing shows that it signed before."
        if not is_ours:
            severity = Severity.WARNING
            text += " Neither the log beside the head nor that of the batch is here, so what it is of is not known."
        found.append(Finding("settled-short", severity, text, about | {"transaction": row.transaction}))


def _short(connection: Connection, books: Books, head: SignedHead, lines: Lines | None, row: Found[Any]) -> Lines:
    """Return what was settled for less than both signed, by licence and dataset; in one sum (0, 0) without the logs."""
    if lines is None or row.id not in books.logged:
        signed, settled = {(0, 0): (head.voucher.amount, head.voucher.calls)}, {(0, 0): (row.amount, row.calls)}
    else:
        signed, settled = dict(lines), dict(_settled(connection, row))
    lacking = {
        key: tuple(max(one - other, 0) for one, other in zip(of, settled.get(key, (0, 0)), strict=True))
        for key, of in signed.items()
    }
    return {key: (it[0], it[1]) for key, it in lacking.items() if any(it)}


def _settled(connection: Connection, batch: Found[Any]) -> Lines:
    """Return what a batch is of whose log is here."""
    some = connection.exec_driver_sql(_READ, (from_hex(batch.voucher),)).partitions(_AT_ONCE)
    return summed((it[0], it[1], int(it[2])) for rows in some for it in rows)


def _signed(history: History, head: SignedHead, acts: Callable[[str, str, str], bool | None]) -> str:
    """Say whether both signed a head: `yes`, `no`, or `once`, by keys that act no more."""
    voucher, ledger = head.voucher, history.suite["UsageLedger"].domain
    try:
        pays = recover(ledger.digest(voucher), head.signature)
        settles = recover(ledger.digest(Receipt(voucher.struct_hash())), head.receipt)
    except SignatureError:
        return "no"
    may = acts(voucher.payer, pays, "pay_until"), acts(voucher.gateway, settles, "settle_until")
    return "no" if False in may else "yes" if all(may) else "once"


def _reader_of_keys(history: History) -> Callable[[str, str, str], bool | None]:
    """Return what says whether a key acts for an account; None: it did once."""
    kept: dict[tuple[str, str], list[tuple[int, SignerSet]]] = defaultdict(list)
    for it in happened(history.connection, history.suite, "LicenseRegistry", SignerSet):
        kept[it.event.account, it.event.signer].append((it.at, it.event))

    def acts(account: str, key: str, scope: str) -> bool | None:
        said: Sequence[tuple[int, SignerSet]] = kept[account, key]
        if account == key or (said and getattr(said[-1][1], scope) > history.place.time):
            return True
        return None if any(getattr(event, scope) > at for at, event in said) else False

    return acts
