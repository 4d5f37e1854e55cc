"""`dataset overlap`: the files that two datasets share, and which of the two registered them first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress

from audiera.cli.folder.item_proof import item_json, verify_call
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import when
from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered, VersionPublished
from audiera.dataset import (
    Holding,
    Shared,
    StoredVersion,
    load_version,
    prove_version,
    record_folder,
    shared_items,
    stored_versions,
)
from audiera.errors import InputError, StorageError
from audiera.operations import members_named
from audiera.protocol import Kind
from audiera.storage import Store
from audiera.text import Json, hex_of, plain, shown

__all__ = ["overlap"]

_LISTED: Final = 20  # shared files that are shown to people


@dataclass(frozen=True, slots=True)
class _Version:
    """A version as the chain has it: what it is, and when it came."""

    content_root: bytes
    manifest: bytes
    block: int
    index: int
    at: int
    """Unix second of its block."""


@dataclass(slots=True)
class _Side:
    """A dataset: its versions on the chain, and those whose items are at hand."""

    dataset: int
    creator: ChecksumAddress
    versions: dict[int, _Version]
    found: dict[int, StoredVersion] = field(default_factory=dict)
    reason: str = ""
    """Why one of them is not at hand."""

    def came(self, holding: Holding) -> _Version:
        """Return the version that has an item, as the chain has it."""
        return self.versions[holding.version]


def overlap(session: Session, numbers: tuple[int, int], folders: Sequence[Path], store: Store | None) -> None:
    """Show what two datasets share byte for byte, with both proofs and both times.

    Raises:
        InputError: if there is nothing to compare, or no items of one of the two are at hand.
        StorageError: if a record is damaged, or the store refuses or fails.
    """
    if numbers[0] == numbers[1]:
        raise InputError(f"Dataset {numbers[0]} shares everything with itself; name two.")
    if not folders and store is None:
        raise InputError(
            "Say where the items of both are listed: the FOLDERs that were registered or their records, or with "
            "--store where their files are kept."
        )
    records = [it if stored_versions(it) else record_folder(it) for it in folders]
    one, other = (_side(session, number, records, store) for number in numbers)
    shared = shared_items(one.found, other.found)
    for side in (one, other):
        if lacking := [number for number in side.versions if number not in side.found]:
            listed = ", ".join(map(str, lacking))
            say(f"Not compared, since their items are not at hand: dataset {side.dataset}, version {listed}.")
    session.result(_document(one, other, shared), _lines(one, other, shared))


def _side(session: Session, dataset: int, records: Sequence[Path], store: Store | None) -> _Side:
    datasets = session.client.datasets
    if datasets.dataset_of(dataset).kind is Kind.Catalogue:
        members = members_named(session.client, dataset)
        raise InputError(f"Dataset {dataset} is a catalogue and has no files; compare {members}.")
    side = _Side(dataset, datasets.creator_of(dataset), {})

    def add(number: int, content: Content | VersionPublished, block: int, index: int) -> None:
        at = session.client.node.timestamp(block)
        side.versions[number] = _Version(content.content_root, content.manifest, block, index, at)

    for first in datasets.logs(DatasetRegistered, id=dataset):
        add(1, first.event.content, first.block, first.index)
    for later in datasets.logs(VersionPublished, id=dataset):
        add(later.event.version, later.event, later.block, later.index)
    for number, version in side.versions.items():
        found = _find(version, records, store)
        if isinstance(found, StoredVersion):
            side.found[number] = found
        else:
            side.reason = found
    if not side.found:
        raise InputError(
            f"No items of dataset {dataset} are at hand ({side.reason}); name its folder or its record, or with "
            "--store where its files are kept."
        )
    return side


def _find(version: _Version, records: Sequence[Path], store: Store | None) -> StoredVersion | str:
    """Return the items of a version from a record or else from the store, or why they cannot be had."""
    found: StoredVersion | None = None
    for record in records:
        if version.manifest in stored_versions(record):
            found = load_version(record, version.manifest)
            break
    if found is None and store is not None:
        try:
            found = prove_version(lambda file: store.get(file.sha256, file.size), version.manifest)
        except StorageError as error:
            return str(error).rstrip(".")
    if found is None:
        return "no record that was named has them"
    if found.tree.root != version.content_root:
        return "their content root is not the one on the chain"
    return found


def _lines(one: _Side, other: _Side, shared: Sequence[Shared]) -> list[str]:
    if not shared:
        return [f"Datasets {one.dataset} and {other.dataset} share no file, byte for byte."]
    files = "1 file" if len(shared) == 1 else f"{len(shared):,} files"
    lines = [f"Datasets {one.dataset} and {other.dataset} share {files}, byte for byte:"]
    for it in shared[:_LISTED]:
        lines.append(f"  {shown(it.one.proof.row.metadata.path)}, sha-256 {hex_of(it.one.proof.row.item.sha256)}")
        for side, held in ((one, it.one), (other, it.other)):
            path = shown(held.proof.row.metadata.path)
            came = f"{when(side.came(held).at)} by {side.creator}"
            lines.append(f"    dataset {side.dataset}, version {held.version}, of {came}: {path}")
            lines.append(f"      {verify_call(side.dataset, held.version, held.proof)}")
        lines.append(f"    first: dataset {_first(one, other, it)}")
    if len(shared) > _LISTED:
        lines.append(f"  and {len(shared) - _LISTED:,} more; --json lists them all")
    return [*lines, "Whoever registered first has shown the file first, and need not have made it."]


def _first(one: _Side, other: _Side, it: Shared) -> int:
    """Return the dataset whose version came first, by the order of the chain."""
    mine, theirs = one.came(it.one), other.came(it.other)
    return one.dataset if (mine.block, mine.index) < (theirs.block, theirs.index) else other.dataset


def _document(one: _Side, other: _Side, shared: Sequence[Shared]) -> dict[str, Json]:
    datasets: list[Json] = [
        {
            "dataset": side.dataset,
            "creator": side.creator,
            "registeredAt": side.versions[1].at,
            "versionCount": len(side.versions),
            "compared": sorted(side.found),
        }
        for side in (one, other)
    ]
    items: list[Json] = [
        {
            "sha256": hex_of(it.one.proof.row.item.sha256),
            "first": _first(one, other, it),
            "items": [_held(one, it.one), _held(other, it.other)],
        }
        for it in shared
    ]
    return {"datasets": datasets, "shared": items}


def _held(side: _Side, held: Holding) -> dict[str, Json]:
    return {
        "dataset": side.dataset,
        "version": held.version,
        "at": side.came(held).at,
        "path": plain(held.proof.row.metadata.path),
        **item_json(held.proof),
    }
