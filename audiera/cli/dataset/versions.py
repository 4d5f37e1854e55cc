"""`dataset version`: a changed folder as the next version of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from audiera.cli.dataset.new_dataset import described_size, heard_by_anyone, keep, show_elsewhere, show_notes_of
from audiera.cli.dataset.records import recorded_version, registered_part, registrations_of
from audiera.cli.folder.findings import MADE_BY_A_MODEL, say_whom_new_files_pay
from audiera.cli.terminal.documents import content_json
from audiera.cli.terminal.output import progress_bar, say
from audiera.cli.terminal.session import AnyAudiera, Outcome, Session
from audiera.client import Dataset, TxReceipt
from audiera.client.contracts.events import VersionPublished
from audiera.dataset import (
    DatasetRequest,
    Prepared,
    Registration,
    StoredVersion,
    prepare_part_version,
    prepare_version,
    publishing,
    write_registration,
)
from audiera.errors import InputError
from audiera.folder import ReadingCache
from audiera.protocol import DatasetFlag, compare, owed_ppm
from audiera.storage import Store
from audiera.text import Json, hex_of, shown

__all__ = ["NextVersion", "publish"]

_MADE: Final = {True: MADE_BY_A_MODEL, False: "no longer by a generative model"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NextVersion:
    """What the command's user says of a dataset's next version."""

    dataset: int
    request: DatasetRequest
    """Of a dataset that is one of several of its folder, with the contributors file and what was said of it before."""
    store: Store | None = None
    synthetic: bool | None = None
    """Whether it is made wholly or mainly by a generative model; as the version before unless told."""


def publish(session: Session, new: NextVersion) -> None:
    """Say what was added, removed and altered since the version on the chain, ask, and publish it as the next.

    What has not changed since it was last read is not read again.

    Raises:
        InputError: if it is somebody else's dataset, or one of several of its folder, and no contributors file tells
            which files are its; or another command is publishing it.
        StorageError: if the record of the version before is not there, or the store refuses or fails.
        RevertError: `Registry_UnknownDataset`.
    """
    with publishing(new.request.record):
        _publish(session, new)


def _publish(session: Session, new: NextVersion) -> None:
    if done := session.take(VersionPublished):
        say("It is the folder as it was then; what has changed since is published when this is run once more.")
        _note(session, new, done[0])
        return
    dataset, folder = new.dataset, shown(str(new.request.folder))
    state = session.own_dataset(dataset)
    before = recorded_version(session, new.request.record, dataset, state.version)
    part = registered_part(session, new.request.record, dataset)
    prepared = _prepare(session, new, before, state, part)
    changes = compare(before.rows, prepared.rows)
    listed: list[Json] = [{"change": str(it.change), "path": it.path, "detail": it.detail} for it in changes]
    fields: dict[str, Json] = {"dataset": dataset, "changes": listed}
    flags = state.flags & DatasetFlag.Synthetic if new.synthetic is None else DatasetFlag.Synthetic * new.synthetic
    heard = bool(prepared.excerpts)
    if not changes and flags == state.flags & DatasetFlag.Synthetic and heard == before.is_heard:
        told = f"Nothing in {folder} has changed since version {state.version}, so there is nothing to publish."
        session.result(fields | {"version": state.version, "published": False}, told)
        return
    size, number = described_size(prepared), state.version + 1
    session.plan(
        f"To publish {folder} as version {number} of dataset {dataset}:",
        [
            ("files", f"{len(prepared.rows)} ({size}); there were {len(before.rows)}"),
            *([("made", _MADE[bool(flags)])] if flags or state.flags & DatasetFlag.Synthetic else []),
            *([("excerpts", heard_by_anyone(prepared))] if heard or before.is_heard else []),
            ("content root", hex_of(prepared.content_root)),
            ("manifest", prepared.manifest_cid),
            *([("store", f"{new.store.url}{', items sealed' if new.store.key else ''}")] if new.store else []),
        ],
    )
    show_notes_of(prepared)
    show_elsewhere(session, new.request.record, [prepared], own=dataset)
    for change in changes:
        say(f"  {change}")
    if part is None:  # the new files of a part are by those who share in it
        say_whom_new_files_pay(changes)
    _note_gateways(session, new)
    say("Earlier versions stay provable, and everybody's share stays as it is.")

    def step(client: AnyAudiera) -> Outcome:
        return client.datasets.publish_version(
            dataset,
            len(prepared.rows),
            prepared.content_root,
            prepared.manifest_digest,
            version=number,
            flags=flags,
        )

    session.show_gas(step)
    session.confirm("Sign it?" if session.relay else "Publish it?")
    keep(session, new.request.record, new.store, [prepared])
    receipt = session.carry_out(step)
    if receipt:
        _note(session, new, receipt, listed)


def _note(session: Session, new: NextVersion, receipt: TxReceipt, changes: Sequence[Json] | None = None) -> None:
    """Write a published version into the record, and say so; an earlier run has shown what changed."""
    done = receipt.event(VersionPublished)
    write_registration(
        new.request.record,
        Registration(
            chain_id=session.client.chain_id,
            registry=session.client.datasets.address,
            dataset=done.id,
            version=done.version,
            transaction=receipt.transaction,
            content_root=done.content_root,
            manifest_digest=done.manifest,
        ),
    )
    fields: dict[str, Json] = {
        "dataset": done.id,
        "changes": None if changes is None else list(changes),
        "version": done.version,
        "published": True,
        "synthetic": bool(done.flags & DatasetFlag.Synthetic),
        **content_json(done.item_count, done.content_root, done.manifest),
    }
    session.result(fields, f"Version {done.version} of dataset {done.id} is published.", receipt)


def _note_gateways(session: Session, new: NextVersion) -> None:
    """Tell whose gateways get nothing of the new version from this command: those to which it was pushed, and, unless a
    store is filled, which may be theirs, those that its owner names.
    """
    pushed = [it.options.get("gateway", "") for it in registrations_of(session, new.request.record, new.dataset)]
    named = [] if new.store else session.client.datasets.gateways(new.dataset)
    places = dict.fromkeys(filter(None, (*pushed, *map(session.client.usage.gateway_url, named))))
    if places:
        urls = " and ".join(map(shown, places))
        serves, lacks = ("serves", "lacks") if len(places) == 1 else ("serve", "lack")
        say(
            f"  note: {urls} {serves} dataset {new.dataset}, and {lacks} what is new: until it is brought, nobody can "
            "use the new version there. `audiera push FOLDER --contributors FILE --to URL` brings it and then "
            "publishes the version; run that instead of this, or else right after it."
        )


def _prepare(
    session: Session, new: NextVersion, before: StoredVersion, state: Dataset, part: Registration | None
) -> Prepared:
    request = replace(new.request, kind=state.kind)
    known, version = ReadingCache.load(request.record), state.version + 1
    with progress_bar(f"Reading {shown(request.folder.name)}") as progress:
        if part is None:
            return prepare_version(request, before, version=version, known=known, progress=progress)
        if request.contributors is None or part.split is None:
            raise InputError(
                f"Dataset {new.dataset} is one of several that were made of this folder; name the contributors file "
                "with --contributors (and what else was told of it), so that its files can be told from the others'."
            )
        return prepare_part_version(
            request,
            before,
            part.split,
            version=version,
            parents=owed_ppm(session.client.datasets.address, session.client.datasets.parents(new.dataset)),
            known=known,
            progress=progress,
        )
