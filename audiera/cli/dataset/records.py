"""Which version is meant, and what is said of a folder whose record is another, or does not know the dataset."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from audiera.cli.folder.findings import first_of
from audiera.cli.terminal.session import Session
from audiera.client import Dataset
from audiera.dataset import (
    Registration,
    StoredVersion,
    find_records,
    load_version,
    read_registrations,
    stored_versions,
)
from audiera.errors import InputError, StorageError
from audiera.protocol import Change, Difference
from audiera.text import shown

__all__ = [
    "added_files",
    "lacking_version",
    "payee_names",
    "recorded_version",
    "registered_part",
    "registrations_of",
    "version_of",
]

_PENDING: Final = 0  # the number of what is signed and not yet registered


def registered_part(session: Session, record: Path, dataset: int) -> Registration | None:
    """Return the registration of a dataset that is one of several made of its folder; None of any other."""
    return next((it for it in registrations_of(session, record, dataset) if "groupBy" in it.options), None)


def version_of(dataset: int, state: Dataset, wanted: int | None) -> int:
    """Return the number of the version that is asked for: the newest, unless told.

    Raises:
        InputError: if there is no such version.
    """
    if wanted is not None and not 1 <= wanted <= state.version:
        raise InputError(f"Dataset {dataset} has versions 1 to {state.version} and no {wanted}; choose one of them.")
    return wanted or state.version


def recorded_version(session: Session, record: Path, dataset: int, number: int) -> StoredVersion:
    """Return a version of a dataset from a folder's record.

    Raises:
        StorageError: if there is no record, it is another dataset's, lacks the version, or is damaged.
    """
    _, digest = session.client.datasets.content_of(dataset, number)
    if digest in stored_versions(record):
        return load_version(record, digest)
    raise StorageError(f"{_lacking(session, record, dataset, number)}; {_elsewhere(record, record, digest)}.")


def lacking_version(
    session: Session, folder: Path, record: Path, *, dataset: int, number: int, error: StorageError
) -> str:
    """Say why a version cannot be had from a record, and from which other one it can."""
    _, digest = session.client.datasets.content_of(dataset, number)
    if digest in stored_versions(record):
        return f"{error} Or name the store that has it with --store."
    lacking, how = _lacking(session, record, dataset, number), _elsewhere(folder, record, digest)
    return f"{lacking}; {how}, or name the store that has it with --store."


def payee_names(session: Session, place: Path, dataset: int, digest: bytes) -> dict[bytes, tuple[str, ...]]:
    """Return whom the payees of a dataset stand for, as far as a record in a folder says so.

    Args:
        session: on whose chain it is.
        place: the folder in which records are looked for.
        dataset: its number.
        digest: the sha-256 of its first manifest.
    """
    names: dict[bytes, tuple[str, ...]] = {}
    for record in find_records(place, digest):
        with suppress(StorageError):  # a record helps to read, and nothing more
            names |= {
                it.payee: it.names
                for known in registrations_of(session, record, dataset)
                for it in known.shares
                if it.names
            }
    return names


def added_files(
    session: Session, folder: Path, record: Path, *, dataset: int, digest: bytes, differences: Sequence[Difference]
) -> str | None:
    """Say once that a folder has other files, too, if that is all and the record does not know how they were
    registered: they may be datasets of their own. None if each difference is to be told.
    """
    others = [it.path for it in differences if it.change is Change.ADDED]
    known = any(it.shares for it in registrations_of(session, record, dataset))
    if known or not others or len(others) < len(differences):
        return None
    records = [it for it in _others(folder, record, digest) if registered_part(session, it, dataset)]
    how = _named(records[0]) if records else "name the record that was written then with --out"
    return f"added: {first_of(others)}; if the dataset is one of several that were made of this folder, {how}"


def registrations_of(session: Session, record: Path, dataset: int) -> list[Registration]:
    """Return what a record says of a dataset on this chain, oldest first."""
    place = (session.client.chain_id, session.client.datasets.address, dataset)
    return [it for it in read_registrations(record) if (it.chain_id, it.registry, it.dataset) == place]


def _others(folder: Path, record: Path, digest: bytes) -> list[Path]:
    """Return the records beside the folder, and where the command is run, that have a version."""
    places = dict.fromkeys((folder.resolve().parent, Path.cwd()))
    return [it for place in places for it in find_records(place, digest) if it != record.resolve()]


def _elsewhere(folder: Path, record: Path, digest: bytes) -> str:
    """Say what to name instead of a record that does not have a version."""
    if others := _others(folder, record, digest):
        return f"{_named(others[0])}, which has it"
    return "name the folder that was registered, or say where its record is with --out"


def _lacking(session: Session, record: Path, dataset: int, number: int) -> str:
    """Say what a record is that does not have a version of a dataset."""
    name = shown(str(record))
    if not record.exists():
        return f"There is no record at {name}"
    place = (session.client.chain_id, session.client.datasets.address)
    known = sorted(
        {it.dataset for it in read_registrations(record) if (it.chain_id, it.registry) == place} - {_PENDING}
    )
    if dataset in known:
        return f"The record {name} does not have version {number} of dataset {dataset}"
    if not known:
        return f"The record {name} is of no dataset on this chain"
    return f"The record {name} is of dataset{'s' * (len(known) > 1)} {first_of(list(map(str, known)))}, not {dataset}"


def _named(record: Path) -> str:
    return f"name its record with {shlex.join(['--out', str(record)])}"
