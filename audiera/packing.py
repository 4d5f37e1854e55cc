"""Packs a prepared dataset: its record beside the folder, its objects in a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from audiera.errors import InputError
from audiera.prepare import Prepared
from audiera.record import store_version
from audiera.storage import Progress, Store, Survey, Uploaded, upload
from audiera.storage.folder import Folder

__all__ = ["STORE_NAME", "open_store", "pack"]

STORE_NAME: Final = "store"
"""The store in a record, where no other is named: record and store together are all that serving and proving a
dataset takes, in one folder that can be carried elsewhere, and the music itself is left alone.
"""


def open_store(folder: Path, record: Path, url: str | None, key: bytes | None) -> Store:
    """Return the store for a folder: the one at `url`, or the one in the folder's record.

    Raises:
        InputError: it would lie in the folder, and become part of the dataset.
        StorageError: nothing that is installed speaks the URL's protocol.
    """
    store = Store.open(url or str(record / STORE_NAME), key)
    if isinstance(store.backend, Folder) and store.backend.root.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{store.url} is among the music; keep the store elsewhere.")
    return store


def pack(
    prepared: Prepared,
    record: Path,
    store: Store,
    found: Survey,
    *,
    recheck: bool = False,
    progress: Progress | None = None,
) -> Uploaded:
    """Write the record and bring to the store what it lacks; the manifest last, so that a store with it has all of it.

    Args:
        prepared: the dataset.
        record: where its record is.
        store: where its objects go.
        found: what `survey` of `prepared.objects` has found there.
        recheck: read back what is there, and replace what is damaged.
        progress: called as bytes are read.

    Raises:
        StorageError: the record cannot be written, the store refuses or fails, or files have changed.
    """
    store_version(record, prepared.documents)
    manifest = prepared.manifest_digest
    first = upload(store, _part(found, lambda sha256: sha256 != manifest), recheck=recheck, progress=progress)
    last = upload(store, _part(found, lambda sha256: sha256 == manifest), recheck=recheck)
    return Uploaded(
        first.sent + last.sent,
        first.sent_bytes + last.sent_bytes,
        first.present + last.present,
        first.present_bytes + last.present_bytes,
    )


def _part(found: Survey, wanted: Callable[[bytes], bool]) -> Survey:
    missing, present = (tuple(it for it in some if wanted(it.sha256)) for some in (found.missing, found.present))
    return replace(found, missing=missing, present=present)
