import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

from audiera.credits.divide import ShareRule
from audiera.dataset.prepare import Prepared, prepare
from audiera.dataset.request import DatasetRequest
from audiera.dataset.storeproof import prove_stored
from audiera.errors import StorageError
from audiera.manifest.documents import build_documents
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.table import TableRow
from audiera.storage import Store, upload
from audiera.storage.objects import object_name
from audiera.work.progress import Progress
from tests.support.music import ADA, write_album, write_contributors
from tests.support.storage import Raw, noise, stored

Open: TypeAlias = Callable[[bytes | None], Store]
PNG = b"\x89PNG\r\n\x1a\n and the rest"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """An album of three tones with a cover."""
    folder = tmp_path_factory.mktemp("proof")
    (folder / "cover.png").write_bytes(PNG)
    people = write_contributors(folder / "people.csv", "name,address", f"Ada,{ADA}")
    album = write_album(folder / "Harbour Lights")
    cover = folder / "cover.png"
    return prepare(
        DatasetRequest(folder=album, date="2026-03-01", contributors=people, rule=ShareRule.EQUAL, cover=cover)
    )


def named(prepared: Prepared, name: str) -> bytes:
    """Returns the sha-256 of an item or a document."""
    if name == "manifest":
        return prepared.manifest_digest
    if name in prepared.documents.files:
        return stored(prepared.documents.files[name]).sha256
    return next(row.item.sha256 for row in prepared.rows if row.metadata.path == name)


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_a_dataset_is_proven_from_the_store_alone(
    open_store: Open, key: bytes, prepared: Prepared, *, sealed: bool
) -> None:
    store = open_store(key if sealed else None)
    upload(store, prepared.objects)
    seen: list[Progress] = []

    problems = prove_stored(store, prepared.manifest_digest, progress=seen.append)

    assert problems == ()
    assert (seen[-1].files, seen[-1].total_files) == (5, 5)
    assert (
        seen[-1].bytes
        == seen[-1].total_bytes
        == prepared.scan.size + len(PNG) + len(prepared.documents.files["peaks.bin"])
    )


def test_every_missing_or_damaged_object_is_named(store: Store, raw: Raw, prepared: Prepared) -> None:
    """AUD-A47"""
    upload(store, [it for it in prepared.objects if it.sha256 != named(prepared, "a.flac")])
    for name in ("cover.png", "side 2/c.wav"):
        raw.flip(object_name(named(prepared, name)), 5)

    problems = prove_stored(store, prepared.manifest_digest)

    place = {it: f"{store.url}/{object_name(named(prepared, it))}" for it in ("cover.png", "a.flac", "side 2/c.wav")}
    damaged = "is damaged: it is not what it is named by; store it again from the folder it came from"
    assert problems == (
        f"cover.png: {place['cover.png']} {damaged} (`audiera pack FOLDER --recheck`).",
        f"a.flac: {place['a.flac']} is missing; store it from the folder it came from (`audiera pack FOLDER`).",
        f"side 2/c.wav: {place['side 2/c.wav']} {damaged} (`audiera pack FOLDER --recheck`).",
    )


@pytest.mark.parametrize(("name", "told"), [("manifest", "The manifest: "), ("items.json", "The item table: ")])
def test_without_what_names_the_items_nothing_is_proven(
    tmp_path: Path, prepared: Prepared, name: str, told: str
) -> None:
    store = Store.open(str(tmp_path / "store"))
    upload(store, [it for it in prepared.objects if it.sha256 != named(prepared, name)])

    problems = prove_stored(store, prepared.manifest_digest)

    place = f"{store.url}/{object_name(named(prepared, name))}"
    assert problems == (f"{told}{place} is missing; store it from the folder it came from (`audiera pack FOLDER`).",)


def test_a_digest_of_something_else_is_no_manifest(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "store"))
    upload(store, [stored(b"a song")])

    (problem,) = prove_stored(store, stored(b"a song").sha256)

    assert problem.startswith("The manifest cannot be read")


def test_sealed_items_are_not_called_damaged_for_want_of_the_key(
    tmp_path: Path, key: bytes, prepared: Prepared
) -> None:
    upload(Store.open(str(tmp_path / "store"), key), prepared.objects)

    with pytest.raises(StorageError, match=r"is sealed; name the file of the key it was sealed with \(--key FILE\)\."):
        prove_stored(Store.open(str(tmp_path / "store")), prepared.manifest_digest)


def test_a_size_that_is_not_the_items_is_told(tmp_path: Path, prepared: Prepared) -> None:
    first, *others = prepared.rows
    stretched = replace(first, item=replace(first.item, size=first.item.size + 1))
    documents = build_documents(prepared.description, [stretched, *others])
    store = Store.open(str(tmp_path / "store"))
    papers = [stored(data, private=False) for data in (*documents.files.values(), documents.manifest)]
    upload(store, [*prepared.objects, *papers])

    problems = prove_stored(store, documents.digest)

    size = first.item.size
    assert problems == (f"a.flac: it has {size:,} bytes, not {size + 1:,} as stated; trust neither.",)


def test_nothing_is_read_beyond_the_size_that_is_stated_of_it(tmp_path: Path, prepared: Prepared) -> None:
    """AUD-S4"""
    store = Store.open(str(tmp_path / "store"))
    upload(store, prepared.objects)
    sizes = {"a.flac": next(row.item.size for row in prepared.rows if row.metadata.path == "a.flac"), "cover.png": 21}
    for name in sizes:
        os.truncate(tmp_path / "store" / object_name(named(prepared, name)), 1 << 40)
    seen: list[Progress] = []

    problems = prove_stored(store, prepared.manifest_digest, progress=seen.append)

    place = {name: f"{store.url}/{object_name(named(prepared, name))}" for name in sizes}
    rest = "and is not read; store it again from the folder it came from (`audiera pack FOLDER`)."
    assert problems == tuple(
        f"{name}: {place[name]} has 1,099,511,627,776 bytes, where {sizes[name]:,} at most belong, {rest}"
        for name in ("cover.png", "a.flac")
    )
    waveforms = len(prepared.documents.files["peaks.bin"])
    assert seen[-1].bytes == prepared.scan.size - sizes["a.flac"] + waveforms


@pytest.mark.parametrize(("name", "told"), [("manifest", "The manifest: "), ("items.json", "The item table: ")])
def test_a_manifest_and_a_table_end_where_they_must(tmp_path: Path, prepared: Prepared, name: str, told: str) -> None:
    """AUD-S4"""
    store = Store.open(str(tmp_path / "store"))
    upload(store, prepared.objects)
    most = 1 << 20 if name == "manifest" else len(prepared.documents.table)
    os.truncate(tmp_path / "store" / object_name(named(prepared, name)), most + 1)

    problem, *_ = prove_stored(store, prepared.manifest_digest)

    assert problem.startswith(f"{told}{store.url}/{object_name(named(prepared, name))} has {most + 1:,} bytes, where ")


def test_an_object_that_many_items_are_is_read_once(tmp_path: Path, prepared: Prepared) -> None:
    """AUD-S5"""
    song = stored(noise(1 << 16))
    facts = [Metadata(path=f"{number:03}.wav", media_type="audio/wav", duration_ms=1) for number in range(100)]
    rows = [TableRow(Item.of(song.sha256, song.size, it), it) for it in facts]
    documents = build_documents(prepared.description, rows)
    store = Store.open(str(tmp_path / "store"))
    upload(store, [song, *(stored(it, private=False) for it in (*documents.files.values(), documents.manifest))])
    seen: list[Progress] = []

    problems = prove_stored(store, documents.digest, items=100, progress=seen.append)

    assert problems == ()
    assert seen[-1] == Progress(files=1, total_files=1, bytes=1 << 16, total_bytes=1 << 16)


def test_items_of_one_object_and_several_sizes_are_told(tmp_path: Path, prepared: Prepared) -> None:
    """AUD-S5"""
    song = stored(noise(1_000))
    one, other = (Metadata(path=it, media_type="audio/wav", duration_ms=1) for it in ("a.wav", "b.wav"))
    rows = [TableRow(Item.of(song.sha256, 1_000, one), one), TableRow(Item.of(song.sha256, 1 << 60, other), other)]
    documents = build_documents(prepared.description, rows)
    store = Store.open(str(tmp_path / "store"))
    upload(store, [song, *(stored(it, private=False) for it in (*documents.files.values(), documents.manifest))])

    problems = prove_stored(store, documents.digest)

    assert problems == (f"b.wav: it is stated to have {1 << 60:,} bytes, and a.wav, the same, 1,000.",)


@pytest.mark.parametrize("items", [1, 1_000_000])
def test_another_number_of_items_than_is_registered_is_told(tmp_path: Path, prepared: Prepared, items: int) -> None:
    """AUD-S12"""
    store = Store.open(str(tmp_path / "store"))
    upload(store, prepared.objects)

    problems = prove_stored(store, prepared.manifest_digest, items=items)

    assert problems == (f"The item table has 3 items, and {items:,} are registered; trust neither.",)


def test_a_content_root_of_other_items_is_told(tmp_path: Path, prepared: Prepared) -> None:
    other = prepared.manifest.replace(prepared.content_root.hex().encode(), b"ab" * 32)
    store = Store.open(str(tmp_path / "store"))
    upload(store, [*prepared.objects, stored(other, private=False)])

    problems = prove_stored(store, stored(other).sha256)

    assert problems == ("The manifest names another content root than its items have; trust neither.",)
