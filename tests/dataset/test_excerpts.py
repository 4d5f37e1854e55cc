"""What a creator lets anyone hear: made when asked for, kept, named in the manifest, open where items are sealed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from audiera.dataset import excerpts, pack, prepare, prepare_parts, prepare_version, prove_stored
from audiera.dataset.record import load_version, store_version
from audiera.dataset.request import DatasetRequest
from audiera.manifest import preview_mark, read_previews
from audiera.storage import Store, survey
from tests.support.music import ADA, BEN, write_album, write_contributors, write_tone

KEY = bytes(range(32))


@pytest.fixture
def request_(tmp_path: Path) -> DatasetRequest:
    folder = write_album(tmp_path / "Harbour Lights")
    people = write_contributors(tmp_path / "people.csv", "name,address,share", f"Ada,{ADA},100 %")
    return DatasetRequest(folder=folder, date="2026-03-01", contributors=people, preview=True)


def test_every_item_has_one_that_is_named_in_the_manifest(request_: DatasetRequest) -> None:
    prepared = prepare(request_)

    named = read_previews(prepared.documents.files["previews.json"])
    assert [it.item for it in named] == sorted(row.item.sha256 for row in prepared.rows)
    assert {it.duration_ms for it in named} == {250, 500, 750}
    assert b'"@id":"previews.json"' in prepared.manifest
    for it in prepared.excerpts:
        data = it.source.read_bytes()
        assert data.startswith(preview_mark(it.preview.item))
        assert len(data) == it.preview.size
    assert prepare(replace(request_, preview=None)).excerpts == ()
    assert prepare(replace(request_, preview=None)).content_root == prepared.content_root


def test_they_are_made_once(request_: DatasetRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepare(request_)
    monkeypatch.setattr(excerpts, "excerpt_apart", None)  # nothing is made any more

    assert prepare(request_).manifest == first.manifest


def test_one_that_is_not_of_the_item_is_made_anew(request_: DatasetRequest) -> None:
    first = prepare(request_)
    first.excerpts[0].source.write_bytes(b"another sound")

    assert prepare(request_).manifest == first.manifest


def test_they_lie_open_in_a_store_that_seals_items(request_: DatasetRequest, tmp_path: Path) -> None:
    prepared, store = prepare(request_), Store.open(str(tmp_path / "store"), KEY)

    pack([prepared], request_.record, store, survey(store, prepared.objects))

    visitor = Store.open(str(tmp_path / "store"))
    for it in prepared.excerpts:
        assert visitor.get(it.preview.sha256, it.preview.size) == it.source.read_bytes()
    assert len(list((tmp_path / "store").rglob("*.sealed"))) == 3
    assert prove_stored(store, prepared.manifest_digest) == ()
    assert load_version(request_.record, prepared.manifest_digest).is_heard


@pytest.mark.parametrize(("asked", "heard"), [(None, 4), (True, 4), (False, 0)])
def test_a_version_is_heard_as_the_one_before_unless_told(
    request_: DatasetRequest, asked: bool | None, heard: int
) -> None:
    first = prepare(request_)
    store_version(request_.record, first.documents)
    before = load_version(request_.record, first.manifest_digest)
    write_tone(request_.folder / "d.wav", hertz=550)

    second = prepare_version(replace(request_, preview=asked), before, version=2)

    assert len(second.excerpts) == heard
    assert ("previews.json" in second.documents.files) is (heard > 0)


def test_each_part_of_a_folder_has_those_of_its_own_items(request_: DatasetRequest, tmp_path: Path) -> None:
    rows = (f"a.flac,Ada,{ADA},composer", f"b.ogg,Ben,{BEN},composer", f"side 2/c.wav,Ben,{BEN},composer")
    people = write_contributors(tmp_path / "files.csv", "file,name,address,role", *rows)

    parts = prepare_parts(replace(request_, contributors=people, group_by="contributors"))

    assert [len(it.excerpts) for it in parts] == [1, 2]
    assert [len(json.loads(it.documents.files["previews.json"])) for it in parts] == [1, 2]
