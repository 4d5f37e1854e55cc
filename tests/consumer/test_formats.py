"""`audiera pull --format`: what is pulled, once more as shards."""

import json
import shutil
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest

from tests.support.consumer import Asking, result_of, run
from tests.support.gateway import Payer

Words = Callable[..., list[str]]


def test_a_pull_writes_shards_of_what_it_verified_under_which_licence(
    payer: Payer, asking: Asking, words: Words
) -> None:
    done = result_of(run(*words(payer.server.url, "--format", "webdataset")))

    folder = asking.folder / "webdataset"
    size = sum(it.stat().st_size for it in folder.iterdir())
    assert done["shards"] == {"folder": str(folder), "written": 3, "present": 0, "bytes": size}
    with tarfile.open(folder / f"dataset-{asking.venue.dataset}-00000.tar") as tar:
        facts = tar.extractfile(tar.getmembers()[1])
        assert facts is not None
        told = json.load(facts)
    assert (told["dataset"], told["version"], told["license"]) == (asking.venue.dataset, 1, asking.venue.license)


def test_the_same_again_verifies_shards_and_mends_them(payer: Payer, asking: Asking, words: Words) -> None:
    told = words(payer.server.url, "--format", "webdataset")
    result_of(run(*told))
    heads = asking.heads()
    first, second, _ = sorted((asking.folder / "webdataset").iterdir())
    good = first.read_bytes(), second.read_bytes()
    first.unlink()
    second.write_bytes(good[1][:-1] + b"!")

    again = result_of(run(*told))

    assert (again["shards"]["written"], again["shards"]["present"], again["fetched"]) == (2, 1, 0)
    assert (first.read_bytes(), second.read_bytes()) == good
    assert asking.heads() == heads


def test_what_the_disk_has_no_room_for_beside_the_files_is_refused_before_anything_is_signed(
    payer: Payer, asking: Asking, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, room = words(payer.server.url, "--format", "webdataset"), 0
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=room))
    size = sum(it.item.size for it in asking.venue.rows)
    needed = size + sum(it.item.size // 512 * 512 for it in asking.venue.rows)

    room = needed  # and nothing for what is known of them
    done = run(*told)

    assert done.exit_code == 1
    assert f"has {needed:,} bytes free, and " in done.output
    assert asking.signed() == 0

    room = needed + 16384 * len(asking.venue.rows)
    result_of(run(*told))

    room = 0  # what is there takes none
    assert result_of(run(*told))["shards"]["present"] == 3

    shutil.rmtree(asking.folder / "webdataset")
    again = run(*told)  # while shards of files that are there take theirs
    assert again.exit_code == 1
    assert "has 0 bytes free, and " in again.output


def test_shards_are_held_against_the_disk_that_a_link_leads_to(
    payer: Payer, asking: Asking, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, size = words(payer.server.url, "--format", "webdataset"), sum(it.item.size for it in asking.venue.rows)
    shards = asking.folder / "webdataset"
    with TemporaryDirectory(dir=another_disk(asking.folder.parent)) as other:
        asking.folder.mkdir(exist_ok=True)
        shards.symlink_to(other)
        free = {asking.folder: size, shards: size // 2}
        monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=free[place]))

        done = run(*told)

        assert done.exit_code == 1
        assert f"The disk of {shards} has {size // 2:,} bytes free, and " in done.output
        assert asking.signed() == 0

        free[shards] = 2 * size + 16384 * len(asking.venue.rows)
        assert result_of(run(*told))["shards"]["written"] == 3


def another_disk(folder: Path) -> Path:
    """A folder of another disk than one is on, or the test is skipped."""
    for it in (Path("/dev/shm"), Path("/var/tmp"), Path.cwd()):  # below which a folder is made that goes
        if it.is_dir() and it.stat().st_dev != folder.stat().st_dev:
            return it
    pytest.skip("there is one disk here")


def test_a_form_that_needs_a_package_is_refused_before_anything_is_asked(
    asking: Asking, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "audiera.loading.parquet", raising=False)

    done = run(*words("http://127.0.0.1:1", "--format", "parquet"))

    assert done.exit_code == 1
    assert "Shards in parquet need more than the package: pip install 'audiera[parquet]'." in done.output
    assert not asking.folder.exists()
