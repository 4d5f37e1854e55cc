import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from audiera.errors import StorageError
from audiera.storage import (
    Store,
    StoredObject,
    Survey,
    Uploaded,
    survey,
    upload,
)
from audiera.storage.objects import object_name
from audiera.work.progress import Progress
from tests.support.storage import Raw, noise, stored

Open: TypeAlias = Callable[[bytes | None], Store]


def songs(folder: Path, number: int = 5, size: int = 1_000) -> list[StoredObject]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{it}.wav" for it in range(number)]
    for it, path in enumerate(paths):
        path.write_bytes(noise(size, it))
    return [stored(path) for path in paths]


def test_a_folder_goes_to_the_store_and_comes_back(store: Store, tmp_path: Path) -> None:
    objects = songs(tmp_path / "music")

    done = upload(store, objects)
    for number, it in enumerate(objects):
        store.fetch(it.sha256, it.size, tmp_path / "copy" / f"{number}.wav")

    assert done == Uploaded(sent=5, sent_bytes=5_000, present=0, present_bytes=0)
    copies = {path.name: path.read_bytes() for path in (tmp_path / "copy").iterdir()}
    assert copies == {path.name: path.read_bytes() for path in (tmp_path / "music").iterdir()}


def test_a_second_run_sends_only_what_is_missing(store: Store, raw: Raw, tmp_path: Path) -> None:
    objects = songs(tmp_path / "music")
    upload(store, objects[:3])
    raw.write(object_name(objects[0].sha256), b"half")

    done = upload(store, objects)

    assert done == Uploaded(sent=3, sent_bytes=3_000, present=2, present_bytes=2_000)


@pytest.mark.usefixtures("in_a_folder")
def test_an_object_is_sent_once_however_often_it_is_named(store: Store) -> None:
    done = upload(store, [stored(b"sound"), stored(b"sound")])

    assert done == Uploaded(sent=1, sent_bytes=5, present=0, present_bytes=0)


def test_rechecking_replaces_what_is_damaged(sealed_store: Store, raw: Raw, tmp_path: Path) -> None:
    objects = songs(tmp_path / "music")
    upload(sealed_store, objects)
    raw.flip(object_name(objects[2].sha256, sealed=True), 100)
    unseen = upload(sealed_store, objects)

    done = upload(sealed_store, objects, recheck=True)

    assert unseen.sent == 0
    assert done == Uploaded(sent=1, sent_bytes=1_000, present=4, present_bytes=4_000)
    assert sealed_store.get(objects[2].sha256, objects[2].size) == noise(1_000, 2)


@pytest.mark.usefixtures("in_a_folder")
def test_files_that_changed_are_told_together_and_the_others_stored(store: Store, tmp_path: Path) -> None:
    objects = songs(tmp_path / "music")
    (tmp_path / "music" / "1.wav").write_bytes(noise(1_000, 99))
    (tmp_path / "music" / "3.wav").unlink()

    with pytest.raises(StorageError) as caught:
        upload(store, objects)

    music = tmp_path / "music"
    assert str(caught.value) == (
        "2 of 5 files could not be stored; all others are:\n"
        f"  {music / '1.wav'} has changed since it was read; start again.\n"
        f"  {music / '3.wav'} cannot be read (No such file or directory)."
    )
    assert [store.has(it.sha256) for it in objects] == [True, False, True, False, True]


def test_progress_counts_files_and_bytes_to_the_last(store: Store, tmp_path: Path) -> None:
    objects = songs(tmp_path / "music")
    seen: list[Progress] = []

    upload(store, objects, progress=seen.append)

    assert seen[-1] == Progress(files=5, total_files=5, bytes=5_000, total_bytes=5_000)
    assert [it.bytes for it in seen] == sorted(it.bytes for it in seen)


def test_a_survey_tells_what_is_missing_and_what_lies_open(open_store: Open, key: bytes) -> None:
    manifest, music, news = stored(b"manifest", private=False), stored(b"music"), stored(b"news")
    upload(open_store(None), [manifest, music])

    found = survey(open_store(key), [manifest, music, news])

    assert found == Survey(missing=(music, news), present=(manifest,), exposed=(object_name(music.sha256),))
    assert upload(open_store(key), found) == Uploaded(sent=2, sent_bytes=9, present=1, present_bytes=8)


def test_more_than_fits_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "store"))
    room = store.backend.room()
    assert room is not None

    with pytest.raises(StorageError, match=f"has room for .* bytes, and {1 << 60:,} are to be stored; make some room"):
        upload(store, [StoredObject(bytes(32), 1 << 60, b"so it says")])

    assert 0 < room < 1 << 60
    assert not (tmp_path / "store").exists()


@pytest.mark.usefixtures("in_a_folder")
def test_a_store_sealed_with_another_key_is_refused_before_anything_is_sent(
    open_store: Open, key: bytes, raw: Raw
) -> None:
    upload(open_store(key), [stored(b"first")])
    before = raw.names()

    with pytest.raises(StorageError, match="is sealed with another key; name that one"):
        upload(open_store(bytes(32)), [stored(b"first"), stored(b"second")])

    assert raw.names() == before


def test_writers_of_the_same_objects_do_not_disturb_each_other(open_store: Open, raw: Raw, tmp_path: Path) -> None:
    objects = songs(tmp_path / "music", number=3)
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def write() -> None:
        store = open_store(None)
        start.wait()
        try:
            upload(store, objects)
        except StorageError as error:
            failures.append(error)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert failures == []
    assert raw.names() == sorted(object_name(it.sha256) for it in objects)
    assert [open_store(None).get(it.sha256, it.size) for it in objects] == [noise(1_000, it) for it in range(3)]


@pytest.mark.usefixtures("in_a_folder")
def test_ctrl_c_ends_a_transfer_and_keeps_what_is_stored(store: Store, tmp_path: Path) -> None:
    objects = songs(tmp_path / "music")

    def interrupt(now: Progress) -> None:
        if now.files == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload(store, objects, progress=interrupt, workers=1)

    assert [store.has(it.sha256) for it in objects] == [True, True, False, False, False]
    assert upload(store, objects).present == 2


def test_all_threads_end_when_one_does(tmp_path: Path) -> None:
    store, objects = Store.open(str(tmp_path / "store")), songs(tmp_path / "music", number=300, size=10)

    def interrupt(now: Progress) -> None:
        if now.files == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload(store, objects, progress=interrupt, workers=2)

    assert sum(store.has(it.sha256) for it in objects) < 300


@pytest.mark.parametrize(("mask", "mode"), [(0o000, 0o666), (0o027, 0o640)])
def test_a_fetched_file_is_open_to_whom_new_files_are(tmp_path: Path, mask: int, mode: int) -> None:
    store, thing = Store.open(str(tmp_path / "store")), stored(b"sound")
    store.put(thing)

    before = os.umask(mask)
    try:
        store.fetch(thing.sha256, thing.size, tmp_path / "song.wav")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "song.wav").stat().st_mode) == mode
