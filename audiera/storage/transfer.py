"""Many objects at once, to a store.

Whatever ends a transfer, what has been transferred stays, and the next run goes on from there.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiera.errors import StorageError
from audiera.storage.found import Report
from audiera.storage.many import WORKERS, each, refuse
from audiera.storage.objects import BLOCK, ObjectError, StoredObject, object_name, shard_of
from audiera.storage.store import Store
from audiera.work import Watcher, in_parallel

__all__ = ["Survey", "Uploaded", "holds", "survey", "upload"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a store has and lacks of the objects that it is to hold."""

    missing: tuple[StoredObject, ...]
    present: tuple[StoredObject, ...]
    exposed: tuple[str, ...]
    """Private objects that the store holds unsealed beside the sealed ones, by name."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What an upload did."""

    sent: int
    sent_bytes: int
    present: int
    """Objects that were there already."""
    present_bytes: int


def survey(store: Store, objects: Iterable[StoredObject], *, workers: int = WORKERS) -> Survey:
    """Find out what an upload would send: objects that the store lacks, or has with another size.

    Raises:
        StorageError: the store refuses or fails, holds objects that are sealed with another key, or sealed ones of
            which unsealed copies would come to lie beside them.
    """
    wanted = list({stored.sha256: stored for stored in objects}.values())
    there = _sizes(store, wanted, workers)
    missing: list[StoredObject] = []
    present: list[StoredObject] = []
    for stored in wanted:
        name, size = store.place_of(stored)
        (present if there.get(name) == size else missing).append(stored)
    if store.key is None:
        _refuse_unsealed(store, [it for it in missing if it.private and object_name(it.sha256, sealed=True) in there])
    if sealed := next(filter(store.seals, present), None):
        store.find(sealed.sha256, sealed.size).check_key()  # with another key all that follows would be in vain
    exposed = sorted(object_name(it.sha256) for it in wanted if store.seals(it) and object_name(it.sha256) in there)
    return Survey(tuple(missing), tuple(present), tuple(exposed))


def upload(
    store: Store,
    objects: Iterable[StoredObject] | Survey,
    *,
    recheck: bool = False,
    progress: Watcher | None = None,
    workers: int = WORKERS,
) -> Uploaded:
    """Bring objects to a store: those that it lacks, or has with another size.

    Args:
        store: where to.
        objects: what it must hold, or what `survey` has found of them.
        recheck: read back what is there, and replace what is damaged.
        progress: called as bytes are read.
        workers: threads.

    Raises:
        StorageError: the store refuses or fails, or files cannot be read or have changed: one line for each.
    """
    found = objects if isinstance(objects, Survey) else survey(store, objects, workers=workers)
    store.backend.sweep()
    _check_room(store, found.missing)
    missing = {stored.sha256 for stored in found.missing}
    sent: list[StoredObject] = []

    def send(stored: StoredObject, report: Report) -> None:
        if stored.sha256 in missing or not _is_sound(store, stored, report):
            store.put(stored, again=True, report=report)
            sent.append(stored)

    todo = (*found.missing, *(found.present if recheck else ()))
    total = len(found.missing) + len(found.present)
    refuse(each(todo, send, progress=progress, workers=workers), total)
    sent_bytes = _bytes(sent)
    all_bytes = _bytes(found.missing) + _bytes(found.present)
    return Uploaded(len(sent), sent_bytes, total - len(sent), all_bytes - sent_bytes)


def _sizes(store: Store, wanted: Iterable[StoredObject], workers: int) -> dict[str, int]:
    """Return the sizes of those of the objects that are there: a list of a shard is cheaper than many questions."""
    shards = defaultdict[str, set[str]](set)
    for it in wanted:
        shards[shard_of(it.sha256)] |= {object_name(it.sha256, sealed=sealed) for sealed in (False, True)}
    found = in_parallel(lambda shard: store.backend.sizes(shard, shards[shard]), sorted(shards), workers)
    return {name: size for _, sizes in found for name, size in sizes.items()}


def _refuse_unsealed(store: Store, sealed: Sequence[StoredObject]) -> None:
    if sealed:
        files = "1 of these files" if len(sealed) == 1 else f"{len(sealed):,} of these files"
        raise StorageError(
            f"{store.url} holds {files} sealed; name its key with --key, or they would lie there for all to read."
        )


def _check_room(store: Store, missing: Iterable[StoredObject]) -> None:
    room, needed = store.backend.room(), sum(store.place_of(stored)[1] for stored in missing)
    if room is not None and needed > room:
        raise StorageError(f"{store.url} has room for {room:,} bytes, and {needed:,} are to be stored; make some room.")


def _bytes(objects: Iterable[StoredObject]) -> int:
    return sum(stored.size for stored in objects)


def _is_sound(store: Store, stored: StoredObject, report: Report) -> bool:
    try:
        store.check(stored.sha256, stored.size, report=report)
    except ObjectError:
        return False
    return True


def holds(to: Path, sha256: bytes, size: int) -> bool:
    """Say whether a file is an object, whole.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        if to.stat().st_size != size:
            return False
        digest = hashlib.sha256()
        with to.open("rb", buffering=0) as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(f"{to} cannot be read ({error.strerror}); mend this and run it again.") from error
    return digest.digest() == sha256
