"""Who was paid: credits, what each payee is owed and had, claims, and what was passed on to other splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Table, select

from audiera.audit.history import History
from audiera.audit.report import Column, Finding, Form, Row, Section, Severity
from audiera.audit.scope import Scope
from audiera.indexer.tables import (
    ACCOUNTS,
    ASSIGNMENTS,
    BATCHES,
    CLAIMED,
    CLAIMS,
    CREDITS,
    DATASETS,
    FORWARDS,
    LICENSES,
    PURCHASES,
    RECEIVED,
    RECORDED_USES,
    SHARES,
    SPLITS,
    STATEMENTS,
    TERMS,
)
from audiera.protocol import WHOLE, is_account, payee_address
from audiera.text import Json, from_hex

__all__ = ["payments", "splits_of"]

_CREDITS: Final = (
    *(Column("dataset", Form.NUMBER), Column("payer"), Column("amount", Form.AMOUNT), Column("token")),
    *(Column("split"), Column("at", Form.TIME), Column("transaction")),
)
_PAYEES: Final = (
    *(Column("split"), Column("payee"), Column("dataset", Form.NUMBER), Column("ppm", Form.NUMBER)),
    *(Column("token"), Column("received", Form.AMOUNT), Column("due", Form.AMOUNT), Column("had", Form.AMOUNT)),
    Column("owed", Form.AMOUNT),
)
_CLAIMS: Final = (
    *(Column("payee"), Column("recipient"), Column("amount", Form.AMOUNT), Column("token"), Column("split")),
    *(Column("at", Form.TIME), Column("transaction")),
)
_FORWARDS: Final = (
    *(Column("payee"), Column("to_split"), Column("amount", Form.AMOUNT), Column("token"), Column("split")),
    *(Column("at", Form.TIME), Column("transaction")),
)


def payments(history: History, scope: Scope, found: list[Finding]) -> tuple[Section, ...]:
    """Return the sections, and note what does not add up, and what waits."""
    splits = splits_of(history, scope)
    payees = list(_payees(history, scope, splits, found))
    _check_credits(history, scope, found)
    return (
        Section("credits", "Credits", _CREDITS, lambda: _credits(history, scope)),
        Section("payees", "Payees", _PAYEES, lambda: payees),
        Section("claims", "Payouts", _CLAIMS, lambda: _moves(history, scope, splits, CLAIMS)),
        Section("forwards", "Passed on", _FORWARDS, lambda: _moves(history, scope, splits, FORWARDS)),
    )


def splits_of(history: History, scope: Scope) -> frozenset[str]:
    """Return the splits that the accounts of the datasets of an audit were ever assigned to, or all."""
    if scope.subject.kind == "all":
        return frozenset(history.connection.execute(select(SPLITS.c.id)).scalars())
    accounts = {
        it.account
        for it in history.connection.execute(select(DATASETS.c.id, DATASETS.c.account))
        if it.id in scope.sold
    }
    rows = history.connection.execute(select(ASSIGNMENTS.c.account, ASSIGNMENTS.c.split))
    return frozenset(it.split for it in rows if it.account in accounts)


def _payees(history: History, scope: Scope, splits: frozenset[str], found: list[Finding]) -> Iterator[Row]:
    connection, worth = history.connection, history.worth
    received: dict[str, dict[str, int]] = defaultdict(dict)
    for it in connection.execute(select(RECEIVED)):
        received[it.split][it.token] = int(it.amount)
    had = {(it.split, it.token, it.payee): int(it.amount) for it in connection.execute(select(CLAIMED))}
    accounts = {it.id: it for it in connection.execute(select(ACCOUNTS))}
    shares = connection.execute(select(SHARES).order_by(SHARES.c.split, SHARES.c.position)).all()
    known = set(connection.execute(select(SPLITS.c.id)).scalars())
    for it in shares:
        if it.split not in splits or scope.payee not in (None, it.payee):
            continue
        account = accounts.get(it.payee)
        for token, amount in sorted(received[it.split].items()):
            due, taken = amount * it.ppm // WHOLE, had.get((it.split, token, it.payee), 0)
            about: dict[str, Json] = {"split": it.split, "payee": _payee(it.payee), "token": token}
            if taken > due:
                text = (
                    f"{_payee(it.payee)} had {worth.of(taken, token)} from split {it.split}, of which "
                    f"{worth.of(due, token)} is its share."
                )
                found.append(Finding("paid-beyond-share", Severity.ERROR, text, about))
            elif due > taken and is_account(from_hex(it.payee)):
                whose = f"dataset {account.dataset}" if account and account.dataset else f"account {it.payee}"
                how = "anyone may pass it on" if account or it.payee in known else "the account is assigned to nobody"
                text = (
                    f"{worth.of(due - taken, token)} of what split {it.split} received is {whose}'s and is not "
                    f"forwarded to it; {how}."
                )
                waits = about | {"amount": str(due - taken)}
                found.append(Finding("not-forwarded", Severity.OPEN, text, waits))
            yield {
                "split": it.split,
                "payee": _payee(it.payee),
                "dataset": account.dataset if account else None,
                "ppm": it.ppm,
                "token": token,
                "received": str(amount),
                "due": str(due),
                "had": str(taken),
                "owed": str(due - taken),
            }


def _check_credits(history: History, scope: Scope, found: list[Finding]) -> None:
    """Hold what was credited to each dataset to what was paid for its licences and uses."""
    connection = history.connection
    of = TERMS.c.token
    recorded = (
        select(RECORDED_USES.c.dataset, of, RECORDED_USES.c.amount)
        .join(LICENSES, LICENSES.c.id == RECORDED_USES.c.license)
        .join(TERMS, TERMS.c.id == LICENSES.c.terms)
    )
    collected = select(STATEMENTS.c.dataset, BATCHES.c.token, STATEMENTS.c.amount)
    paid = (
        select(PURCHASES.c.dataset, PURCHASES.c.token, PURCHASES.c.price),
        collected.join(BATCHES, BATCHES.c.id == STATEMENTS.c.batch),
        recorded,
    )
    due: dict[tuple[int, str], int] = defaultdict(int)
    for query in paid:
        for dataset, token, amount in connection.execute(query):
            due[dataset, token] += int(amount)
    credited: dict[tuple[int, str], int] = defaultdict(int)
    columns = (CREDITS.c.dataset, CREDITS.c.token, CREDITS.c.amount)
    for dataset, token, amount in connection.execute(select(*columns).where(CREDITS.c.dataset.is_not(None))):
        credited[dataset, token] += int(amount)
    for (dataset, token), amount in sorted(due.items()):
        if dataset in scope.sold and credited[dataset, token] < amount:
            text = (
                f"Dataset {dataset} was credited {history.worth.of(credited[dataset, token], token)}, where "
                f"{history.worth.of(amount, token)} was paid for its licences and uses."
            )
            found.append(Finding("credit-missing", Severity.ERROR, text, {"dataset": dataset, "token": token}))


def _credits(history: History, scope: Scope) -> Iterator[Row]:
    for it in history.connection.execute(select(CREDITS).order_by(CREDITS.c.block, CREDITS.c.log_index)):
        if it.dataset in scope.sold or scope.subject.kind == "all":
            yield {
                "dataset": it.dataset,
                "payer": it.payer,
                "amount": str(it.amount),
                "token": it.token,
                "split": it.split,
                "at": it.at,
                "transaction": it.transaction,
            }


def _moves(history: History, scope: Scope, splits: frozenset[str], table: Table) -> Iterator[Row]:
    for it in history.connection.execute(select(table).order_by(table.c.block, table.c.log_index)):
        if it.split in splits and scope.payee in (None, it.payee):
            made: dict[str, Json] = {"payee": _payee(it.payee), "amount": str(it.amount), "token": it.token}
            where = {"recipient": it.recipient} if table is CLAIMS else {"to_split": it.to_split}
            yield made | where | {"split": it.split, "at": it.at, "transaction": it.transaction}


def _payee(payee: str) -> str:
    """Return a payee: an address, or the 32 bytes of an account."""
    return payee if is_account(from_hex(payee)) else payee_address(from_hex(payee))
