"""The items that were used: by file, by path or by leaf, of a version that a record or an item table has."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiera.cli.usage.ledger import Asked
from audiera.dataset import default_record, find_bytes, find_path, hash_file, load_version, read_registrations
from audiera.errors import InputError, StorageError
from audiera.protocol import ZERO_WORD, ContentTree, Meter, TableRow, read_table
from audiera.text import read_file, shown

__all__ = ["Known", "find_items"]


@dataclass(frozen=True, slots=True)
class Known:
    """The items that were used, and those of their version as far as they are known here."""

    version: int
    used: tuple[bytes, ...]
    """Leaves; zero for the whole dataset."""
    rows: Mapping[bytes, TableRow]
    """By leaf; empty where nothing is known of them."""

    def units(self, item: bytes, meter: Meter) -> int:
        """Return the units of using an item once, or the whole dataset.

        Raises:
            InputError: if its length or size is not known here.
        """
        if meter is Meter.Call:
            return 1
        if not self.rows:
            raise InputError(
                f"How many {meter.name.lower()}s it is, nothing here says; give them with --units, or name the "
                "dataset's --record, or its item table with --items."
            )
        rows = self.rows.values() if item == ZERO_WORD else [self.rows[item]]
        return sum(row.item.units(meter) for row in rows)


def find_items(
    items: Sequence[str],
    dataset: int,
    version: int | None,
    *,
    record: Path | None,
    table: Path | None,
    asked: Asked | None,
) -> Known:
    """Return what was used, in the newest version that has all of it.

    Raises:
        InputError: if an item cannot be found, or nobody says of which version it is.
        StorageError: if record or table are damaged.
    """
    hashes = {it: hash_file(Path(it)) for it in items if not _is_leaf(it) and Path(it).exists()}
    refusals: list[InputError] = []
    for number, rows in _versions(items, dataset, version, record=record, table=table, asked=asked):
        by_leaf = {row.item.leaf(): row for row in rows}
        try:
            where = f"dataset {dataset}, version {number}"
            used = tuple(_leaf(it, by_leaf, hashes.get(it), where) for it in items)
        except InputError as error:
            refusals.append(error)
            continue
        if asked:
            _compare(asked, dataset, number, rows)
        return Known(number, used or (ZERO_WORD,), by_leaf)
    raise refusals[0]


def _versions(
    items: Sequence[str],
    dataset: int,
    version: int | None,
    *,
    record: Path | None,
    table: Path | None,
    asked: Asked | None,
) -> Iterator[tuple[int, Sequence[TableRow]]]:
    """Yield the versions that may be meant, with their items if they are known; the newest first."""
    paths = [Path(it) for it in items if not _is_leaf(it)]
    if table is None and (record or paths):
        yield from _recorded(record or default_record(paths[0]), dataset, version, asked)
    elif version is None:
        raise InputError("Say which version was used, with --version; only a record would know.")
    else:
        yield version, read_table(_bytes(table)) if table else ()


def _bytes(table: Path) -> bytes:
    try:
        return read_file(table)
    except OSError as error:
        raise StorageError(f"{table} cannot be read ({error.strerror}); name an item table with --table.") from error


def _recorded(
    record: Path, dataset: int, version: int | None, asked: Asked | None
) -> Iterator[tuple[int, Sequence[TableRow]]]:
    here = (asked.client.chain_id, asked.client.datasets.address) if asked else None
    known = [
        it
        for it in reversed(read_registrations(record))
        if it.dataset == dataset and version in (None, it.version) and here in (None, (it.chain_id, it.registry))
    ]
    if not known:
        what = f"version {version} of dataset {dataset}" if version else f"dataset {dataset}"
        raise InputError(
            f"The record {shown(str(record))} knows no {what}; name another with --record, or its item table with "
            "--items and --version."
        )
    for it in known:
        yield it.version, load_version(record, it.manifest_digest).rows


def _leaf(text: str, rows: Mapping[bytes, TableRow], sha256: bytes | None, where: str) -> bytes:
    if _is_leaf(text):
        leaf = bytes.fromhex(text[2:])
        if rows and leaf not in rows:
            raise InputError(f"No item of {where} has the leaf {text}; check it, or name another with --version.")
        return leaf
    known = tuple(rows.values())
    if sha256 is None:
        return find_path(known, text, where=where).item.leaf()
    return find_bytes(known, sha256, Path(text), where=where).item.leaf()


def _is_leaf(text: str) -> bool:
    return len(text) == 66 and text.startswith("0x") and set(text[2:]) <= set(string.hexdigits)


def _compare(asked: Asked, dataset: int, version: int, rows: Sequence[TableRow]) -> None:
    """Return if the chain knows the version, as one of these items."""
    root, _ = asked.client.datasets.content_of(dataset, version)
    if root == ZERO_WORD:
        raise InputError(f"Chain {asked.client.chain_id} has no version {version} of dataset {dataset}; check both.")
    if rows and ContentTree.of(row.item for row in rows).root != root:
        raise InputError(
            f"These items are not version {version} of dataset {dataset} on chain {asked.client.chain_id}; name the "
            "record or the item table of that version."
        )
