"""Proves a dataset from a store alone, as a stranger who knows nothing but its manifest's digest would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audiera.errors import ItemError, StorageError
from audiera.manifest import MANIFEST_BYTES, read_commitments
from audiera.protocol import ContentTree, TableRow, read_table
from audiera.storage import ObjectError, Report, Store, each
from audiera.work import Watcher

__all__ = ["prove_stored"]


@dataclass(frozen=True, slots=True)
class _Stated:
    """An object as the manifest or the item table states it."""

    label: str
    sha256: bytes
    size: int


def prove_stored(
    store: Store, digest: bytes, *, items: int | None = None, progress: Watcher | None = None
) -> tuple[str, ...]:
    """Read all of a dataset version and return what is wrong with it, one sentence each; nothing if it is proven.

    The manifest is proven by the digest, the files that it names by the manifest, the items by the item table, and the
    item table once more by the content root. What the manifest's digest itself is worth, the registry tells. Nothing is
    read beyond the size that is stated of it, and an object only once, however many items are it.

    Args:
        store: where it should be; with a key, if its items are sealed.
        digest: the sha-256 of the manifest, as the registry has it.
        items: how many there are, as the registry has it; None if that is not known.
        progress: called as bytes are read.

    Raises:
        StorageError: the store refuses or fails, or the key is missing or wrong.
    """
    try:
        manifest = store.get(digest, MANIFEST_BYTES)
    except ObjectError as error:
        return (f"The manifest: {error}",)
    try:
        stated = read_commitments(manifest)
    except StorageError as error:
        return (str(error),)
    table = stated.table
    papers = [_Stated(file.name, file.sha256, file.size) for file in stated.files if file != table]
    try:
        rows = read_table(store.get(table.sha256, table.size))
    except ObjectError as error:
        return (f"The item table: {error}", *_check(store, papers, progress))
    except StorageError as error:
        return (str(error), *_check(store, papers, progress))
    listed = [_Stated(row.metadata.path, row.item.sha256, row.item.size) for row in rows]
    return (*_whole(rows, stated.content_root, items), *_check(store, [*papers, *listed], progress))


def _whole(rows: Sequence[TableRow], content_root: bytes, items: int | None) -> Iterable[str]:
    if items is not None and len(rows) != items:
        yield f"The item table has {len(rows):,} items, and {items:,} are registered; trust neither."
    try:
        root = ContentTree.of(row.item for row in rows).root
    except ItemError as error:
        yield f"The item table: {error}"
        return
    if root != content_root:
        yield "The manifest names another content root than its items have; trust neither."


def _check(store: Store, stated: Sequence[_Stated], progress: Watcher | None) -> Iterable[str]:
    def check(one: _Stated, report: Report) -> None:
        try:
            size = store.check(one.sha256, one.size, report=report)
        except ObjectError as error:
            raise ObjectError(f"{one.label}: {error}") from error
        if size != one.size:
            raise ObjectError(f"{one.label}: it has {size:,} bytes, not {one.size:,} as stated; trust neither.")

    objects: dict[bytes, _Stated] = {}
    for one in stated:
        first = objects.setdefault(one.sha256, one)
        if one.size != first.size:
            yield f"{one.label}: it is stated to have {one.size:,} bytes, and {first.label}, the same, {first.size:,}."
    yield from map(str, each(tuple(objects.values()), check, progress=progress))
