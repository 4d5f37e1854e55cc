"""All that a dossier is written from, read once: facts, the run and its files, and the provider's answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from eth_typing import ChecksumAddress

from audiera.errors import StorageError
from audiera.manifest import CONTRIBUTORS_NAME, Description, read_commitments, read_description
from audiera.protocol import TableRow, read_table
from audiera.runs import Run, RunFolder, SignedBatch, UsedDataset, signed_batch
from audiera.text import Json, as_int, as_list, as_object

__all__ = ["Known", "Used", "counted", "known_of", "when"]

_NEVER: Final = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())
"""No time is written from there on."""


@dataclass(frozen=True, slots=True)
class Used:
    """A dataset with what was used of it."""

    named: UsedDataset
    fact: Mapping[str, object]
    description: Description
    people_apart: bytes | None
    """SHA-256 of the file that names the contributors, where they are too many for the manifest."""
    people: str | None
    """That file, where it is here."""
    count: int
    """How many items its table has."""
    rows: tuple[tuple[TableRow, int], ...]
    """Items that were served, and how often."""

    @property
    def table(self) -> str:
        """The file of its item table."""
        return f"run/datasets/{self.named.dataset}-{self.named.version}.items.json"

    @property
    def manifest(self) -> str:
        """The file of its manifest."""
        return f"run/datasets/{self.named.dataset}-{self.named.version}.manifest.json"

    def uses_in(self, batch: SignedBatch) -> frozenset[bytes]:
        """Return the leaves of the items that were served and have a use in a batch."""
        leaves = (row.item.leaf() for row, _ in self.rows)
        dataset = self.named.dataset
        whole = (dataset, self.named.version) in batch.whole
        return frozenset(it for it in leaves if whole or (dataset, it) in batch.items)


@dataclass(frozen=True, slots=True)
class Known:
    """All that there is to write from."""

    facts: Mapping[str, object]
    run: Run
    signer: ChecksumAddress
    """Whose key signed the run."""
    used: tuple[Used, ...]
    batches: tuple[SignedBatch, ...]
    provider: Mapping[str, str]
    texts: frozenset[str]
    """SHA-256 in hex of the legal texts that are in the dossier."""

    @property
    def model(self) -> dict[str, object]:
        """What the chain says of the model."""
        return as_object(self.facts["model"])

    @property
    def licenses(self) -> list[dict[str, object]]:
        """What it says of the run's licences."""
        return [as_object(it) for it in as_list(self.facts["licenses"])]

    @property
    def then(self) -> dict[str, object]:
        """What it says of that which may change."""
        return as_object(self.facts["then"])


def known_of(facts: Mapping[str, Json], folder: RunFolder, provider: Mapping[str, str], texts: frozenset[str]) -> Known:
    """Return it.

    Raises:
        AudieraError: files of the run are damaged or missing, or nobody signed it.
    """
    run, signature = folder.run(), folder.signature()
    if signature is None:
        raise StorageError("The run is not signed: run.sig is missing; `audiera run sign` makes it.")
    stated = map(as_object, as_list(facts["datasets"]))
    of = {(as_int(it["dataset"]), as_int(it["version"])): it for it in stated}
    used = tuple(_used(folder, it, of[it.dataset, it.version]) for it in run.datasets)
    batches = tuple(signed_batch(folder, run, it) for it in run.batches)
    return Known(facts, run, run.signer(signature), used, batches, provider, texts)


def when(second: int) -> str:
    """Return a Unix second as it is written.

    Raises:
        StorageError: it is no time.
    """
    if not 0 <= second < _NEVER:
        raise StorageError(f"{second} is no time.")
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M UTC}"


def counted(number: int, what: str) -> str:
    """Return so many things in words: 1 item, 2 items."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _used(folder: RunFolder, named: UsedDataset, fact: Mapping[str, object]) -> Used:
    which = (named.dataset, named.version)
    times = {it.item: it.times for it in folder.served().served if (it.dataset, it.version) == which}
    rows = read_table(folder.table(named))
    served = tuple((row, times[leaf]) for row in rows if (leaf := row.item.leaf()) in times)
    manifest = folder.manifest(named)
    apart = next((it.sha256 for it in read_commitments(manifest).files if it.name == CONTRIBUTORS_NAME), None)
    people = folder.contributors(named) if apart else None
    file = f"run/datasets/{named.dataset}-{named.version}.contributors.json"
    if people is not None and hashlib.sha256(people).digest() != apart:
        raise StorageError(f"{file} is another than the manifest names; restore it.")
    here = None if people is None else file
    return Used(named, fact, read_description(manifest, people), apart, here, len(rows), served)
