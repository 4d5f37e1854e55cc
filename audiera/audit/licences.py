"""Who may use it: lineage and clearances, terms, licences and what was paid for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import select

from audiera.audit.history import History
from audiera.audit.report import Column, Finding, Form, Row, Section, Severity
from audiera.audit.scope import Scope
from audiera.client.contracts.events import DatasetCleared
from audiera.indexer import Happened, happened
from audiera.indexer.documents import text_of
from audiera.indexer.tables import CLEARANCES, DATASETS, LICENSES, PARENTS, PURCHASES, SHARES, TERMS
from audiera.licensing import template_of
from audiera.protocol import Meter, TermsFlag, dataset_account, describe_rights
from audiera.text import Json, from_hex, hex_of

__all__ = ["licences"]

_PARENTS = (
    *(Column("dataset", Form.NUMBER), Column("parent", Form.NUMBER), Column("ppm", Form.NUMBER)),
    Column("share_now", Form.NUMBER),
)
_CLEARANCES = (
    *(Column("dataset", Form.NUMBER), Column("rights"), Column("until", Form.TIME), Column("licenses")),
    *(Column("at", Form.TIME), Column("transaction")),
)
_TERMS = (
    *(Column("terms"), Column("rights"), Column("meter"), Column("unit_price", Form.AMOUNT), Column("token")),
    *(Column("duration", Form.NUMBER), Column("notice", Form.NUMBER), Column("max_units", Form.NUMBER)),
    *(Column("revocable", Form.FLAG), Column("text"), Column("text_name"), Column("text_here", Form.FLAG)),
)
_LICENSES = (
    *(Column("license", Form.NUMBER), Column("dataset", Form.NUMBER), Column("holder"), Column("terms")),
    *(Column("rights"), Column("meter"), Column("unit_price", Form.AMOUNT), Column("token")),
    *(Column("acquired_at", Form.TIME), Column("expires_at", Form.TIME), Column("revoked", Form.FLAG)),
    *(Column("max_units", Form.NUMBER), Column("ref"), Column("transaction")),
)
_PURCHASES = (
    *(Column("license", Form.NUMBER), Column("dataset", Form.NUMBER), Column("renewal", Form.FLAG)),
    *(Column("payer"), Column("price", Form.AMOUNT), Column("token"), Column("at", Form.TIME)),
    *(Column("expires_at", Form.TIME), Column("transaction")),
)


def licences(history: History, scope: Scope, found: list[Finding]) -> tuple[Section, ...]:
    """Return the sections, and note what lineage and clearances do not bear out."""
    rows = [it for it in _all(history) if it.dataset in scope.sold or it.id in scope.licenses]
    parents = list(_parents(history, scope, found))
    _check_ceilings(history, rows, found)
    taken = {it.id for it in rows}
    return (
        Section("parents", "Lineage", _PARENTS, lambda: parents),
        Section("clearances", "Clearances", _CLEARANCES, lambda: _clearances(history, scope)),
        Section("terms", "Terms", _TERMS, lambda: _terms(history, {it.terms for it in rows})),
        Section("licenses", "Licences", _LICENSES, lambda: map(_license, rows)),
        Section("purchases", "Licences paid", _PURCHASES, lambda: _purchases(history, taken)),
    )


def _all(history: History) -> list[Found[Any]]:
    of = TERMS.c
    more = (of.rights, of.meter, of.unit_price, of.token, of.max_units)
    query = select(LICENSES, *more).join(TERMS, of.id == LICENSES.c.terms).order_by(LICENSES.c.id)
    return list(history.connection.execute(query))


def _parents(history: History, scope: Scope, found: list[Finding]) -> Iterator[Row]:
    registry = history.suite["DatasetRegistry"].address
    splits = {it.id: it.split for it in history.connection.execute(select(DATASETS.c.id, DATASETS.c.split))}
    shares: dict[str, dict[str, int]] = defaultdict(dict)
    wanted = {splits[it] for it in scope.datasets}
    for it in history.connection.execute(select(SHARES)):
        if it.split in wanted:
            shares[it.split][it.payee] = it.ppm
    for it in history.connection.execute(select(PARENTS).order_by(PARENTS.c.dataset, PARENTS.c.parent)):
        if it.dataset not in scope.datasets:
            continue
        now = shares[splits[it.dataset]].get(hex_of(dataset_account(registry, it.parent)), 0)
        if now < it.ppm:
            text = (
                f"Dataset {it.dataset} declared {it.ppm:,} ppm of its income to its parent {it.parent}, whose share of "
                f"the split {splits[it.dataset]} is {now:,} ppm."
            )
            about: dict[str, Json] = {"dataset": it.dataset, "parent": it.parent, "split": splits[it.dataset]}
            found.append(Finding("parent-short", Severity.ERROR, text, about))
        yield {"dataset": it.dataset, "parent": it.parent, "ppm": it.ppm, "share_now": now}


def _check_ceilings(history: History, licenses: list[Found[Any]], found: list[Finding]) -> None:
    """Hold what derived datasets sold to the clearance that was in force then: a later one may be narrower."""
    connection = history.connection
    derived = set(connection.execute(select(PARENTS.c.dataset).distinct()).scalars())
    rows = {it.id: it for it in licenses if it.dataset in derived}
    if not rows:
        return
    cleared: dict[int, list[Happened[DatasetCleared]]] = defaultdict(list)
    for it in happened(connection, history.suite, "LicenseRegistry", DatasetCleared):
        cleared[it.event.dataset].append(it)
    for sold in connection.execute(select(PURCHASES).order_by(PURCHASES.c.block, PURCHASES.c.log_index)):
        if (row := rows.get(sold.license)) is None:
            continue
        before = [it.event for it in cleared[row.dataset] if it.place < (sold.block, sold.log_index)]
        clearance = before[-1] if before and before[-1].until > sold.at else None
        beyond = row.rights if clearance is None else row.rights & ~clearance.rights_ceiling
        lasts = clearance is not None and sold.expires_at > clearance.until
        if beyond or lasts:
            what = describe_rights(beyond) if beyond else "what it does for longer"
            text = (
                f"Licence {row.id} of dataset {row.dataset} grants {what}, for which its parents had given no "
                f"clearance (transaction {sold.transaction})."
            )
            about: dict[str, Json] = {"license": row.id, "dataset": row.dataset, "transaction": sold.transaction}
            found.append(Finding("beyond-clearance", Severity.ERROR, text, about))


def _clearances(history: History, scope: Scope) -> Iterator[Row]:
    for it in history.connection.execute(select(CLEARANCES).order_by(CLEARANCES.c.dataset)):
        if it.dataset in scope.datasets:
            made = {"dataset": it.dataset, "rights": describe_rights(it.rights_ceiling), "until": it.until}
            yield made | {"licenses": it.licenses, "at": it.at, "transaction": it.transaction}


def _terms(history: History, wanted: set[str]) -> Iterator[Row]:
    for it in history.connection.execute(select(TERMS).order_by(TERMS.c.index)).all():
        if it.id in wanted:
            template = template_of(from_hex(it.text))
            yield {
                "terms": it.id,
                "rights": describe_rights(it.rights),
                "meter": Meter(it.meter).name,
                "unit_price": str(it.unit_price),
                "token": it.token,
                "duration": it.duration,
                "notice": it.notice,
                "max_units": it.max_units,
                "revocable": bool(it.flags & TermsFlag.Revocable),
                "text": it.text,
                "text_name": template.name if template else None,
                "text_here": template is not None or text_of(history.connection, it.text) is not None,
            }


def _license(it: Found[Any]) -> Row:
    return {
        "license": it.id,
        "dataset": it.dataset,
        "holder": it.holder,
        "terms": it.terms,
        "rights": describe_rights(it.rights),
        "meter": Meter(it.meter).name,
        "unit_price": str(it.unit_price),
        "token": it.token,
        "acquired_at": it.at,
        "expires_at": it.expires_at,
        "revoked": bool(it.revoked),
        "max_units": it.max_units,
        "ref": it.ref,
        "transaction": it.transaction,
    }


def _purchases(history: History, taken: set[int]) -> Iterator[Row]:
    for it in history.connection.execute(select(PURCHASES).order_by(PURCHASES.c.block, PURCHASES.c.log_index)):
        if it.license in taken:
            yield {
                "license": it.license,
                "dataset": it.dataset,
                "renewal": bool(it.renewal),
                "payer": it.payer,
                "price": str(it.price),
                "token": it.token,
                "at": it.at,
                "expires_at": it.expires_at,
                "transaction": it.transaction,
            }
