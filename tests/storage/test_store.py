import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from audiera.errors import StorageError
from audiera.storage import ObjectError, Store
from audiera.storage.bucket import AT_ONCE
from audiera.storage.objects import object_name
from audiera.storage.sealing import CHUNK, sealed_size
from tests.support.storage import Raw, noise, stored

Open: TypeAlias = Callable[[bytes | None], Store]


@pytest.mark.parametrize("size", [0, 1, AT_ONCE + 5])
def test_an_object_is_stored_as_it_is_under_its_hash(store: Store, raw: Raw, size: int) -> None:
    data = noise(size)
    name = hashlib.sha256(data).hexdigest()

    assert store.put(stored(data)) is True

    assert raw.names() == [f"sha256/{name[:2]}/{name}"]
    assert raw.read(f"sha256/{name[:2]}/{name}") == data
    assert store.get(hashlib.sha256(data).digest(), len(data)) == data


@pytest.mark.parametrize("size", [0, CHUNK, 3 * CHUNK + 5])
def test_a_private_object_is_stored_sealed_where_there_is_a_key(sealed_store: Store, raw: Raw, size: int) -> None:
    data = noise(size)
    name = hashlib.sha256(data).hexdigest()

    assert sealed_store.put(stored(data)) is True

    assert raw.names() == [f"sha256/{name[:2]}/{name}.sealed"]
    found = raw.read(f"sha256/{name[:2]}/{name}.sealed")
    assert len(found) == sealed_size(size)
    assert not size or data[:16] not in found
    assert sealed_store.get(hashlib.sha256(data).digest(), len(data)) == data


def test_what_all_may_read_stays_plain_beside_sealed_objects(sealed_store: Store, open_store: Open, raw: Raw) -> None:
    manifest, music = stored(b"{}", private=False), stored(noise(10))

    sealed_store.put(manifest)
    sealed_store.put(music)

    assert raw.names() == sorted([object_name(manifest.sha256), object_name(music.sha256, sealed=True)])
    assert open_store(None).get(manifest.sha256, manifest.size) == b"{}"


def test_an_object_that_is_there_is_not_written_again(store: Store, raw: Raw) -> None:
    thing = stored(noise(1_000))
    store.put(thing)
    raw.flip(object_name(thing.sha256), 500)

    assert store.put(thing) is False

    with pytest.raises(ObjectError):
        store.get(thing.sha256, thing.size)


def test_an_object_of_the_wrong_size_is_replaced(store: Store, raw: Raw) -> None:
    thing = stored(noise(1_000))
    raw.write(object_name(thing.sha256), b"half of it")

    assert store.put(thing) is True

    assert store.get(thing.sha256, thing.size) == noise(1_000)


def test_has_tells_whether_there_is_an_object_of_this_name(store: Store) -> None:
    thing = stored(noise(10))
    before = store.has(thing.sha256)

    store.put(thing)

    assert (before, store.has(thing.sha256)) == (False, True)


def test_a_missing_object_is_named(store: Store, tmp_path: Path) -> None:
    store.put(stored(noise(10)))
    sha256 = hashlib.sha256(b"never stored").digest()
    message = (
        f"{store.url}/{object_name(sha256)} is missing; store it from the folder it came from (`audiera pack FOLDER`)."
    )

    for read in (store.get, store.check, lambda sha256, most: store.fetch(sha256, most, tmp_path / "file")):
        with pytest.raises(ObjectError) as caught:
            read(sha256, 1)

        assert str(caught.value) == message
    assert not (tmp_path / "file").exists()


@pytest.mark.usefixtures("in_a_folder")
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_flipped_bit_is_named_and_never_served(
    url: str, open_store: Open, key: bytes, raw: Raw, tmp_path: Path, *, sealed: bool, at: int
) -> None:
    """AUD-A47"""
    store = open_store(key if sealed else None)
    thing = stored(noise(2 * CHUNK))
    store.put(thing)
    name = object_name(thing.sha256, sealed=sealed)
    raw.flip(name, at)

    for read in (store.get, store.check, lambda sha256, most: store.fetch(sha256, most, tmp_path / "file")):
        with pytest.raises(ObjectError) as caught:
            read(thing.sha256, thing.size)

        assert str(caught.value) == (
            f"{url}/{name} is damaged: it is not what it is named by; "
            "store it again from the folder it came from (`audiera pack FOLDER --recheck`)."
        )
    assert list(tmp_path.glob("*file*")) == []
    assert list(tmp_path.glob(".*.partial")) == []


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_an_object_that_is_larger_than_stated_is_named_and_not_read(
    url: str, open_store: Open, key: bytes, raw: Raw, tmp_path: Path, *, sealed: bool
) -> None:
    """AUD-S4"""
    store = open_store(key if sealed else None)
    thing = stored(b"sound")
    store.put(thing)
    name = object_name(thing.sha256, sealed=sealed)
    raw.write(name, raw.read(name) + b"!")
    told: list[int] = []

    for read in (
        store.get,
        lambda sha256, most: store.check(sha256, most, report=told.append),
        lambda sha256, most: store.fetch(sha256, most, tmp_path / "file", report=told.append),
    ):
        with pytest.raises(ObjectError) as caught:
            read(thing.sha256, thing.size)

        assert str(caught.value) == (
            f"{url}/{name} has 6 bytes, where 5 at most belong, and is not read; "
            "store it again from the folder it came from (`audiera pack FOLDER`)."
        )
    assert told == []
    assert list(tmp_path.glob("*file*")) == []


def test_an_object_that_grows_after_it_was_found_is_read_no_further(tmp_path: Path) -> None:
    """AUD-S4"""
    store, thing = Store.open(str(tmp_path)), stored(b"sound")
    store.put(thing)
    found = store.find(thing.sha256, 5)
    (tmp_path / found.name).write_bytes(b"sound and more of it")

    assert b"".join(found.blocks()) == b"sound"


@pytest.mark.usefixtures("in_a_folder")
@pytest.mark.parametrize("left", [0, 30, 2 * CHUNK])
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_a_truncated_object_is_named_and_never_served(
    open_store: Open, key: bytes, raw: Raw, left: int, *, sealed: bool
) -> None:
    """AUD-A47"""
    store = open_store(key if sealed else None)
    thing = stored(noise(3 * CHUNK))
    store.put(thing)
    name = object_name(thing.sha256, sealed=sealed)
    raw.write(name, raw.read(name)[:left])

    with pytest.raises(ObjectError, match="is damaged"):
        store.get(thing.sha256, thing.size)


@pytest.mark.usefixtures("in_a_folder")
def test_one_object_under_the_name_of_another_is_never_served(sealed_store: Store, raw: Raw) -> None:
    """AUD-A47"""
    one, other = stored(noise(500, 1)), stored(noise(500, 2))
    sealed_store.put(one)
    sealed_store.put(other)
    raw.write(object_name(one.sha256, sealed=True), raw.read(object_name(other.sha256, sealed=True)))

    with pytest.raises(ObjectError, match="is damaged"):
        sealed_store.get(one.sha256, one.size)


@pytest.mark.usefixtures("in_a_folder")
def test_a_sealed_object_asks_for_the_key(url: str, open_store: Open, sealed_store: Store) -> None:
    thing = stored(noise(100))
    sealed_store.put(thing)

    with pytest.raises(StorageError) as caught:
        open_store(None).get(thing.sha256, thing.size)

    assert str(caught.value) == (
        f"{url}/{object_name(thing.sha256, sealed=True)} is sealed; "
        "name the file of the key it was sealed with (--key FILE)."
    )


@pytest.mark.usefixtures("in_a_folder")
def test_a_sealed_object_refuses_another_key(url: str, open_store: Open, sealed_store: Store) -> None:
    thing = stored(noise(100))
    sealed_store.put(thing)

    with pytest.raises(StorageError) as caught:
        open_store(bytes(32)).get(thing.sha256, thing.size)

    assert str(caught.value) == (
        f"{url}/{object_name(thing.sha256, sealed=True)} is sealed with another key; name that one (--key FILE)."
    )


@pytest.mark.usefixtures("in_a_folder")
def test_a_store_does_not_show_its_key(sealed_store: Store, key: bytes) -> None:
    assert repr(key) not in repr(sealed_store)


@pytest.mark.usefixtures("in_a_folder")
def test_a_file_that_has_changed_since_it_was_hashed_is_not_stored(store: Store, raw: Raw, tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(noise(1_000))
    thing = stored(path)
    path.write_bytes(noise(1_000, 1))

    with pytest.raises(ObjectError) as caught:
        store.put(thing)

    assert str(caught.value) == f"{path} has changed since it was read; start again."
    assert raw.names() == []


def test_a_file_that_goes_on_growing_is_read_no_further(tmp_path: Path) -> None:
    """AUD-S4"""
    path = tmp_path / "song.wav"
    path.write_bytes(noise(1_000))
    thing = stored(path)
    os.truncate(path, 1 << 40)

    with pytest.raises(ObjectError) as caught:
        Store.open(str(tmp_path / "store")).put(thing)

    assert str(caught.value) == f"{path} has changed since it was read; start again."


@pytest.mark.usefixtures("in_a_folder")
def test_a_file_that_has_gone_is_named(store: Store, raw: Raw, tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(b"sound")
    thing = stored(path)
    path.unlink()

    with pytest.raises(ObjectError) as caught:
        store.put(thing)

    assert str(caught.value) == f"{path} cannot be read (No such file or directory)."
    assert raw.names() == []


def test_a_file_url_and_a_path_name_the_same_store(tmp_path: Path) -> None:
    thing = stored(b"sound")

    Store.open(f"file://{tmp_path}").put(thing)

    assert Store.open(str(tmp_path)).get(thing.sha256, thing.size) == b"sound"


def test_an_s3_url_names_a_bucket_and_a_prefix(bucket: str) -> None:
    thing = stored(b"sound")

    Store.open(f"s3://{bucket}/label/").put(thing)

    assert Store.open(f"s3://{bucket}/label").get(thing.sha256, thing.size) == b"sound"
    assert Store.open(f"s3://{bucket}").has(thing.sha256) is False


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
def test_any_part_of_an_object_is_read_alone(sealed_store: Store, size: int) -> None:
    data, cuts = noise(size), sorted({0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, size - 1, size})
    it = stored(data)
    sealed_store.put(it)
    found = sealed_store.find(it.sha256, size)
    parts = [(start, stop) for start in cuts for stop in cuts if 0 <= start <= stop <= size]

    read = [b"".join(found.blocks(start, stop)) for start, stop in parts]

    assert read == [data[start:stop] for start, stop in parts]


def test_a_part_of_a_sealed_object_that_was_cut_off_is_refused(sealed_store: Store, raw: Raw) -> None:
    it = stored(noise(3 * CHUNK))
    sealed_store.put(it)
    found = sealed_store.find(it.sha256, it.size)
    whole = raw.read(found.name)
    raw.write(found.name, whole[: len(whole) - CHUNK - 16])

    with pytest.raises(StorageError):
        list(found.blocks(2 * CHUNK, 3 * CHUNK))
    with pytest.raises(StorageError):
        list(sealed_store.find(it.sha256, it.size).blocks(CHUNK, 2 * CHUNK))
