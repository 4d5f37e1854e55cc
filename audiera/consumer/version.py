"""What a dataset holds, as the chain has it: the gateway that gives the papers is believed in nothing."""

from __future__ import annotations

from dataclasses import dataclass

from audiera.client import Audiera, TxReceipt
from audiera.errors import InputError, StorageError
from audiera.manifest import MANIFEST_BYTES, read_commitments
from audiera.protocol import ContentTree, Kind, TableRow, read_table
from audiera.remote import Remote
from audiera.text import as_object, as_text, read_json

__all__ = ["Version", "read_version"]


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

    @property
    def size(self) -> int:
        """Bytes of all items."""
        return sum(it.item.size for it in self.rows)

    @property
    def duration_ms(self) -> int:
        """Of all items."""
        return sum(it.item.duration_ms for it in self.rows)


def read_version(client: Audiera[TxReceipt], remote: Remote, dataset: int) -> Version:
    """Return the newest version of a dataset, with papers that a gateway has.

    Raises:
        InputError: a catalogue has no items of its own.
        RevertError: `Registry_UnknownDataset`.
        StorageError: the papers cannot be had there, or are not what the chain says.
    """
    state = client.datasets.dataset_of(dataset)
    if state.kind is Kind.Catalogue:
        raise InputError(f"Dataset {dataset} is a catalogue, which has no items; name its members.")
    content_root, digest = client.datasets.content_of(dataset, state.version)
    manifest = remote.document(digest, MANIFEST_BYTES)
    stated = read_commitments(manifest).table
    table = remote.document(stated.sha256, stated.size)
    rows = tuple(read_table(table))
    if ContentTree.of(it.item for it in rows).root != content_root:
        raise StorageError(f"The item table of dataset {dataset} does not make the content root on the chain.")
    name = as_text(as_object(read_json(manifest))["name"])
    return Version(dataset, state.version, name, content_root, manifest, table, rows)
