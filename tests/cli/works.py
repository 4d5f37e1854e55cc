"""What the tests of `dataset` register: an album, as most of them need it."""

from __future__ import annotations

from audiera.cli.dataset.registering import NewDataset
from audiera.cli.dataset.versions import NextVersion
from audiera.cli.folder.folder_options import FolderAsked
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
    asked = FolderAsked(folder=album.folder, contributors=album.contributors, kind=kind.name.lower(), date=DATE, **told)  # type: ignore[arg-type]  # as each test tells it
    return NewDataset(asked=asked, parents=parents, store=store, synthetic=synthetic, again=again)


def changed(album: Album, dataset: int = 1, **told: object) -> NextVersion:
    return NextVersion(dataset=dataset, folder=album.folder, date=DATE, **told)  # type: ignore[arg-type]  # the same
