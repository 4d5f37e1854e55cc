"""Proves that one file belongs to a dataset version, for those who have only the file, or only its path.

What proves it is the version's record; the proof itself needs nothing but the content root that the chain has.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from audiera.dataset.record import StoredVersion, read_registrations, stored_versions
from audiera.errors import InputError, StorageError
from audiera.folder import RECORD_SUFFIX, open_regular, sha256_of, unreadable
from audiera.protocol import TableRow, verify_item
from audiera.text import normal, shown

__all__ = ["ItemProof", "default_record", "find_bytes", "find_path", "hash_file", "prove", "versions_of"]


@dataclass(frozen=True, slots=True)
class ItemProof:
    """An item and the way from its leaf to the content root."""

    row: TableRow
    leaf: bytes
    siblings: tuple[bytes, ...]
    """From the leaf up: what `DatasetRegistry.verifyItem` takes with the item."""
    root: bytes


def prove(version: StoredVersion, row: TableRow) -> ItemProof:
    """Return the proof of an item of a version, having followed it to the root.

    Raises:
        StorageError: it does not lead there, so the record is not to be trusted.
    """
    siblings, root = version.tree.proof(row.item), version.tree.root
    if not verify_item(root, row.item, siblings):
        raise StorageError(f"The proof of {shown(row.metadata.path)} does not lead to the content root; run it again.")
    return ItemProof(row, row.item.leaf(), siblings, root)


def find_bytes(rows: Sequence[TableRow], sha256: bytes, file: Path, *, where: str) -> TableRow:
    """Return the item of a file by its bytes, wherever it is now and whatever it is called.

    Args:
        rows: the items of the version.
        sha256: of the file.
        file: where it is, to name in an error and to see what it may have been.
        where: the dataset, to name in an error.

    Raises:
        InputError: no item has these bytes; the message says what is nearest.
    """
    for row in rows:
        if row.item.sha256 == sha256:
            return row
    near = _like(rows, file)
    if near is None:
        raise InputError(
            f"{shown(str(file))} is not in {where}: none of its {len(rows):,} items has these bytes or this name; "
            "check the file, or name another version with --version."
        )
    raise InputError(
        f"{shown(str(file))} is not in {where}: its bytes are not those that {shown(near.metadata.path)} had "
        f"(sha-256 {near.item.sha256.hex()}); take the file as it was, or name another version with --version."
    )


def hash_file(file: Path) -> bytes:
    """Return the sha-256 of a file's bytes, by which `find_bytes` knows it.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with open_regular(file.resolve()) as opened:
            return sha256_of(opened)
    except OSError as error:
        raise InputError(f"{shown(str(file))} {unreadable(error)}.") from error


def find_path(rows: Sequence[TableRow], path: str, *, where: str) -> TableRow:
    """Return the item at a path of the dataset, which an error calls `where`.

    Raises:
        InputError: there is none; the message says what is nearest.
    """
    wanted = normal(path.replace("\\", "/")).removeprefix("./")
    paths = {row.metadata.path: row for row in rows}
    if wanted in paths:
        return paths[wanted]
    near = get_close_matches(wanted, _same_name(paths, wanted) or _first(paths), n=1, cutoff=0.5)
    hint = f"did you mean {shown(near[0])}?" if near else "give a file, or a path as `audiera scan` lists it."
    raise InputError(f"There is no file {shown(path)} here, and no item at that path in {where}; {hint}")


def default_record(file: Path) -> Path:
    """Return the record beside the nearest folder that holds the file.

    Raises:
        InputError: there is none.
    """
    for folder in file.resolve().parents:
        record = folder.with_name(folder.name + RECORD_SUFFIX) if folder.name else folder
        if folder.name and record.is_dir():
            return record
    raise InputError(f"No folder above {shown(str(file))} has a record beside it; name the record with --record.")


def versions_of(record: Path) -> tuple[bytes, ...]:
    """Return the versions in which a file is looked for if nobody says which: those registered last come first, and
    those never registered at the end.

    Raises:
        StorageError: the record holds no version, or cannot be read.
    """
    registered = [each.manifest_digest for each in reversed(read_registrations(record))]
    found = tuple(dict.fromkeys((*registered, *stored_versions(record))))
    if not found:
        raise StorageError(f"{shown(str(record))} holds no version of a dataset; name a record with --record.")
    return found


def _like(rows: Iterable[TableRow], file: Path) -> TableRow | None:
    """Return the item whose path ends most like that of a file, by whole names."""
    parts = tuple(normal(part) for part in reversed(file.resolve().parts))
    best, most = None, 0
    for row in rows:
        alike = 0
        for mine, its in zip(parts, reversed(PurePosixPath(row.metadata.path).parts), strict=False):
            if mine != its:
                break
            alike += 1
        if alike > most:
            best, most = row, alike
    return best


def _same_name(paths: Iterable[str], wanted: str) -> list[str]:
    name = PurePosixPath(wanted).name.casefold()
    return [path for path in paths if PurePosixPath(path).name.casefold() == name]


def _first(paths: Iterable[str]) -> list[str]:
    return sorted(paths)[:10_000]  # looking for likeness among more would take minutes
