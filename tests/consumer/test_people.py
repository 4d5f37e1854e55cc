"""Contributors who are too many for a manifest: their list is brought, kept, and taken into the folder of a run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from audiera.consumer.papers import bring_people
from audiera.consumer.version import Version
from audiera.credits.people import Party
from audiera.errors import InputError, StorageError
from audiera.manifest import Description, build_documents
from audiera.protocol import Item, Metadata, TableRow
from audiera.runs import RunFolder
from tests.support.consumer import run
from tests.support.training import Trained

METADATA = Metadata(path="a.flac", media_type="audio/flac", duration_ms=1_500)
ROW = TableRow(Item.of(bytes(32), 1_000, METADATA), METADATA)
MANY = tuple(Party(f"P{number}") for number in range(1_001))
MADE = build_documents(
    Description(name="Choir", description="Sung.", creators=(Party("Ada"),), date="2026-03-01", contributors=MANY),
    (ROW,),
)
PEOPLE = MADE.files["contributors.json"]


class Shop:
    """Answers documents by their hash, or not at all."""

    def __init__(self, *documents: bytes) -> None:
        self.documents = {hashlib.sha256(it).digest(): it for it in documents}
        self.asked = 0

    def document(self, digest: bytes, most: int) -> bytes:
        self.asked += 1
        if digest not in self.documents:
            raise StorageError("It is not here.")
        return self.documents[digest][:most]


def brought(folder: Path, shop: Shop) -> bytes | None:
    version = Version(3, 1, "Choir", MADE.tree.root, MADE.manifest, MADE.files["items.json"], (ROW,))
    bring_people(folder, version, shop)  # type: ignore[arg-type]  # all of a remote that it takes
    path = folder / "dataset-3.contributors.json"
    return path.read_bytes() if path.exists() else None


def test_a_list_of_contributors_is_brought_once_and_a_gateway_without_it_is_passed_over(tmp_path: Path) -> None:
    shop = Shop(PEOPLE)

    without = brought(tmp_path, Shop())
    first, again = brought(tmp_path, shop), brought(tmp_path, shop)

    assert (without, first, again, shop.asked) == (None, PEOPLE, PEOPLE, 1)


def test_a_run_takes_the_papers_of_a_pull_and_none_that_is_another(trained: Trained, tmp_path: Path) -> None:
    music, dataset = trained.asking.folder, trained.asking.venue.dataset
    (music / f"dataset-{dataset}.manifest.json").write_bytes(MADE.manifest)
    (music / f"dataset-{dataset}.items.jsonl").write_bytes(MADE.files["items.json"])
    listed = music / f"dataset-{dataset}.contributors.json"
    listed.write_bytes(PEOPLE)

    taken = run(*trained.new(tmp_path / "one"))
    listed.write_bytes(PEOPLE + b" ")
    refused = run(*trained.new(tmp_path / "two"))
    listed.unlink()
    without = run(*trained.new(tmp_path / "three"))

    folders = [RunFolder(tmp_path / it) for it in ("one", "three")]
    (used,) = folders[0].run().datasets
    assert (taken.exit_code, refused.exit_code, without.exit_code) == (0, 1, 0)
    assert [it.contributors(used) for it in folders] == [PEOPLE, None]
    assert "is not what its manifest names; pull it again" in refused.output
    assert not (tmp_path / "two" / "run.json").exists()
    with pytest.raises(InputError, match="has a run already"):
        folders[0].write(folders[0].run(), folders[0].served(), (), ())
