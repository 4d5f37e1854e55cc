"""What the tests of `dataset` register: an album, as most of them need it."""

from __future__ import annotations

from pathlib import Path

from audiera.cli.dataset.new_dataset import NewDataset
from audiera.cli.dataset.versions import NextVersion
from audiera.dataset.request import DatasetRequest
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent
from audiera.storage import Store
from tests.cli.conftest import Album

DATE = "2026-03-01"

__all__ = ["DATE", "changed", "new"]


def new(
    album: Album,
    *,
    kind: Kind = Kind.Recordings,
    parents: tuple[Parent, ...] = (),
    store: Store | None = None,
    synthetic: bool = False,
    again: bool = False,
    **told: object,
) -> NewDataset:
    request = DatasetRequest(folder=album.folder, contributors=album.contributors, kind=kind, date=DATE, **told)  # type: ignore[arg-type]  # as each test tells it
    return NewDataset(request=request, parents=parents, store=store, synthetic=synthetic, again=again)


def changed(
    album: Album, dataset: int = 1, *, contributors: Path | None = None, store: Store | None = None
) -> NextVersion:
    request = DatasetRequest(folder=album.folder, contributors=contributors, date=DATE)
    return NextVersion(dataset=dataset, request=request, store=store)
