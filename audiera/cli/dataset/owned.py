"""`dataset list`: what an account owns now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from eth_typing import ChecksumAddress

from audiera.cli.terminal.documents import dataset_json, shares_json
from audiera.cli.terminal.output import print_json, print_lines, print_table
from audiera.cli.terminal.session import Session
from audiera.client import Dataset
from audiera.dataset import find_manifest
from audiera.operations import offers_in_force
from audiera.protocol import DatasetFlag, Parent, cid_of
from audiera.text import Json, plain

__all__ = ["list_owned"]


@dataclass(frozen=True, slots=True)
class _Owned:
    """A dataset as a line of the list."""

    dataset: int
    state: Dataset
    name: str | None
    """What its newest manifest calls it; None if nobody here has seen that."""
    manifest: bytes
    parents: tuple[Parent, ...]
    offers: int
    """How many are in force."""

    @classmethod
    def read(cls, session: Session, dataset: int, records: Path, offers: int) -> _Owned:
        datasets = session.client.datasets
        state = datasets.dataset_of(dataset)
        _, manifest = datasets.content_of(dataset, state.version)
        parents = datasets.parents(dataset) if state.flags & DatasetFlag.Derived else ()
        return cls(dataset, state, _name(session, records, manifest), manifest, parents, offers)

    def row(self) -> tuple[object, ...]:
        """Return it as people read it."""
        return (
            self.dataset,
            "-" if self.name is None else plain(self.name),
            f"{self.state.kind.name}{', synthetic' if self.state.flags & DatasetFlag.Synthetic else ''}",
            self.state.version,
            f"{datetime.fromtimestamp(self.state.registered_at, UTC):%Y-%m-%d}",
            ", ".join(str(it.dataset) for it in self.parents) or "-",
            self.offers,
        )

    def json(self) -> dict[str, Json]:
        """Return it for programs."""
        return {
            **dataset_json(self.dataset, None if self.name is None else plain(self.name), self.state),
            "version": self.state.version,
            "manifest": cid_of(self.manifest),
            "parents": shares_json(self.parents),
            "offerCount": self.offers,
        }


def list_owned(session: Session, owner: ChecksumAddress, records: Path) -> None:
    """Print the datasets that an account owns now, whoever registered them.

    Args:
        session: who looks.
        owner: the account.
        records: a folder whose records know the names of datasets, besides those that were seen before.
    """
    client = session.client
    numbers = client.datasets.held_by(owner)
    in_force = offers_in_force(client, session.book, datasets=numbers) if numbers else ()
    offers = Counter(it.dataset for it in in_force)
    owned = [_Owned.read(session, it, records, offers[it]) for it in numbers]
    if session.as_json:
        print_json({"owner": owner, "chainId": client.chain_id, "datasets": [it.json() for it in owned]})
    elif owned:
        columns = ("dataset", "name", "kind", "version", "registered", "made from", "offers")
        title = f"Datasets of {owner} on chain {client.chain_id}:"
        right = ("dataset", "version", "offers")
        print_table(columns, [it.row() for it in owned], title=title, right=right, err=False)
    else:
        print_lines(f"{owner} owns no dataset on chain {client.chain_id}.")


def _name(session: Session, records: Path, manifest: bytes) -> str | None:
    if session.names.by_manifest(manifest) is None and (found := find_manifest(records, manifest)):
        session.names.keep(found)
    return session.names.by_manifest(manifest)
