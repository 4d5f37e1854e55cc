"""`dataset version`: a changed folder as the next version of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiera.cli.dataset.registering import described_size, keep, show_notes_of
from audiera.cli.dataset.verify import registered_part
from audiera.cli.terminal.output import progress_bar, say
from audiera.cli.terminal.session import AnyAudiera, Outcome, Session
from audiera.client import Dataset
from audiera.client.contracts.events import VersionPublished
from audiera.credits import read_address_book
from audiera.dataset import (
    Prepared,
    Registration,
    StoredVersion,
    compare,
    load_version,
    prepare_group_version,
    prepare_version,
    record_folder,
    write_registration,
)
from audiera.errors import InputError
from audiera.folder import Duplicates, Readings, ScanOptions
from audiera.protocol import holds_music, owed_ppm
from audiera.storage import Store
from audiera.text import Json, hex_of, shown

__all__ = ["NextVersion", "publish"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextVersion:
    """What the command's user says of a dataset's next version."""

    dataset: int
    folder: Path
    date: str
    """YYYY-MM-DD."""
    description: str = ""
    contributors: Path | None = None
    """Only of a dataset that is one of several of its folder, and so the next three."""
    address_book: Path | None = None
    custodian: str | None = None
    salt: str = ""
    skip_bad: bool = False
    duplicates: Duplicates = Duplicates.STOP
    store: Store | None = None
    out: Path | None = None

    @property
    def record(self) -> Path:
        """Where the record of the folder is kept."""
        return record_folder(self.folder, self.out)


def publish(session: Session, new: NextVersion) -> None:
    """Say what was added, removed and altered since the version on the chain, ask, and publish it as the next.

    What has not changed since it was last read is not read again.

    Raises:
        InputError: if the dataset is one of several of its folder, and no contributors file tells which files are its.
        StorageError: if the record of the version before is not there, or the store refuses or fails.
        RevertError: `Registry_NotOwner`, and then nothing is sent.
    """
    dataset, folder = new.dataset, shown(str(new.folder))
    state = session.client.datasets.dataset_of(dataset)
    _, digest = session.client.datasets.content_of(dataset, state.version)
    before = load_version(new.record, digest)
    prepared = _prepare(session, new, before, state)
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
            *([("store", f"{new.store.url}{', items sealed' if new.store.key else ''}")] if new.store else []),
        ],
    )
    show_notes_of(prepared)
    for change in changes:
        say(f"  {change}")
    say("Earlier versions stay provable, and everybody's share stays as it is.")

    def step(client: AnyAudiera) -> Outcome:
        return client.datasets.publish_version(
            dataset, len(prepared.rows), prepared.content_root, prepared.manifest_digest
        )

    say(f"  gas: about {session.preview(step).gas:,}")
    session.confirm("Sign it?" if session.relay else "Publish it?")
    keep(new.record, new.store, [prepared])
    receipt = session.carry_out(step)
    if receipt is None:
        return
    number = receipt.event(VersionPublished).version
    write_registration(
        new.record,
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


def _prepare(session: Session, new: NextVersion, before: StoredVersion, state: Dataset) -> Prepared:
    options = ScanOptions(everything=not holds_music(state.kind), skip_bad=new.skip_bad, duplicates=new.duplicates)
    known, version = Readings.load(new.record), state.version + 1
    part = registered_part(session, new.record, new.dataset)
    with progress_bar(f"Reading {shown(new.folder.name)}") as progress:
        if part is None:
            return prepare_version(
                new.folder,
                before,
                date=new.date,
                version=version,
                description=new.description,
                options=options,
                known=known,
                progress=progress,
            )
        if new.contributors is None or part.split is None:
            raise InputError(
                f"Dataset {new.dataset} is one of several that were made of this folder; name the contributors file "
                "with --contributors (and what else was told of it), so that its files can be told from the others'."
            )
        return prepare_group_version(
            new.folder,
            before,
            part.split,
            date=new.date,
            version=version,
            description=new.description,
            contributors=new.contributors,
            book=read_address_book(new.address_book) if new.address_book else None,
            custodian=new.custodian,
            salt=new.salt,
            registrant=str(session.client.datasets.creator_of(new.dataset)),
            parents=owed_ppm(session.client.datasets.address, session.client.datasets.parents(new.dataset)),
            options=options,
            known=known,
            progress=progress,
        )
