"""A folder as `audiera pull` leaves it, without a chain or a gateway."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from audiera.consumer.papers import write_papers
from audiera.consumer.version import Version
from audiera.protocol import ContentTree, Item, Metadata, TableRow, write_table
from tests.support.music import write_tone

__all__ = ["add_sounds", "pull_rows"]


def add_sounds(folder: Path, count: int, *, dataset: int = 1, number: int = 1, frames: int = 400) -> list[TableRow]:
    """Puts a dataset of so many tones into a folder that was pulled."""
    rows = []
    for each in range(count):
        path = f"tone {each:03}.wav"
        file = write_tone(folder / f"dataset-{dataset}" / path, hertz=100 + each, frames=frames)
        facts = {"title": f"Tone {each}", "artists": ("Ada Moreau", "Bo"), "duration_ms": 50}
        rows.append(_row(file, Metadata(path=path, media_type="audio/wav", **facts)))  # type: ignore[arg-type]
    return pull_rows(folder, rows, dataset=dataset, number=number)


def pull_rows(folder: Path, rows: Sequence[TableRow], *, dataset: int = 1, number: int = 1) -> list[TableRow]:
    """Writes the papers of a dataset whose files are there."""
    root = ContentTree.of(it.item for it in rows).root
    version = Version(dataset, number, "Tones", root, b"{}", write_table(rows), tuple(rows))
    write_papers(folder, version, {})
    return sorted(rows, key=lambda it: it.metadata.path)


def _row(file: Path, metadata: Metadata) -> TableRow:
    data = file.read_bytes()
    return TableRow(Item.of(hashlib.sha256(data).digest(), len(data), metadata), metadata)
