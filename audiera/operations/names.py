"""What people call datasets, of which the chain knows only numbers and the digests of manifests."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from audiera.client import Audiera, TxReceipt
from audiera.errors import RevertError
from audiera.operations.memory import Fact, Memory
from audiera.text import as_object, as_text, plain, read_json

__all__ = ["Names"]

_SHOWN: Final = 60  # letters of a name within a line; it may be anybody's dataset


@dataclass(frozen=True, slots=True)
class Names:
    """The names that manifests give, of every manifest that this user has ever seen.

    A name is found by the digest that the chain has of the newest version, so it is the registered one or none.
    """

    client: Audiera[TxReceipt]
    memory: Memory
    _known: dict[str, str] = field(default_factory=dict, repr=False)
    _found: dict[int, str | None] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, client: Audiera[TxReceipt]) -> Names:
        """Return the names that are known on a chain."""
        memory = Memory.of(client.node)
        return cls(client, memory, memory.all(Fact.NAME))

    def keep(self, manifest: bytes) -> None:
        """Remember what a manifest calls its dataset."""
        with suppress(ValueError, KeyError, TypeError):
            name, digest = as_text(as_object(read_json(manifest))["name"]), sha256(manifest).hexdigest()
            self.memory.keep(Fact.NAME, digest, name)
            self._known[digest] = name
            self._found.clear()

    def by_manifest(self, digest: bytes) -> str | None:
        """Return what the manifest with this sha-256 calls its dataset; None if nobody here has seen it."""
        return self._known.get(digest.hex())

    def name(self, dataset: int) -> str | None:
        """Return what a dataset's newest manifest calls it; None if nobody here has seen it, or there is no dataset."""
        if dataset not in self._found:
            self._found[dataset] = self._name(dataset) if self._known else None
        return self._found[dataset]

    def called(self, dataset: int) -> str:
        """Write which dataset it is, in a few words on one line: `dataset 7 (Harbour Lights)`."""
        name = self.name(dataset)
        return f"dataset {dataset}" if name is None else f"dataset {dataset} ({_shortened(name)})"

    def _name(self, dataset: int) -> str | None:
        datasets = self.client.datasets
        try:
            _, digest = datasets.content_of(dataset, datasets.dataset_of(dataset).version)
        except RevertError:
            return None
        return self.by_manifest(digest)


def _shortened(name: str) -> str:
    text = plain(name)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
