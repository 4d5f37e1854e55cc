"""A folder that others can write to: what they put there leads nowhere, holds nobody up and is not removed.

AUD-S1, AUD-S2, AUD-S3
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from audiera.errors import StorageError
from audiera.storage import ObjectError, Store, upload
from audiera.storage.objects import object_name, shard_of
from tests.support.storage import noise, stored

THING = stored(b"sound")
NAME = object_name(THING.sha256)
OLD = (1, 1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Somebody's own folder, with a file of long ago."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "thesis.odt").write_text("precious")
    os.utime(folder / "thesis.odt", OLD)
    return folder


def refusal(path: Path) -> str:
    return f"{path} is, or lies behind, a link or a file where the store has a folder; remove it."


def test_a_link_for_the_folder_of_beginnings_takes_nothing_elsewhere(root: Path, outside: Path) -> None:
    root.mkdir()
    abandoned = outside / f"{THING.sha256.hex()}.0123abcd"
    abandoned.write_text("named as what may be swept")
    os.utime(abandoned, OLD)
    (root / "partial").symlink_to(outside)

    with pytest.raises(StorageError) as caught:
        upload(Store.open(str(root)), [THING])

    assert str(caught.value) == refusal(root / "partial")
    assert sorted(path.name for path in outside.iterdir()) == sorted([abandoned.name, "thesis.odt"])


@pytest.mark.parametrize("link", ["sha256", shard_of(THING.sha256)])
def test_nothing_is_written_or_read_through_a_link_for_a_folder(root: Path, outside: Path, link: str) -> None:
    store = Store.open(str(root))
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside)
    (outside / Path(NAME).relative_to(link)).parent.mkdir(exist_ok=True)
    (outside / Path(NAME).relative_to(link)).write_bytes(b"sound")
    before = sorted(outside.rglob("*"))

    for act in (
        lambda: store.put(THING, again=True),
        lambda: store.has(THING.sha256),
        lambda: upload(store, [THING]),
    ):
        with pytest.raises(StorageError) as caught:
            act()

        assert str(caught.value) == refusal(root / shard_of(THING.sha256))
    assert sorted(outside.rglob("*")) == before


def test_an_object_that_is_a_link_is_not_there_and_is_replaced(root: Path, outside: Path) -> None:
    store = Store.open(str(root))
    (root / NAME).parent.mkdir(parents=True)
    (outside / "sound").write_bytes(b"sound")
    (root / NAME).symlink_to(outside / "sound")

    there = store.has(THING.sha256)
    done = upload(store, [THING])

    assert (there, done.sent) == (False, 1)
    assert not (root / NAME).is_symlink()
    assert store.check(THING.sha256, THING.size) == 5


@pytest.mark.timeout(20)
def test_a_pipe_is_no_object_and_nobody_waits_for_it(root: Path) -> None:
    store = Store.open(str(root))
    (root / NAME).parent.mkdir(parents=True)
    os.mkfifo(root / NAME)

    with pytest.raises(ObjectError, match="is missing"):
        store.check(THING.sha256, THING.size)
    with pytest.raises(ObjectError) as caught:  # it took the file's place since it was found
        list(store.backend.read(NAME, 0, 5))
    done = upload(store, [THING])

    assert str(caught.value) == f"{root / NAME} is not a file; remove it and store it again."
    assert (done.sent, store.check(THING.sha256, THING.size)) == (1, 5)


def test_only_old_files_of_the_names_that_writers_give_are_swept(root: Path) -> None:
    partial = root / "partial"
    partial.mkdir(parents=True)
    names = [f"{THING.sha256.hex()}.0123abcd", f"{THING.sha256.hex()}.sealed.0123abcd"]
    others = ["notes.txt", f"{THING.sha256.hex()}", "a" * 64 + ".0123abcd.txt"]
    for name in (*names, *others):
        (partial / name).touch()
        os.utime(partial / name, OLD)
    young, folder, link = (partial / f"{each * 64}.0123abcd" for each in "bcd")
    young.touch()
    folder.mkdir()
    os.utime(folder, OLD)
    link.symlink_to(root)
    os.utime(link, OLD, follow_symlinks=False)

    Store.open(str(root)).backend.sweep()

    assert sorted(path.name for path in partial.iterdir()) == sorted([*others, young.name, folder.name, link.name])


def test_the_store_itself_may_be_a_link_that_its_user_named(root: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    root.symlink_to(tmp_path / "disk")

    upload(Store.open(str(root)), [THING])

    assert (tmp_path / "disk" / NAME).read_bytes() == b"sound"


def test_what_is_being_written_is_for_nobody_else_and_the_umask_stays(root: Path) -> None:
    before = os.umask(0o027)
    modes: list[int] = []

    def content() -> Iterator[bytes]:
        (path,) = (root / "partial").iterdir()
        modes.append(stat.S_IMODE(path.stat().st_mode))
        yield b"sound"

    try:
        Store.open(str(root)).backend.write(NAME, 5, content, steady=True)
    finally:
        after = os.umask(before)

    assert (modes, after) == ([0o600], 0o027)
    assert stat.S_IMODE((root / NAME).stat().st_mode) == 0o640


def test_no_descriptor_is_left_open(root: Path) -> None:
    store, things = Store.open(str(root)), [stored(noise(10, it)) for it in range(50)]
    before = len([*Path("/dev/fd").iterdir()])

    upload(store, things)
    store.backend.sweep()
    for thing in things:
        store.get(thing.sha256, thing.size)

    assert len([*Path("/dev/fd").iterdir()]) == before
