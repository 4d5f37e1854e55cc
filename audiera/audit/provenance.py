"""Who published what: datasets, versions, people and items, and whether what the chain names is there."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select

from audiera.audit.history import History
from audiera.audit.report import Column, Finding, Form, Row, Section, Severity
from audiera.audit.scope import Scope
from audiera.audit.works import Works
from audiera.indexer.documents import Paper
from audiera.indexer.tables import DATASETS, DOCUMENTS, ENTRIES, PEOPLE, VERSIONS, WANTED, WITHDRAWN_ITEMS
from audiera.protocol import DatasetFlag, Kind
from audiera.text import Json, hex_of

__all__ = ["provenance"]

_DATASETS = (
    *(Column("dataset", Form.NUMBER), Column("name"), Column("kind"), Column("creator"), Column("owner")),
    *(Column("registered_at", Form.TIME), Column("versions", Form.NUMBER), Column("derived", Form.FLAG)),
    *(Column("synthetic", Form.FLAG), Column("account"), Column("split"), Column("transaction")),
)
_VERSIONS = (
    *(Column("dataset", Form.NUMBER), Column("version", Form.NUMBER), Column("published_at", Form.TIME)),
    *(Column("items", Form.NUMBER), Column("content_root"), Column("manifest"), Column("documents")),
    *(Column("stored", Form.NUMBER), Column("transaction")),
)
_PEOPLE = (
    *(Column("dataset", Form.NUMBER), Column("name"), Column("creator", Form.FLAG), Column("roles")),
    *(Column("isni"), Column("ipi"), Column("orcid")),
)
_ITEMS = (
    *(Column("dataset", Form.NUMBER), Column("version", Form.NUMBER), Column("path"), Column("title")),
    *(Column("artists"), Column("isrc"), Column("iswc"), Column("duration_ms", Form.NUMBER)),
    *(Column("size", Form.AMOUNT), Column("sha256"), Column("leaf")),
)
_WITHDRAWN = (
    *(Column("dataset", Form.NUMBER), Column("item"), Column("version", Form.NUMBER), Column("at", Form.TIME)),
    Column("transaction"),
)


def provenance(history: History, scope: Scope, works: Works, found: list[Finding]) -> tuple[Section, ...]:
    """Return the sections, and note what is missing or is not what the chain names."""
    versions = list(_versions(history, scope, works, found))
    return (
        Section("datasets", "Datasets", _DATASETS, lambda: _datasets(history, scope)),
        Section("versions", "Versions", _VERSIONS, lambda: versions),
        Section("people", "People", _PEOPLE, lambda: _people(history, scope)),
        Section("items", "Items", _ITEMS, lambda: _items(scope, works)),
        Section("withdrawn", "Items withdrawn", _WITHDRAWN, lambda: _withdrawn(history, scope)),
    )


def _datasets(history: History, scope: Scope) -> Iterator[Row]:
    names = {it.dataset: it.name for it in history.connection.execute(select(ENTRIES.c.dataset, ENTRIES.c.name))}
    for it in history.connection.execute(select(DATASETS).order_by(DATASETS.c.id)):
        if it.id in scope.datasets:
            yield {
                "dataset": it.id,
                "name": names.get(it.id, ""),
                "kind": Kind(it.kind).name,
                "creator": it.creator,
                "owner": it.owner,
                "registered_at": it.at,
                "versions": it.version,
                "derived": bool(it.flags & DatasetFlag.Derived),
                "synthetic": bool(it.flags & DatasetFlag.Synthetic),
                "account": it.account,
                "split": it.split,
                "transaction": it.transaction,
            }


def _versions(history: History, scope: Scope, works: Works, found: list[Finding]) -> Iterator[Row]:
    kinds = {it.id: it.kind for it in history.connection.execute(select(DATASETS.c.id, DATASETS.c.kind))}
    for it in history.connection.execute(select(VERSIONS).order_by(VERSIONS.c.dataset, VERSIONS.c.version)).all():
        if it.dataset not in scope.datasets:
            continue
        about: dict[str, Json] = {"dataset": it.dataset, "version": it.version, "transaction": it.transaction}
        said = _documents(history, it.dataset, it.version, it.manifest, kinds[it.dataset])
        if said:
            wrong, text = said
            code = "document-wrong" if wrong else "document-missing"
            severity = Severity.ERROR if wrong else Severity.WARNING
            found.append(Finding(code, severity, text, about | {"manifest": it.manifest}))
        stored = _stored(history, works, it.dataset, it.version)
        if stored is not None and stored < it.item_count:
            lacking = f"{it.item_count - stored:,} of {it.item_count:,} items of version {it.version}"
            text = f"The stores lack {lacking} of dataset {it.dataset}; name others by --store."
            found.append(Finding("items-not-stored", Severity.WARNING, text, about | {"stored": stored}))
        yield {
            "dataset": it.dataset,
            "version": it.version,
            "published_at": it.at,
            "items": it.item_count,
            "content_root": it.content_root,
            "manifest": it.manifest,
            "documents": "wrong" if said and said[0] else "missing" if said else "verified",
            "stored": stored,
            "transaction": it.transaction,
        }


def _documents(history: History, dataset: int, version: int, manifest: str, kind: int) -> tuple[bool, str] | None:
    """Return whether the documents of a version are wrong and what is the matter with them; None: nothing is."""
    what = f"of version {version} of dataset {dataset}"
    named, paper = manifest, Paper.MANIFEST
    for paper in (Paper.MANIFEST, Paper.ITEMS):
        where = (DOCUMENTS.c.digest == named) & (DOCUMENTS.c.kind == paper)
        row = history.connection.execute(select(DOCUMENTS).where(where)).one_or_none()
        if row is None:
            wanted = (WANTED.c.digest == named) & (WANTED.c.kind == paper)
            why = history.connection.execute(select(WANTED.c.reason).where(wanted)).scalar() or "nobody has it"
            return False, f"The {_CALLED[paper]} {what} ({named}) is not here, so its items are not known: {why}"
        if row.wrong:
            return True, f"The {_CALLED[paper]} {what} ({named}) is none: {row.wrong}"
        root = select(VERSIONS.c.content_root).where(VERSIONS.c.dataset == dataset, VERSIONS.c.version == version)
        stated = history.connection.execute(root).scalar_one()
        if kind != Kind.Catalogue and row.content_root != stated:
            return (
                True,
                f"The {_CALLED[paper]} {what} is of items with root {row.content_root}; the chain has {stated}.",
            )
        if row.item_table is None:
            return None
        named = row.item_table
    return None


_CALLED = {Paper.MANIFEST: "manifest", Paper.ITEMS: "item table"}


def _stored(history: History, works: Works, dataset: int, version: int) -> int | None:
    """Return how many items of a version the stores have; None: there is no store, or its items are not known."""
    rows = works.rows(dataset, version) if history.stores else None
    if rows is None:
        return None
    return sum(any(store.has(it.item.sha256) for store in history.stores) for it in rows)


def _people(history: History, scope: Scope) -> Iterator[Row]:
    for it in history.connection.execute(select(PEOPLE).order_by(PEOPLE.c.dataset, PEOPLE.c.position)):
        if it.dataset in scope.datasets:
            yield {
                "dataset": it.dataset,
                "name": it.name,
                "creator": bool(it.creator),
                "roles": ", ".join(json.loads(it.roles)),
                "isni": it.isni,
                "ipi": it.ipi,
                "orcid": it.orcid,
            }


def _items(scope: Scope, works: Works) -> Iterator[Row]:
    for dataset in sorted(scope.datasets):
        for version in works.versions(dataset):
            for it in works.rows(dataset, version) or ():
                said = it.metadata
                if scope.isrc in (None, said.isrc):
                    yield {
                        "dataset": dataset,
                        "version": version,
                        "path": said.path,
                        "title": said.title,
                        "artists": ", ".join(said.artists),
                        "isrc": said.isrc,
                        "iswc": said.iswc,
                        "duration_ms": it.item.duration_ms,
                        "size": str(it.item.size),  # up to 2^64 - 1, as its publisher says
                        "sha256": it.item.sha256.hex(),
                        "leaf": hex_of(it.item.leaf()),
                    }


def _withdrawn(history: History, scope: Scope) -> Iterator[Row]:
    for it in history.connection.execute(select(WITHDRAWN_ITEMS).order_by(WITHDRAWN_ITEMS.c.block)):
        if it.dataset in scope.datasets:
            made = {"dataset": it.dataset, "item": it.item, "version": it.version}
            yield made | {"at": it.at, "transaction": it.transaction}
