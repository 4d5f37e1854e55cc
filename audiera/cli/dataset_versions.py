"""`dataset version` and `dataset verify`: a folder against what the chain says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from audiera.cid import cid_of
from audiera.cli.dataset_register import described_size
from audiera.cli.output import Json, hex_of, print_json, progress_bar, say
from audiera.cli.session import Session
from audiera.client import Content
from audiera.client.events import DatasetRegistered, VersionPublished
from audiera.compare import compare, verify_folder
from audiera.errors import InputError, StorageError
from audiera.hashing import ZERO_WORD
from audiera.kinds import Kind, holds_music
from audiera.prepare import prepare_version
from audiera.record import (
    StoredVersion,
    load_version,
    read_registrations,
    record_folder,
    store_version,
    write_registration,
)
from audiera.registration import Registration
from audiera.scan import ScanOptions

__all__ = ["publish", "verify"]


def publish(
    session: Session, dataset: int, folder: Path, *, date: str, description: str = "", out: Path | None = None
) -> None:
    """Say what was added, removed and altered since the version on the chain, ask, and publish it as the next.

    Raises:
        StorageError: if the record of the version before is not there.
        RevertError: `Registry_NotOwner`, and then nothing is sent.
    """
    state = session.client.datasets.dataset_of(dataset)
    _, digest = session.client.datasets.content_of(dataset, state.version)
    record = record_folder(folder, out)
    before = load_version(record, digest)
    with progress_bar(f"Reading {folder.name}") as progress:
        prepared = prepare_version(
            folder,
            before,
            date=date,
            version=state.version + 1,
            description=description,
            options=ScanOptions(everything=not holds_music(state.kind)),
            progress=progress,
        )
    changes = compare(before.rows, prepared.rows)
    listed: list[Json] = [{"change": str(it.change), "path": it.path, "detail": it.detail} for it in changes]
    fields: dict[str, Json] = {"dataset": dataset, "changes": listed}
    if not changes:
        told = f"Nothing in {folder} has changed since version {state.version}, so there is nothing to publish."
        session.result(fields | {"version": state.version, "published": False}, told)
        return
    size = described_size(prepared)
    session.plan(
        f"To publish {folder} as version {state.version + 1} of dataset {dataset}:",
        [
            ("files", f"{len(prepared.rows)} ({size}); there were {len(before.rows)}"),
            ("content root", hex_of(prepared.content_root)),
            ("manifest", prepared.manifest_cid),
        ],
    )
    for change in changes:
        say(f"  {change}")
    say("Earlier versions stay provable, and everybody's share stays as it is.")
    store_version(record, prepared.documents)
    receipt = session.act(
        lambda client: client.datasets.publish_version(
            dataset, len(prepared.rows), prepared.content_root, prepared.manifest_digest
        ),
        "Publish it?",
    )
    if receipt is None:
        return
    number = receipt.event(VersionPublished).version
    write_registration(
        record,
        Registration(
            chain_id=session.client.chain_id,
            registry=session.client.datasets.address,
            dataset=dataset,
            version=number,
            transaction=receipt.transaction,
            content_root=prepared.content_root,
            manifest_digest=prepared.manifest_digest,
        ),
    )
    more: dict[str, Json] = {
        "version": number,
        "published": True,
        "items": len(prepared.rows),
        "contentRoot": hex_of(prepared.content_root),
        "manifest": prepared.manifest_cid,
    }
    session.result(fields | more, f"Version {number} of dataset {dataset} is published.", receipt)


def verify(
    session: Session, dataset: int, folder: Path, *, version: int | None = None, out: Path | None = None
) -> None:
    """Prove a folder, its record and its manifest against the chain, and say what differs.

    Raises:
        InputError: if there is no such version.
        click.exceptions.Exit: with code 1, if anything differs.
    """
    state = session.client.datasets.dataset_of(dataset)
    number = version or state.version
    if not 1 <= number <= state.version:
        raise InputError(f"Dataset {dataset} has versions 1 to {state.version} and no {number}; choose one of them.")
    if state.kind is Kind.Catalogue:
        raise InputError(
            f"Dataset {dataset} is a catalogue and has no files to prove; verify the datasets that joined it."
        )
    on_chain = session.client.datasets.content(dataset, number)
    record = record_folder(folder, out)
    differences: list[str] = []
    stored: StoredVersion | None = None
    try:
        stored = load_version(record, on_chain.manifest)
    except StorageError as error:
        differences.append(f"record: {error}")
    with progress_bar(f"Reading {folder.name}") as progress:
        found = verify_folder(
            folder,
            stored.rows if stored else (),
            everything=not holds_music(state.kind),
            left_out=[it.path for it in stored.left_out] if stored else (),
            progress=progress,
        )
    if stored:
        differences += [str(it) for it in found.differences]
        if len(stored.rows) != on_chain.item_count:
            differences.append(f"items: the chain has {on_chain.item_count}, the record {len(stored.rows)}")
        if stored.tree.root != on_chain.content_root:
            differences.append("content root: the record's is not the one on the chain")
    differences += [f"unreadable: {it}" for it in found.problems]
    if found.content_root != on_chain.content_root:
        shown = hex_of(found.content_root) if found.content_root else "none, without files"
        differences.append(f"content root: the chain has {hex_of(on_chain.content_root)}, the folder {shown}")
    elif not stored:
        say("The files have the content root that was registered; only their record is not here.")
    if stored:
        _complete(session, record, stored, dataset, number)
    _report(session, dataset, number, on_chain, differences)


def _report(session: Session, dataset: int, version: int, on_chain: Content, differences: Sequence[str]) -> None:
    holds, items = not differences, on_chain.item_count
    if session.as_json:
        print_json(
            {
                "dataset": dataset,
                "version": version,
                "holds": holds,
                "items": items,
                "manifest": cid_of(on_chain.manifest),
                "differences": list(differences),
            }
        )
    elif holds:
        all_files = "the one file is" if items == 1 else f"all {items} files are"
        creator = session.client.datasets.creator_of(dataset)
        when = datetime.fromtimestamp(session.client.datasets.dataset_of(dataset).registered_at, UTC)
        click.echo(
            f"Dataset {dataset}, version {version}: {all_files}, byte for byte and tag for tag, what {creator} "
            f"registered; so are content root and manifest. The dataset is of {when:%Y-%m-%d %H:%M} UTC."
        )
    else:
        click.echo(f"Dataset {dataset}, version {version}, is not what is here:")
        for difference in differences:
            click.echo(f"  {difference}")
    if not holds:
        raise click.exceptions.Exit(1)


def _complete(session: Session, record: Path, stored: StoredVersion, dataset: int, version: int) -> None:
    """Write down what became of a registration that was signed for others to send, or was interrupted."""
    datasets = session.client.datasets
    here = (session.client.chain_id, datasets.address)
    known = [it for it in read_registrations(record) if (it.chain_id, it.registry) == here]
    if any((it.dataset, it.version) == (dataset, version) for it in known):
        return
    signed = [it for it in known if it.dataset == 0 and it.manifest_digest == stored.manifest_digest]
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
