"""`audiera push` of a folder that is a dataset already: what has changed since, as its next version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from audiera.cli.folder.findings import MADE_BY_A_MODEL, say_whom_new_files_pay, show_findings
from audiera.cli.folder.pushed import Push, here
from audiera.cli.terminal.documents import content_json
from audiera.cli.terminal.output import progress_bar, say
from audiera.client import Content
from audiera.dataset import (
    Prepared,
    Registration,
    StoredVersion,
    load_version,
    objects_of,
    prepare_version,
    read_papers,
    store_version,
    stored_versions,
    write_registration,
)
from audiera.errors import InputError, StorageError
from audiera.folder import ReadingCache
from audiera.interface import DatasetState
from audiera.protocol import DatasetFlag, Difference, Kind, compare
from audiera.pushing import forget, publish_version
from audiera.quantities import format_size
from audiera.storage import StoredObject
from audiera.text import Json, hex_of, shown

__all__ = ["push_again"]


def push_again(given: Push, dataset: int) -> None:
    """Say what has changed since the newest version, ask, bring what the gateway lacks, and publish the next version.

    Where nothing has changed, only what the gateway lacks of the newest version is brought.

    Raises:
        InputError: the dataset is somebody else's, or one of several of its folder.
        StorageError: the gateway does not know it, or the record does not have its newest version; or as in a push.
    """
    state = _state(given, dataset)
    number, digest = _newest(given, state)
    before = load_version(given.request.record, digest)
    request = replace(given.request, kind=Kind(state.kind))
    with progress_bar(f"Reading {shown(request.folder.resolve().name)}") as progress:
        known = ReadingCache.load(request.record) if request.parts is None else None
        prepared = prepare_version(request, before, version=number + 1, known=known, progress=progress)
    changes = compare(before.rows, prepared.rows)
    if changes or bool(prepared.excerpts) != before.is_heard:
        _publish(given, state, number + 1, before, prepared, changes)
    else:
        _complete(given, dataset, number, before, prepared)


def _publish(  # noqa: PLR0917  # all that a version is of
    given: Push,
    state: DatasetState,
    number: int,
    before: StoredVersion,
    prepared: Prepared,
    changes: Sequence[Difference],
) -> None:
    request, dataset = given.request, state.dataset
    flags = state.flags & DatasetFlag.Synthetic  # the registry sets the others itself, and refuses them from callers
    bringing = given.lacking(objects_of([prepared]))
    size = format_size(prepared.scan.size, prepared.scan.duration_ms)
    say(
        f"To publish {shown(str(request.folder))} as version {number} of dataset {dataset}:",
        *given.plan(),
        f"  files     {len(prepared.rows):,} ({size}); there were {len(before.rows):,}",
        f"  to bring  {bringing}",
        f"  made      {MADE_BY_A_MODEL if flags else 'not by a generative model'}",  # as only the gateway says
    )
    show_findings(prepared.scan)
    for change in changes:
        say(f"  {change}")
    say_whom_new_files_pay(changes)
    say("Earlier versions stay provable; everybody's share, the name and who made it stay as they are.")
    given.ask("Publish it?")
    store_version(request.record, prepared.documents)
    given.bring(bringing)
    content = Content(Kind(state.kind), flags, len(prepared.rows), prepared.content_root, prepared.manifest_digest)
    transaction = publish_version(given.remote, dataset, number, content, request.record)
    write_registration(
        request.record,
        Registration(
            chain_id=given.remote.chain_id,
            registry=given.registry,
            dataset=dataset,
            version=number,
            transaction=transaction,
            content_root=prepared.content_root,
            manifest_digest=prepared.manifest_digest,
            options={"gateway": given.remote.url},
        ),
    )
    forget(request.record)
    listed: list[Json] = [{"change": str(it.change), "path": it.path, "detail": it.detail} for it in changes]
    given.result(
        {
            "dataset": dataset,
            "version": number,
            "name": prepared.description.name,
            "changes": listed,
            **content_json(len(prepared.rows), prepared.content_root, prepared.manifest_digest),
            "published": True,
            "transaction": hex_of(transaction),
        },
        bringing,
        f"Version {number} of dataset {dataset} is published, and {shown(given.remote.url)} stores it; "
        f"{bringing.brought}",
    )


def _complete(given: Push, dataset: int, number: int, version: StoredVersion, prepared: Prepared) -> None:
    """Bring what the gateway lacks of a version that is published."""
    papers = read_papers(given.request.record, version.manifest_digest)
    files = [it for it in prepared.objects if it.private or not isinstance(it.source, bytes)]
    bringing = given.lacking([*files, *(StoredObject(sha256(it).digest(), len(it), it) for it in papers)])
    url = shown(given.remote.url)
    same = f"Nothing in {shown(str(given.request.folder))} has changed since version {number} of dataset {dataset}"
    if bringing.missing:
        say(f"{same}, and {url} lacks {bringing} of it.")
        given.ask("Bring it?")
        given.bring(bringing)
        told = f"{url} stores all of version {number} of dataset {dataset} now; {bringing.brought}"
    else:
        told = f"{same}, and {url} stores all of it, so there is nothing to publish."
    given.result(
        {
            "dataset": dataset,
            "version": number,
            "name": version.description.name,
            "changes": [],
            **content_json(len(version.rows), version.tree.root, version.manifest_digest),
            "published": False,
        },
        bringing,
        told,
    )


def _state(given: Push, dataset: int) -> DatasetState:
    """Return a dataset of the account's as the gateway has read it."""
    remote, record = given.remote, given.request.record
    answer = remote.ask("GET", f"/v1/datasets/{dataset}")
    if answer.status == 404:
        raise StorageError(
            f"{shown(remote.url)} knows no dataset {dataset} yet; run it again in a minute. If the chain was begun "
            f"anew, {shown(str(record))} is of the old one; name another record with --out."
        )
    if answer.status != 200:
        raise remote.refusal(answer)
    state = remote.read(DatasetState, answer)
    if state.owner != remote.key.address:
        raise InputError(f"Dataset {dataset} belongs to {state.owner}; use the key of that account.")
    if any("groupBy" in it.options for it in here(remote, record) if it.dataset == dataset):
        raise InputError(
            f"Dataset {dataset} is one of several that were made of this folder; publish its versions with `ape run "
            "dataset version`."
        )
    return state


def _newest(given: Push, state: DatasetState) -> tuple[int, bytes]:
    """Return number and manifest of the newest version, of which the gateway may not have read yet."""
    remote, record = given.remote, given.request.record
    versions = {it.version: it.manifest_digest for it in here(remote, record) if it.dataset == state.dataset}
    versions[state.version] = state.manifest
    number = max(versions)
    if versions[number] not in stored_versions(record):
        raise StorageError(
            f"The record {shown(str(record))} does not have version {number} of dataset {state.dataset}; name the one "
            "that has it with --out."
        )
    return number, versions[number]
