"""The facade of `DatasetRegistry`: who published what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from eth_typing import ChecksumAddress

from audiera.client.contracts.events import DatasetRegistered, GatewaysSet, LineageDeclared, Log, VersionPublished
from audiera.client.contracts.model import Content, Dataset
from audiera.client.facades.nft import Nft
from audiera.protocol import Item, Parent, Split, check_parents, to_address

__all__ = ["Datasets"]

R = TypeVar("R")


class Datasets(Nft[R]):
    """Datasets, their versions, lineage and shares."""

    NAME = "DatasetRegistry"

    def register(self, content: Content, split: Split, parents: Sequence[Parent] = ()) -> R:
        """Register a dataset in the sender's name. A receipt's `event(DatasetRegistered).id` is its number.

        Args:
            content: what it is made of.
            split: who shares its income; it holds the account of every parent with exactly its ppm.
            parents: what it was made from, ascending.

        Raises:
            LineageError: if the parents do not make a lineage.
        """
        check_parents(parents)
        return self._send("register", (content, split.shares, tuple(parents)))

    def register_many(self, contents: Sequence[Content], split: Split) -> R:
        """Register several datasets without parents under one split; their numbers follow each other."""
        return self._send("registerMany", list(contents), split.shares)

    def publish_version(
        self, dataset: int, item_count: int, content_root: bytes, manifest: bytes, *, version: int, flags: int
    ) -> R:
        """Publish changed content, as exactly this version. Owner only.

        Args:
            dataset: its number.
            item_count: how many items the content has.
            content_root: root of the content tree.
            manifest: sha-256 of the manifest.
            version: the newest version's number plus one, so that signed calls cannot be carried out in another order.
            flags: as in `Content`, of this content; whether the dataset is derived never changes.

        Raises:
            RevertError: `Registry_WrongVersion` and others.
        """
        return self._send("publishVersion", dataset, version, item_count, content_root, manifest, int(flags))

    def withdraw_items(self, dataset: int, items: Sequence[bytes]) -> R:
        """Withdraw consent to items, by their leaf hashes: for licences acquired from now on. Owner only."""
        return self._send("withdrawItems", dataset, list(items))

    def move_share(self, dataset: int, split: Split, to: bytes) -> R:
        """Move the sender's whole share of a dataset, whose split is `split` now, to another payee."""
        return self._send("moveShare", dataset, split.shares, to)

    def withdraw_all(self, dataset: int) -> R:
        """Lapse every offer of a dataset. Owner only."""
        return self._send("withdrawAll", dataset)

    def set_gateways(self, dataset: int, gateways: Sequence[str]) -> R:
        """Say where the bytes are served. Owner only."""
        return self._send("setGateways", dataset, [to_address(it) for it in gateways])

    def verify_item(self, dataset: int, version: int, item: Item, proof: Sequence[bytes]) -> bool:
        """Say whether an item belongs to a version."""
        return self._view(bool, "verifyItem", dataset, version, item, list(proof))

    def dataset_of(self, dataset: int) -> Dataset:
        """Return the state of a dataset.

        Raises:
            RevertError: `Registry_UnknownDataset`.
        """
        return self._view(Dataset, "datasetOf", dataset)

    def state_of(self, dataset: int) -> tuple[ChecksumAddress, int]:
        """Return owner and packed state (`docs/formats.md`), as other contracts read them; `dataset_of` unpacks it.

        Raises:
            RevertError: `Registry_UnknownDataset`.
        """
        owner, packed = self._pair(str, int, "stateOf", dataset)
        return to_address(owner), packed

    def content_of(self, dataset: int, version: int) -> tuple[bytes, bytes]:
        """Return content root and manifest digest of a version; zeros where there is none."""
        return self._pair(bytes, bytes, "contentOf", dataset, version)

    def creator_of(self, dataset: int) -> ChecksumAddress:
        """Return who registered a dataset.

        Raises:
            RevertError: `Registry_UnknownDataset`.
        """
        return to_address(self._view(str, "creatorOf", dataset))

    def lineage_of(self, dataset: int) -> bytes:
        """Return the hash of a dataset's parents; zero without parents."""
        return self._view(bytes, "lineageOf", dataset)

    def account_of(self, dataset: int) -> bytes:
        """Return a dataset's account at the splitter."""
        return self._view(bytes, "accountOf", dataset)

    def dataset_count(self) -> int:
        """Return how many datasets there are; the newest has this number."""
        return self._view(int, "datasetCount")

    def royalty_info(self, dataset: int, sale_price: int) -> tuple[ChecksumAddress, int]:
        """Return who receives how much of a resale (ERC-2981)."""
        receiver, amount = self._pair(str, int, "royaltyInfo", dataset, sale_price)
        return to_address(receiver), amount

    def registration(self, dataset: int) -> DatasetRegistered:
        """Return the event that registered a dataset, with its first content.

        Raises:
            ChainError: if there is none.
        """
        return self._one(DatasetRegistered, f"dataset {dataset}", id=dataset)

    def content(self, dataset: int, version: int = 1) -> Content:
        """Return the whole content of a version, from events.

        Raises:
            ChainError: if there is no such version.
        """
        first = self.registration(dataset).content
        if version == 1:
            return first
        what = f"version {version} of dataset {dataset}"
        later = self._one(VersionPublished, what, id=dataset, version=version)
        return Content(first.kind, later.flags, later.item_count, later.content_root, later.manifest)

    def parents(self, dataset: int) -> tuple[Parent, ...]:
        """Return what a dataset was made from, as registered."""
        for log in self.logs(LineageDeclared, id=dataset):
            return log.event.parents
        return ()

    def gateways(self, dataset: int) -> tuple[ChecksumAddress, ...]:
        """Return where the bytes are served, as last said."""
        found: tuple[ChecksumAddress, ...] = ()
        for log in self.logs(GatewaysSet, id=dataset):
            found = log.event.gateways
        return found

    def registered(self, *, first: int | None = None, last: int | None = None) -> Iterator[Log[DatasetRegistered]]:
        """Yield the datasets registered in a range of blocks."""
        return self.logs(DatasetRegistered, first=first, last=last)
