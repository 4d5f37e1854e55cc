"""Contributors who are too many for a manifest: their list is brought, kept, and taken into the folder of a run."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audiera.consumer.papers import bring_people
from audiera.consumer.version import Version
from audiera.credits.people import Party
from audiera.errors import InputError, StorageError
from audiera.manifest import Description, build_documents
from audiera.protocol import Item, Metadata, TableRow
from audiera.runs import RunFolder
from audiera.storage import ObjectError
from tests.support.consumer import Asking, result_of, run
from tests.support.gateway import Payer
from tests.support.training import Trained

METADATA = Metadata(path="a.flac", media_type="audio/flac", duration_ms=1_500)
ROW = TableRow(Item.of(bytes(32), 1_000, METADATA), METADATA)
MANY = tuple(Party(f"P{number:0>100}") for number in range(1_001))
MADE = build_documents(
    Description(name="Choir", description="Sung.", creators=(Party("Ada"),), date="2026-03-01", contributors=MANY),
    (ROW,),
)
PEOPLE = MADE.files["contributors.json"]


class Shop:
    """Answers documents by their hash, or not at all, or breaks off after some bytes."""

    url = "http://shop"

    def __init__(self, *documents: bytes, most: int = 1 << 30) -> None:
        self.documents = {hashlib.sha256(it).hexdigest(): it for it in documents}
        self.asked: list[int] = []
        self.most = most

    def blocks(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        self.asked.append(start)
        if (found := self.documents.get(path.rpartition("/")[2])) is None:
            raise ObjectError("It is not here.")
        yield found[start : min(stop, start + self.most)]
        if stop - start > self.most:
            raise StorageError("The line broke.")


def brought(folder: Path, shop: Shop) -> bytes | None:
    version = Version(3, 1, "Choir", MADE.tree.root, MADE.manifest, MADE.files["items.json"], (ROW,))
    bring_people(folder, version, shop)  # type: ignore[arg-type]  # all of a remote that it takes
    path = folder / "dataset-3.contributors.json"
    return path.read_bytes() if path.exists() else None


def test_a_list_of_contributors_is_brought_once_and_a_gateway_without_it_is_passed_over(tmp_path: Path) -> None:
    shop = Shop(PEOPLE)

    without = brought(tmp_path, Shop())
    first, again = brought(tmp_path, shop), brought(tmp_path, shop)

    assert (without, first, again, shop.asked) == (None, PEOPLE, PEOPLE, [0])
    assert [it.name for it in tmp_path.glob(".*")] == []


def test_a_list_that_broke_off_is_gone_on_with(tmp_path: Path) -> None:
    shop = Shop(PEOPLE, most=70_000)

    assert [brought(tmp_path, shop), brought(tmp_path, shop)] == [None, PEOPLE]
    assert shop.asked == [0, 1 << 16]


def test_a_list_that_is_another_or_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    liar = Shop()
    liar.documents[hashlib.sha256(PEOPLE).hexdigest()] = PEOPLE[::-1]

    other = brought(tmp_path, liar)
    monkeypatch.setattr("audiera.consumer.papers._PEOPLE", len(PEOPLE) - 1)
    long = brought(tmp_path, shop := Shop(PEOPLE))

    assert (other, long, shop.asked) == (None, None, [])
    assert [it.name for it in tmp_path.glob(".*")] == []


def test_a_folder_that_takes_no_list_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("audiera.storage.fetching.os.fsync", full)

    with pytest.raises(StorageError, match="cannot be written"):
        brought(tmp_path, Shop(PEOPLE))


def test_the_list_is_asked_for_after_the_files(
    asking: Asking, payer: Payer, words: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    there: list[list[str]] = []
    monkeypatch.setattr("audiera.consumer.pulling.bring_people", lambda *_: there.append(asking.files()))

    result_of(run(*words(payer.server.url)))

    assert there == [asking.all]


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
