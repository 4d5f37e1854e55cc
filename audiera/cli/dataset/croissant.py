"""`dataset croissant`: a dataset's manifest joined with the terms in force, for machines."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.terminal.session import Session
from audiera.dataset import load_version, record_folder
from audiera.errors import InputError
from audiera.manifest import MANIFEST_BYTES, croissant_view
from audiera.operations import standing_of
from audiera.storage import Store

__all__ = ["croissant"]


def croissant(session: Session, dataset: int, folder: Path | None, *, store: Store | None, out: Path | None) -> None:
    """Print the Croissant view of a dataset's newest version: its manifest from the record or a store, its offers from
    the chain.

    Raises:
        InputError: if it is not said where the manifest is.
        StorageError: if it is not there, or not what the chain names.
    """
    state = session.client.datasets.dataset_of(dataset)
    _, digest = session.client.datasets.content_of(dataset, state.version)
    if store is not None:
        manifest = store.get(digest, MANIFEST_BYTES)
    elif folder is not None:
        manifest = load_version(record_folder(folder, out), digest).manifest
    else:
        raise InputError("Say where the manifest is: the FOLDER that was registered, or --store URL.")
    session.names.keep(manifest)
    click.echo(croissant_view(manifest, standing_of(session.client, session.book, dataset)))
