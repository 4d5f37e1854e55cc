"""What a first push and a later one have in common: who publishes what where, and the files on their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eth_typing import ChecksumAddress

from audiera.cli.terminal.output import ask, print_json, print_lines, progress_bar
from audiera.client.deployment import stated_domain
from audiera.dataset import DatasetRequest, Registration, read_registrations
from audiera.errors import InputError
from audiera.pushing import bring, lacking
from audiera.quantities import format_size
from audiera.remote import Remote
from audiera.storage import StoredObject
from audiera.text import Json, shown

__all__ = ["Bringing", "Push", "here"]


@dataclass(frozen=True, slots=True)
class Bringing:
    """What a gateway lacks."""

    missing: tuple[StoredObject, ...]

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(it.size for it in self.missing)

    @property
    def brought(self) -> str:
        """What is said of it when it is there."""
        files = "1 file was" if len(self.missing) == 1 else f"{len(self.missing):,} files were"
        return f"{files} brought ({format_size(self.size)})."

    def __str__(self) -> str:
        return f"{len(self.missing):,} ({format_size(self.size)})"


@dataclass(frozen=True, slots=True)
class Push:
    """One run of the command, signed in."""

    remote: Remote
    request: DatasetRequest
    yes: bool
    as_json: bool

    @property
    def registry(self) -> ChecksumAddress:
        """Where datasets are registered."""
        return stated_domain("DatasetRegistry", self.remote.chain_id).contract

    def number(self) -> int | None:
        """Return the dataset that the folder is already, as its record says; None: it is none.

        Raises:
            InputError: it is several.
        """
        numbers = sorted({it.dataset for it in here(self.remote, self.request.record) if it.dataset})
        if len(numbers) > 1:
            listed = f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
            raise InputError(
                f"{shown(str(self.request.folder))} is datasets {listed} on this chain; say with --dataset which of "
                "them gets a new version."
            )
        return numbers[0] if numbers else None

    def lacking(self, objects: Sequence[StoredObject]) -> Bringing:
        """Return which objects the gateway lacks.

        Raises:
            StorageError: it refuses, cannot be reached, or takes no more of this account.
        """
        return Bringing(lacking(self.remote, objects))

    def plan(self) -> tuple[str, ...]:
        """Return the lines that say who publishes, and where."""
        return (
            f"  creator   {self.remote.key.address}",
            f"  chain     {self.remote.chain_id}",
            f"  gateway   {shown(self.remote.url)}",
        )

    def ask(self, question: str) -> None:
        """Ask, unless --yes."""
        if not self.yes:
            ask(question)

    def bring(self, bringing: Bringing) -> None:
        """Bring what is lacking: whatever is published afterwards is all there.

        Raises:
            StorageError: the gateway refuses or cannot be reached, or files cannot be read or have changed.
        """
        with progress_bar("Bringing", goes_on=True) as progress:
            bring(self.remote, bringing.missing, progress=progress)

    def result(self, fields: Mapping[str, Json], bringing: Bringing, told: str) -> None:
        """Print what came of it."""
        record = self.request.record
        if not self.as_json:
            print_lines(f"{told} Its record is in {shown(str(record))}.")
            return
        sent = {"sentCount": len(bringing.missing), "sentBytes": bringing.size}
        print_json({**fields, "gateway": self.remote.url, **sent, "record": str(record)})


def here(remote: Remote, record: Path) -> list[Registration]:
    """Return what a record says was registered, or signed for that, where a gateway is."""
    place = (remote.chain_id, stated_domain("DatasetRegistry", remote.chain_id).contract)
    return [it for it in read_registrations(record) if (it.chain_id, it.registry) == place]
