"""A pulled folder, read again without the chain."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from audiera.consumer.papers import write_papers
from audiera.consumer.version import Version
from audiera.errors import InputError, StorageError
from audiera.loading import Shelf
from audiera.protocol import ContentTree, write_table
from audiera.storage import ObjectError
from tests.support.pulled import add_sounds


def test_files_come_by_dataset_and_path_each_with_what_is_known_of_it(tmp_path: Path) -> None:
    add_sounds(tmp_path, 2, dataset=10)
    (row,) = add_sounds(tmp_path, 1, dataset=9, number=3)

    first, *others = Shelf.open(tmp_path).entries

    assert [it.dataset for it in others] == [10, 10]
    assert first.key == f"9-{row.item.leaf().hex()}"
    assert first.read() == (tmp_path / "dataset-9" / "tone 000.wav").read_bytes()
    leaf = f"0x{row.item.leaf().hex()}"
    assert first.facts() == {"dataset": 9, "version": 3, "license": None, "item": leaf, **row.json()}


def test_what_is_not_served_is_not_among_the_files(tmp_path: Path) -> None:
    rows = add_sounds(tmp_path, 2)
    root = ContentTree.of(it.item for it in rows).root
    version = Version(1, 1, "Tones", root, b"{}", write_table(rows), tuple(rows))
    write_papers(tmp_path, version, {"tone 000.wav": "blocked"})

    assert [it.row.metadata.path for it in Shelf.open(tmp_path).entries] == ["tone 001.wav"]


@pytest.mark.parametrize("spoiled", ["tone 001.wav", None], ids=["changed", "gone"])
def test_a_file_that_is_not_what_was_pulled_is_named(tmp_path: Path, spoiled: str | None) -> None:
    add_sounds(tmp_path, 2)
    file = tmp_path / "dataset-1" / "tone 000.wav"
    if spoiled:
        file.write_bytes((tmp_path / "dataset-1" / spoiled).read_bytes())
    else:
        file.unlink()

    with pytest.raises(ObjectError, match=re.escape(str(file))):
        Shelf.open(tmp_path).entries[0].read()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda it: it + b"!", "{more:,} bytes, and {size:,} were pulled"),
        (lambda it: it[:-1], "{less:,} bytes, and {size:,} were pulled"),
        (lambda _: b"", "0 bytes, and {size:,} were pulled"),
        (lambda it: b"?" + it[1:], "another SHA-256"),
    ],
    ids=["a byte more", "a byte less", "nothing", "another byte"],
)
def test_of_a_file_that_was_changed_it_is_said_how(tmp_path: Path, change: Callable[[bytes], bytes], why: str) -> None:
    add_sounds(tmp_path, 1)
    file = tmp_path / "dataset-1" / "tone 000.wav"
    size = file.stat().st_size
    file.write_bytes(change(file.read_bytes()))

    with pytest.raises(ObjectError) as refused:
        Shelf.open(tmp_path).entries[0].read()

    told = why.format(size=size, more=size + 1, less=size - 1)
    assert str(refused.value) == f"{file} is not what was pulled ({told}); pull it again."


def test_a_folder_without_a_pull_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Nothing was pulled to"):
        Shelf.open(tmp_path)


def test_what_is_missing_is_pulled_by_no_module_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "click.py").write_text("import pathlib; pathlib.Path(__file__).with_name('ran').touch()\n")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(StorageError, match=r"could not be pulled: .*Missing option '--"):
        Shelf.open(Path("music"), pull="1")

    assert not (tmp_path / "ran").exists()


def test_a_table_of_another_content_root_is_refused(tmp_path: Path) -> None:
    rows = add_sounds(tmp_path, 2)
    (tmp_path / "dataset-1.items.jsonl").write_bytes(write_table(rows[:1]))

    with pytest.raises(StorageError, match=r"The papers of dataset-1 in .* are not as they were written"):
        Shelf.open(tmp_path)
