"""What a dataset holds, as the chain has it: the gateway that gives the papers is believed in nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from audiera.client import Audiera, TxReceipt
from audiera.errors import InputError, StorageError
from audiera.manifest import MANIFEST_BYTES, read_commitments
from audiera.operations import members_named
from audiera.protocol import ContentTree, Kind, TableRow, read_table
from audiera.remote import AbsentError, Remote
from audiera.text import as_object, as_text, read_json, shown

__all__ = ["MOST_TABLE", "Version", "read_version"]

MOST_TABLE: Final = 1 << 30
"""The most bytes of an item table: some two million items."""


@dataclass(frozen=True, slots=True)
class Version:
    """The newest version of a dataset, proven by its content root and its manifest's digest."""

    dataset: int
    number: int
    name: str
    content_root: bytes
    manifest: bytes
    table: bytes
    rows: tuple[TableRow, ...]
    """In the order of the table."""


def read_version(client: Audiera[TxReceipt], remote: Remote, dataset: int) -> Version:
    """Return the newest version of a dataset, with papers that a gateway has.

    Raises:
        InputError: a catalogue has no items of its own.
        RevertError: `Registry_UnknownDataset`.
        StorageError: the papers cannot be had there, or are not what the chain says.
    """
    state = client.datasets.dataset_of(dataset)
    if state.kind is Kind.Catalogue:
        raise InputError(
            f"Dataset {dataset} is a catalogue, which has no items; name {members_named(client, dataset)}."
        )
    content_root, digest = client.datasets.content_of(dataset, state.version)
    lacking = _Lacking(remote, f"version {state.version} of dataset {dataset}", state.owner)
    manifest = lacking.document("manifest", digest, MANIFEST_BYTES)
    stated = read_commitments(manifest).table
    if stated.size > MOST_TABLE:
        raise StorageError(f"The item table of dataset {dataset} has {stated.size:,} bytes, more than are read here.")
    table = lacking.document("item table", stated.sha256, stated.size)
    rows = tuple(read_table(table))
    if ContentTree.of(it.item for it in rows).root != content_root:
        raise StorageError(f"The item table of dataset {dataset} does not make the content root on the chain.")
    return Version(dataset, state.version, _name_of(manifest), content_root, manifest, table, rows)


@dataclass(frozen=True, slots=True)
class _Lacking:
    """A version whose documents a gateway may lack."""

    remote: Remote
    version: str
    owner: str

    def document(self, what: str, digest: bytes, most: int) -> bytes:
        try:
            return self.remote.document(digest, most)
        except AbsentError as error:
            raise StorageError(
                f"{shown(self.remote.url)} does not have the {what} of {self.version}, so nobody can use it there. Ask "
                f"its owner, {self.owner}, to bring the files with `audiera push`, or the gateway's operator; or name "
                "another gateway."
            ) from error


def _name_of(manifest: bytes) -> str:
    try:
        return as_text(as_object(read_json(manifest))["name"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError("The manifest names no dataset; it is none of this package.") from error
