"""What registering a folder has in common, whether it becomes one dataset or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audiera.cli.dataset.payees import payee_json
from audiera.cli.folder.findings import first_of, show_findings
from audiera.cli.terminal.documents import content_json
from audiera.cli.terminal.output import progress_bar, say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import when
from audiera.client import Content
from audiera.credits import Credits
from audiera.dataset import (
    DatasetRequest,
    Prepared,
    Registration,
    known_elsewhere,
    objects_of,
    read_registrations,
    recorded_shares,
    store_version,
    write_registration,
)
from audiera.dataset import pack as pack_prepared
from audiera.errors import InputError
from audiera.protocol import DatasetFlag, Parent, dataset_account, registration_nonce
from audiera.pushing import signed_to_register
from audiera.quantities import format_size
from audiera.runs import Run, RunFolder, check_folder
from audiera.storage import Store, survey
from audiera.text import Json, hex_of, shown

__all__ = [
    "NewDataset",
    "content_of",
    "credits_of",
    "described_size",
    "heard_by_anyone",
    "keep",
    "known_number",
    "note_registered",
    "refuse_signed",
    "result_of",
    "show_elsewhere",
    "show_notes_of",
    "signed_run",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDataset:
    """What the command's user says of a new dataset, or of several."""

    request: DatasetRequest
    synthetic: bool = False
    parents: tuple[Parent, ...] = ()
    store: Store | None = None
    """Where the files are stored, too, before they are registered."""
    run: Run | None = None
    """The training run that made it."""
    again: bool = False
    """Register even what is registered already."""


def signed_run(folder: Path) -> Run:
    """Return the training run in a folder, which is signed and holds as far as the folder shows.

    Raises:
        InputError: it is not, or does not.
        StorageError: there is none, or it is damaged.
    """
    found = check_folder(RunFolder(folder))
    if wrong := [f"{it.said} {it.why}" for it in found.checks if it.holds is False]:
        raise InputError(f"The run in {shown(str(folder))} does not hold: {wrong[0]}")
    return found.run


def credits_of(prepared: Prepared) -> Credits:
    """Return who is paid for a dataset that is about to be registered.

    Raises:
        InputError: if nobody said.
    """
    if prepared.credits is None:
        raise InputError("A registration needs a contributors file; name it with --contributors.")
    return prepared.credits


def content_of(new: NewDataset, prepared: Prepared) -> Content:
    """Return what the registry is told of a dataset."""
    return Content(
        new.request.kind,
        int(DatasetFlag.Synthetic) if new.synthetic else 0,
        len(prepared.rows),
        prepared.content_root,
        prepared.manifest_digest,
    )


def heard_by_anyone(prepared: Prepared) -> str:
    """Say what anyone may hear of a dataset."""
    count = len(prepared.excerpts)
    return f"{count:,}, of half a minute at most, for anyone to hear" if count else "none from now on"


def described_size(prepared: Prepared) -> str:
    """Write the bytes of a dataset, and the length of one that plays, for people."""
    return format_size(prepared.scan.size, prepared.scan.duration_ms)


def show_notes_of(prepared: Prepared) -> None:
    """Tell what stays out of a folder's datasets, and what is worth knowing of the rest."""
    show_findings(prepared.scan)
    for note in prepared.notes:
        say(f"  note: {note}")


def show_elsewhere(session: Session, record: Path, several: Sequence[Prepared], *, own: int = 0) -> None:
    """Tell which files are in datasets that were registered from here before, as far as the records know.

    Args:
        session: on whose chain they are.
        record: of the folder; those beside it are looked at, too.
        several: what is about to be registered.
        own: the dataset that is to get a new version, of which nothing is told.
    """
    datasets = session.client.datasets
    held: dict[int, set[str]] = {}
    rows = [row for prepared in several for row in prepared.rows]
    for known, paths in known_elsewhere(record, session.client.chain_id, datasets.address, rows):
        root, _ = datasets.content_of(known.dataset, known.version)
        if known.dataset != own and root == known.content_root:  # a chain may have been started anew since
            held.setdefault(known.dataset, set()).update(paths)
    for number in sorted(held):
        first, creator = datasets.dataset_of(number).registered_at, datasets.creator_of(number)
        say(
            f"  note: dataset {number}, of {when(first)} by {creator}, has the same bytes: "
            f"{first_of(sorted(held[number]))}; `ape run dataset overlap` compares two."
        )


def known_number(session: Session, new: NewDataset, prepared: Prepared) -> int | None:
    """Return the number that these files have on this chain already, if the record knows of one."""
    datasets = session.client.datasets
    for known in read_registrations(new.request.record):
        here = (known.chain_id, known.registry) == (session.client.chain_id, datasets.address)
        if here and known.dataset and known.content_root == prepared.content_root:
            root, _ = datasets.content_of(known.dataset, known.version)
            if root == prepared.content_root:  # a chain may have been started anew since
                return known.dataset
    return None


def refuse_signed(session: Session, new: NewDataset, prepared: Prepared) -> None:
    """Return unless a registration of these files was signed, and would stand beside this one or was carried out.

    Raises:
        InputError: it was.
    """
    record, datasets, root = new.request.record, session.client.datasets, prepared.content_root
    is_used = datasets.is_nonce_used(session.me, registration_nonce(root))
    if session.only_signs and not is_used:
        return  # of what is signed under one nonce, one is carried out
    once_more = "add --again to register them once more"
    for call in (it.call for it in signed_to_register(record, root, datasets.contract)):
        if datasets.is_nonce_used(call.account, call.nonce):
            raise InputError(
                "A registration of these files that `audiera push` signed was carried out; run the push once more, "
                f"which writes its number down, or {once_more}."
            )
        if (left := call.deadline - session.client.node.timestamp()) >= 0:
            raise InputError(
                "A registration of these files that `audiera push` signed may be carried out yet, for "
                f"{left // 60 + 1} minutes; run the push once more, or this then."
            )
    here = [
        it
        for it in read_registrations(record)
        if (it.chain_id, it.registry) == (session.client.chain_id, datasets.address)
    ]
    if any(not it.dataset and it.content_root == root for it in here):
        known = "was carried out, or cancelled" if is_used else "is signed and may be carried out yet"
        raise InputError(
            f"A registration of these files {known}: `ape run relay FILE` carries out what is signed, and `ape run "
            f"dataset verify ID FOLDER` writes down which number it has got; or {once_more}."
        )


def keep(session: Session, record: Path, store: Store | None, several: Sequence[Prepared]) -> None:
    """Write down what is about to be registered and store it, before anything is sent: a crash then loses nothing.

    Raises:
        StorageError: if the record cannot be written, or the store refuses or fails.
    """
    for prepared in several:
        session.names.keep(prepared.manifest)
    if store is None:
        for prepared in several:
            store_version(record, prepared.documents)
        return
    with progress_bar("Storing", goes_on=True) as progress:
        done = pack_prepared(several, record, store, survey(store, objects_of(several)), progress=progress)
    say(f"Stored {done.sent:,} files in {store.url} ({format_size(done.sent_bytes)}); {done.present:,} were there.")


def note_registered(
    session: Session, new: NewDataset, prepared: Prepared, *, number: int, version: int, transaction: bytes
) -> None:
    """Write a registration into the record.

    Raises:
        StorageError: if the record cannot be written.
    """
    shared = credits_of(prepared)
    options = {
        "shares": shared.rule,
        "contributors": new.request.contributors.name if new.request.contributors else "",
        "folder": new.request.folder.resolve().name,
    }
    if new.request.group_by:
        options["groupBy"] = new.request.group_by
    write_registration(
        new.request.record,
        Registration(
            chain_id=session.client.chain_id,
            registry=session.client.datasets.address,
            dataset=number,
            version=version,
            transaction=transaction,
            content_root=prepared.content_root,
            manifest_digest=prepared.manifest_digest,
            shares=recorded_shares(shared),
            options=options,
        ),
    )


def result_of(session: Session, new: NewDataset, prepared: Prepared, number: int) -> dict[str, Json]:
    """Return a registered dataset for programs."""
    shared = credits_of(prepared)
    account = dataset_account(session.client.datasets.address, number)
    shares: list[Json] = [payee_json(payout) for payout in shared.payouts]
    return {
        "dataset": number,
        "version": 1,
        "name": prepared.description.name,
        **content_json(len(prepared.rows), prepared.content_root, prepared.manifest_digest),
        "account": hex_of(account),
        "paymentAddress": session.client.royalty.address_of(account),
        "split": hex_of(shared.split.id()),
        "shares": shares,
        "record": str(new.request.record),
    }
