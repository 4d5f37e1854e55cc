"""`dataset register --store` and `dataset verify --store`: the files of a dataset where a buyer gets them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import click
import pytest

from audiera.cli.dataset import croissant as dataset_croissant
from audiera.cli.dataset import register as dataset_register
from audiera.cli.dataset import verify as dataset_verify
from audiera.cli.dataset import versions as dataset_versions
from audiera.cli.dataset.offers import plan_offers
from audiera.cli.folder.request import prepare_folder
from audiera.errors import InputError, StorageError
from audiera.protocol.splits import Split, payee_of
from audiera.storage import Store
from audiera.storage.objects import object_name
from tests.cli.conftest import Album, Sessions
from tests.cli.works import changed, new
from tests.support.music import row_at, write_tone

Out = pytest.CaptureFixture[str]


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


@pytest.fixture
def store(shelf: Path) -> Store:
    return Store.open(str(shelf))


def test_a_stored_dataset_is_proven_without_its_folder(
    pair: Album, session: Sessions, store: Store, capsys: Out
) -> None:
    label = session("label", as_json=True)
    dataset_register.register(label, new(pair, store=store), ())
    printed = capsys.readouterr()

    dataset_verify.verify(session("fan", as_json=True), 1, None, store=store)

    found = json.loads(capsys.readouterr().out)
    assert (found["holds"], found["itemCount"], found["differences"]) == (True, 3, [])
    assert f"Stored 6 files in {store.url}" in printed.err


def test_a_flipped_bit_in_a_store_is_found_and_its_file_named(
    pair: Album, session: Sessions, store: Store, shelf: Path, capsys: Out
) -> None:
    label = session("label")
    dataset_register.register(label, new(pair, store=store), ())
    prepared = prepare_folder(new(pair).request)[0]
    path = shelf / object_name(row_at(prepared.rows, "b.ogg").item.sha256)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    capsys.readouterr()

    with pytest.raises(click.exceptions.Exit) as ended:
        dataset_verify.verify(session("fan", as_json=True), 1, None, store=store)

    found = json.loads(capsys.readouterr().out)
    assert ended.value.exit_code == 1
    assert found["holds"] is False
    (difference,) = found["differences"]
    assert difference.startswith("store: b.ogg")


def test_a_number_of_items_that_the_files_are_not_is_told(
    pair: Album, session: Sessions, store: Store, capsys: Out
) -> None:
    """AUD-S12"""
    label = session("label")
    dataset_register.register(label, new(pair, store=store), ())
    shutil.rmtree(new(pair).request.record)
    boast = replace(label.client.datasets.content(1, 1), item_count=1_000_000)
    label.signing_client().datasets.register(boast, Split.of({payee_of(label.me): 1_000_000}))
    capsys.readouterr()

    def told(folder: Path | None, of: Store | None) -> list[str]:
        with pytest.raises(click.exceptions.Exit):
            dataset_verify.verify(session("fan", as_json=True), 2, folder, store=of)
        found: list[str] = json.loads(capsys.readouterr().out)["differences"]
        return found

    by_store = told(None, store)
    by_folder = told(pair.folder, store)
    alone = told(pair.folder, None)

    assert by_store == ["store: The item table has 3 items, and 1,000,000 are registered; trust neither."]
    assert by_folder == ["items: the chain has 1000000, the record 3", *by_store]
    assert alone[1:] == ["items: the chain has 1000000, the folder 3"]


def test_folder_and_store_are_proven_together(
    pair: Album, session: Sessions, store: Store, shelf: Path, capsys: Out
) -> None:
    dataset_register.register(session("label"), new(pair, store=store), ())
    manifest = prepare_folder(new(pair).request)[0].manifest_digest
    (shelf / object_name(manifest)).unlink()
    capsys.readouterr()

    with pytest.raises(click.exceptions.Exit):
        dataset_verify.verify(session("fan", as_json=True), 1, pair.folder, store=store)

    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert difference.startswith("store: The manifest: ")


def test_verifying_nothing_is_refused(pair: Album, session: Sessions) -> None:
    dataset_register.register(session("label"), new(pair), ())

    with pytest.raises(InputError) as refused:
        dataset_verify.verify(session("fan"), 1, None)

    assert str(refused.value) == (
        "Say what to prove: the FOLDER that was registered, or with --store where its files are kept."
    )


def test_the_next_version_brings_only_what_is_new(pair: Album, session: Sessions, store: Store, capsys: Out) -> None:
    label = session("label", as_json=True)
    dataset_register.register(label, new(pair, store=store), ())
    write_tone(pair.folder / "d.flac", hertz=660)
    capsys.readouterr()

    dataset_versions.publish(label, changed(pair, store=store))

    printed = capsys.readouterr()
    assert "Stored 4 files in" in printed.err  # the new file, the item table, the waveforms and the manifest
    assert "; 3 were there." in printed.err
    dataset_verify.verify(label, 1, None, store=store)
    assert json.loads(capsys.readouterr().out)["version"] == 2


def test_nothing_is_stored_unless_the_user_agrees(pair: Album, session: Sessions, store: Store, shelf: Path) -> None:
    with pytest.raises(InputError, match="There is no terminal to ask in"):
        dataset_register.register(session("label", yes=False), new(pair, store=store), ())

    assert not shelf.exists() or not [path for path in shelf.rglob("*") if path.is_file()]
    assert session("label").client.datasets.dataset_count() == 0


def test_the_croissant_view_has_the_offers_in_force(pair: Album, session: Sessions, store: Store, capsys: Out) -> None:
    label = session("label")
    offers = plan_offers(label, ["training"], ["5 USDC"], [], "perpetual")
    dataset_register.register(label, new(pair, store=store), offers)
    capsys.readouterr()

    dataset_croissant.croissant(session("fan"), 1, None, store=store, out=None)
    by_store = capsys.readouterr().out
    dataset_croissant.croissant(session("fan"), 1, pair.folder, store=None, out=None)
    by_record = capsys.readouterr().out

    found = json.loads(by_store)
    assert by_record == by_store
    assert found["name"] == "Tones"
    assert [it["odrl:uid"] if "odrl:uid" in it else it["@id"] for it in found["usageInfo"]] == [
        f"eip155:{label.client.chain_id}:{label.client.licenses.address}/offers/1/0x{offers[0].terms.id().hex()}"
    ]
    assert found["cawg.training-mining"]["entries"]["cawg.ai_training"]["use"] != "allowed"


def test_the_croissant_view_needs_to_know_where_the_manifest_is(pair: Album, session: Sessions) -> None:
    dataset_register.register(session("label"), new(pair), ())

    with pytest.raises(InputError) as refused:
        dataset_croissant.croissant(session("fan"), 1, None, store=None, out=None)

    assert str(refused.value) == "Say where the manifest is: the FOLDER that was registered, or --store URL."


def test_a_folder_without_its_record_is_proven_with_the_store_that_has_it(
    pair: Album, session: Sessions, store: Store, capsys: Out
) -> None:
    label = session("label")
    dataset_register.register(label, new(pair, store=store), ())
    shutil.rmtree(new(pair).request.record)
    capsys.readouterr()

    dataset_verify.verify(session("fan", as_json=True), 1, pair.folder, store=store)
    proven = json.loads(capsys.readouterr().out)
    with pytest.raises(click.exceptions.Exit):
        dataset_verify.verify(session("fan", as_json=True), 1, pair.folder)
    alone = json.loads(capsys.readouterr().out)

    assert (proven["holds"], proven["differences"]) == (True, [])
    (difference,) = alone["differences"]
    assert difference.startswith("record: ")
    assert difference.endswith(
        "; name the folder that was registered, or say where its record is with --out, or name the store that has it "
        "with --store."
    )
    assert not new(pair).request.record.exists()


def test_a_store_that_is_not_there_is_not_told_as_one_that_lacks_a_manifest(pair: Album, session: Sessions) -> None:
    dataset_register.register(session("label"), new(pair), ())
    store = Store.open(str(pair.folder.with_name("mistyped")))

    with pytest.raises(StorageError) as refused:
        dataset_verify.verify(session("fan"), 1, None, store=store)

    assert str(refused.value) == f"There is no store at {store.url}; check its name."


def test_the_croissant_view_is_of_the_version_that_is_asked_for(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())
    write_tone(pair.folder / "new.flac", hertz=990)
    dataset_versions.publish(label, changed(pair))
    capsys.readouterr()

    dataset_croissant.croissant(session("fan"), 1, pair.folder, store=None, version=1)
    first = json.loads(capsys.readouterr().out)
    dataset_croissant.croissant(session("fan"), 1, pair.folder, store=None)
    newest = json.loads(capsys.readouterr().out)
    with pytest.raises(InputError) as refused:
        dataset_croissant.croissant(session("fan"), 1, pair.folder, store=None, version=3)

    assert (first["version"], newest["version"]) == ("1.0.0", "2.0.0")
    assert str(refused.value) == "Dataset 1 has versions 1 to 2 and no 3; choose one of them."
