"""`dataset verify`: a folder, a store, or both, against what the chain says of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from audiera.cli.dataset.records import added_files, lacking_version, registered_part, version_of
from audiera.cli.terminal.output import print_json, print_lines, progress_bar, say
from audiera.cli.terminal.session import Session
from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered, VersionPublished
from audiera.dataset import (
    Registration,
    StoredVersion,
    load_version,
    prove_stored,
    prove_version,
    read_registrations,
    record_folder,
    verify_folder,
    write_registration,
)
from audiera.errors import InputError, StorageError
from audiera.manifest import MANIFEST_BYTES, read_commitments
from audiera.operations import members_named
from audiera.protocol import ZERO_WORD, Kind, cid_of, holds_music
from audiera.storage import Store
from audiera.text import hex_of, shown

__all__ = ["verify"]

_PROBLEMS: Final = 3
"""How many are told where the record is not there to say which files were left out."""


def verify(
    session: Session,
    dataset: int,
    folder: Path | None,
    *,
    store: Store | None = None,
    version: int | None = None,
    out: Path | None = None,
) -> None:
    """Prove a folder with its record, or a store, or both against the chain, and say what differs.

    Raises:
        InputError: if there is no such version, or nothing to prove.
        StorageError: if the store refuses or fails.
        click.exceptions.Exit: with code 1, if anything differs.
    """
    if folder is None and store is None:
        raise InputError("Say what to prove: the FOLDER that was registered, or with --store where its files are kept.")
    state = session.client.datasets.dataset_of(dataset)
    number = version_of(dataset, state, version)
    if state.kind is Kind.Catalogue:
        members = members_named(session.client, dataset)
        raise InputError(f"Dataset {dataset} is a catalogue and has no files to prove; verify {members}.")
    on_chain = session.client.datasets.content(dataset, number)
    differences: list[str] = []
    if folder is not None:
        record = record_folder(folder, out)
        stored, lacking = _load(session, dataset, number, on_chain.manifest, folder=folder, record=record, store=store)
        differences += [f"record: {lacking}"] * bool(lacking)
        if stored:
            session.names.keep(stored.manifest)
        differences += _folder(session, dataset, number, on_chain, folder=folder, record=record, stored=stored)
    if store is not None:
        differences += _store(session, on_chain, store)
    _report(session, dataset, number, on_chain, differences, read=folder is not None)


def _folder(
    session: Session,
    dataset: int,
    number: int,
    on_chain: Content,
    *,
    folder: Path,
    record: Path,
    stored: StoredVersion | None,
) -> list[str]:
    differences: list[str] = []
    with progress_bar(f"Reading {shown(folder.name)}") as progress:
        found = verify_folder(
            folder,
            stored.rows if stored else (),
            everything=not holds_music(on_chain.kind),
            left_out=[it.path for it in stored.left_out] if stored else (),
            part=stored is not None and registered_part(session, record, dataset) is not None,
            progress=progress,
        )
    if stored:
        added = added_files(
            session, folder, record, dataset=dataset, digest=on_chain.manifest, differences=found.differences
        )
        differences += [added] if added else [str(it) for it in found.differences]
        if len(stored.rows) != on_chain.item_count:
            differences.append(f"items: the chain has {on_chain.item_count}, the record {len(stored.rows)}")
        if stored.tree.root != on_chain.content_root:
            differences.append("content root: the record's is not the one on the chain")
    most = len(found.problems) if stored else _PROBLEMS
    differences += [f"problem: {it}" for it in found.problems[:most]]
    if more := len(found.problems[most:]):
        differences.append(f"problem: {more:,} more, which `audiera scan` lists; the record says which were left out")
    if found.content_root != on_chain.content_root:
        root = hex_of(found.content_root) if found.content_root else "none, without files"
        differences.append(f"content root: the chain has {hex_of(on_chain.content_root)}, the folder {root}")
    elif not stored:
        say("The files have the content root that was registered; only their record is not here.")
        if found.items != on_chain.item_count:
            differences.append(f"items: the chain has {on_chain.item_count}, the folder {found.items}")
    if stored and record.is_dir():
        _complete(session, record, stored, dataset, number, whole=not differences)
    return differences


def _load(
    session: Session, dataset: int, number: int, digest: bytes, *, folder: Path, record: Path, store: Store | None
) -> tuple[StoredVersion | None, str]:
    """Return a version from the record or else from the store, or why it cannot be had."""
    try:
        return load_version(record, digest), ""
    except StorageError as error:
        if store is None:
            return None, lacking_version(session, folder, record, dataset=dataset, number=number, error=error)
    try:
        return prove_version(lambda file: store.get(file.sha256, file.size), digest), ""
    except StorageError as error:
        return None, str(error)


def _store(session: Session, on_chain: Content, store: Store) -> list[str]:
    with progress_bar("Proving the store") as progress:
        problems = prove_stored(store, on_chain.manifest, items=on_chain.item_count, progress=progress)
    if problems:
        return [f"store: {it}" for it in problems]
    manifest = store.get(on_chain.manifest, MANIFEST_BYTES)
    session.names.keep(manifest)
    if read_commitments(manifest).content_root != on_chain.content_root:
        return ["store: the manifest names another content root than the chain has"]
    return []


def _report(
    session: Session, dataset: int, version: int, on_chain: Content, differences: Sequence[str], *, read: bool
) -> None:
    holds, items = not differences, on_chain.item_count
    if session.as_json:
        print_json(
            {
                "dataset": dataset,
                "version": version,
                "holds": holds,
                "itemCount": items,
                "manifest": cid_of(on_chain.manifest),
                "differences": list(differences),
            }
        )
    elif holds:
        all_files = "the one file is" if items == 1 else f"all {items} files are"
        creator = session.client.datasets.creator_of(dataset)
        when = datetime.fromtimestamp(session.client.datasets.dataset_of(dataset).registered_at, UTC)
        print_lines(
            f"Dataset {dataset}, version {version}: {all_files}, byte for byte{' and tag for tag' * read}, what "
            f"{creator} registered; so are content root and manifest. The dataset is of {when:%Y-%m-%d %H:%M} UTC."
        )
    else:
        print_lines(f"Dataset {dataset}, version {version}, is not what is here:")
        for difference in differences:
            print_lines(f"  {difference}")
    if not holds:
        raise click.exceptions.Exit(1)


def _complete(
    session: Session, record: Path, stored: StoredVersion, dataset: int, version: int, *, whole: bool
) -> None:
    """Write down what became of a registration that was signed for others to send, or was interrupted.

    Nothing is written of one that is not known at all and is not of the `whole` folder: it may be one of several of it,
    and what says so is lost.
    """
    datasets = session.client.datasets
    here = (session.client.chain_id, datasets.address)
    known = [it for it in read_registrations(record) if (it.chain_id, it.registry) == here]
    if any((it.dataset, it.version) == (dataset, version) for it in known):
        return
    signed = [it for it in known if it.dataset == 0 and it.manifest_digest == stored.manifest_digest]
    if not signed and not whole:
        return
    base = (
        signed[0]
        if signed
        else Registration(
            chain_id=here[0],
            registry=here[1],
            dataset=dataset,
            version=version,
            transaction=ZERO_WORD,
            content_root=stored.tree.root,
            manifest_digest=stored.manifest_digest,
        )
    )
    logs = (
        datasets.logs(DatasetRegistered, id=dataset)
        if version == 1
        else datasets.logs(VersionPublished, id=dataset, version=version)
    )
    transaction = next((it.transaction for it in logs), ZERO_WORD)
    write_registration(record, replace(base, dataset=dataset, version=version, transaction=transaction))
    say(f"The record in {record} now knows this as dataset {dataset}, version {version}.")
