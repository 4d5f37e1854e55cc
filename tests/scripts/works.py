"""What the tests of `dataset` register: an album, as most of them need it."""

from __future__ import annotations

from audiera.cli.dataset_register import NewDataset
from tests.scripts.conftest import Album

DATE = "2026-03-01"

__all__ = ["DATE", "new"]


def new(album: Album, **told: object) -> NewDataset:
    return NewDataset(folder=album.folder, contributors=album.contributors, date=DATE, **told)  # type: ignore[arg-type]  # as each test tells it
