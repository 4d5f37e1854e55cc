"""A dataset version as it is before it is registered: all that a transaction will commit to."""

__all__ = ["Prepared"]

import hashlib
from dataclasses import dataclass

from audiera.credits.divide import Credits
from audiera.folder.scan import Scan
from audiera.manifest.description import Description
from audiera.manifest.documents import Documents
from audiera.protocol.cid import cid_of
from audiera.protocol.items import ContentTree
from audiera.protocol.table import TableRow
from audiera.storage.objects import StoredObject


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dataset version, ready to be stored and registered. Make it with `prepare`."""

    scan: Scan
    documents: Documents
    description: Description
    credits: Credits | None
    """None for a version: shares are set once, at registration."""
    notes: tuple[str, ...] = ()
    """What the user should know before it is published, beside the notes of the scan and of the credits."""

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """The items with their metadata, by path."""
        return self.scan.rows

    @property
    def tree(self) -> ContentTree:
        """The tree over the items."""
        return self.documents.tree

    @property
    def content_root(self) -> bytes:
        """What the registry stores of the items."""
        return self.documents.tree.root

    @property
    def manifest(self) -> bytes:
        """The manifest."""
        return self.documents.manifest

    @property
    def manifest_digest(self) -> bytes:
        """What the registry stores of the manifest: its sha-256."""
        return self.documents.digest

    @property
    def manifest_cid(self) -> str:
        """The manifest's name on IPFS, as `tokenURI` states it."""
        return cid_of(self.manifest_digest)

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Everything that a store must hold: items, what the manifest names, and at last the manifest."""
        items = [
            StoredObject(file.row.item.sha256, file.row.item.size, self.scan.folder / file.source, private=True)
            for file in self.scan.files
        ]
        papers = [*self.documents.files.values(), self.manifest]
        return (*items, *(StoredObject(hashlib.sha256(data).digest(), len(data), data) for data in papers))
