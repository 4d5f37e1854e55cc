"""Packs a prepared dataset: its record beside the folder, its objects in a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from audiera.dataset.prepare import Prepared
from audiera.dataset.record import store_version
from audiera.errors import InputError
from audiera.storage import LocalFolder, Store, StoredObject, Survey, Uploaded, upload
from audiera.work import Watcher

__all__ = ["STORE_NAME", "objects_of", "open_store", "pack"]

STORE_NAME: Final = "store"
"""The store in a record, where no other is named: record and store together are all that serving and proving a
dataset takes, in one folder that can be carried elsewhere, and the music itself is left alone.
"""


def open_store(folder: Path, record: Path, url: str | None, key: bytes | None) -> Store:
    """Return the store for a folder: the one at `url`, or the one in the folder's record.

    Raises:
        InputError: it would lie in the folder, and become part of the dataset.
        StorageError: it is neither a folder nor s3://, or what it takes is not installed.
    """
    store = Store.open(url or str(record / STORE_NAME), key)
    store.check_writable()
    if isinstance(store.backend, LocalFolder) and store.backend.root.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{store.url} is among the music; keep the store elsewhere.")
    return store


def objects_of(several: Sequence[Prepared]) -> tuple[StoredObject, ...]:
    """Return everything that a store must hold of some datasets, what several of them have only once."""
    return tuple({it.sha256: it for prepared in several for it in prepared.objects}.values())


def pack(
    several: Sequence[Prepared],
    record: Path,
    store: Store,
    found: Survey,
    *,
    recheck: bool = False,
    progress: Watcher | None = None,
) -> Uploaded:
    """Write the record and bring to the store what it lacks; manifests last, so that a store with one has all of it.

    Args:
        several: the datasets of a folder.
        record: where their record is.
        store: where their objects go.
        found: what `survey` of `objects_of` them has found there.
        recheck: read back what is there, and replace what is damaged.
        progress: called as bytes are read.

    Raises:
        StorageError: the record cannot be written, the store refuses or fails, or files have changed.
    """
    for prepared in several:
        store_version(record, prepared.documents)
    manifests = {prepared.manifest_digest for prepared in several}
    first = upload(store, _part(found, lambda sha256: sha256 not in manifests), recheck=recheck, progress=progress)
    last = upload(store, _part(found, manifests.__contains__), recheck=recheck)
    return Uploaded(
        first.sent + last.sent,
        first.sent_bytes + last.sent_bytes,
        first.present + last.present,
        first.present_bytes + last.present_bytes,
    )


def _part(found: Survey, wanted: Callable[[bytes], bool]) -> Survey:
    missing, present = (tuple(it for it in some if wanted(it.sha256)) for some in (found.missing, found.present))
    return replace(found, missing=missing, present=present)
