"""`dataset croissant`: a dataset's manifest joined with the terms in force, for machines."""

from __future__ import annotations

from pathlib import Path

from audiera.cli.dataset.records import recorded_version, version_of
from audiera.cli.terminal.output import print_document
from audiera.cli.terminal.session import Session
from audiera.dataset import record_folder
from audiera.errors import InputError
from audiera.manifest import MANIFEST_BYTES, croissant_view
from audiera.operations import standing_of
from audiera.storage import Store

__all__ = ["croissant"]


def croissant(
    session: Session,
    dataset: int,
    folder: Path | None,
    *,
    store: Store | None,
    version: int | None = None,
    out: Path | None = None,
) -> None:
    """Print the Croissant view of a version of a dataset, the newest unless told: its manifest from the record or a
    store, its offers from the chain.

    Raises:
        InputError: if there is no such version, or it is not said where the manifest is.
        StorageError: if it is not there, or not what the chain names.
    """
    number = version_of(dataset, session.client.datasets.dataset_of(dataset), version)
    if store is not None:
        _, digest = session.client.datasets.content_of(dataset, number)
        manifest = store.get(digest, MANIFEST_BYTES)
    elif folder is not None:
        manifest = recorded_version(session, record_folder(folder, out), dataset, number).manifest
    else:
        raise InputError("Say where the manifest is: the FOLDER that was registered, or --store URL.")
    session.names.keep(manifest)
    print_document(croissant_view(manifest, standing_of(session.client, session.book, dataset)).decode())
