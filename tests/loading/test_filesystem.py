"""Pulled music as files at `audiera://`."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from audiera.storage import ObjectError
from tests.support.optional import extra
from tests.support.places import ROOT
from tests.support.pulled import add_sounds

extra("fsspec")

import fsspec  # noqa: E402  # comes with extras

PLACE = "audiera://4/tone 000.wav"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three sounds, and the protocol as who installs the package has it."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["fsspec.specs"]["audiera"]
    module, _, name = named.partition(":")
    fsspec.register_implementation("audiera", getattr(import_module(module), name), clobber=True)
    add_sounds(tmp_path, 2, dataset=3)
    add_sounds(tmp_path, 1, dataset=4, number=2)
    return tmp_path


def test_a_file_is_read_by_dataset_version_and_path(folder: Path) -> None:
    expected = (folder / "dataset-4" / "tone 000.wav").read_bytes()

    for place in ("audiera://4@2/tone 000.wav", "audiera://4/tone 000.wav"):
        with fsspec.open(place, folder=folder) as file:
            assert file.read() == expected


def test_what_was_pulled_is_listed(folder: Path) -> None:
    files = fsspec.filesystem("audiera", folder=folder)

    assert files.ls("", detail=False) == ["3@1", "4@2"]
    assert files.ls("audiera://3", detail=False) == ["3@1/tone 000.wav", "3@1/tone 001.wav"]
    assert files.glob("audiera://*/*.wav") == ["3@1/tone 000.wav", "3@1/tone 001.wav", "4@2/tone 000.wav"]
    told = files.info("audiera://4/tone 000.wav")
    assert (told["type"], told["size"], told["title"]) == (
        "file",
        (folder / "dataset-4" / "tone 000.wav").stat().st_size,
        "Tone 0",
    )
    assert files.isdir("4@2")


@pytest.mark.parametrize("place", ["audiera://4@1/tone 000.wav", "audiera://5/a.wav", "audiera://3@1/b.wav"])
def test_what_was_not_pulled_is_not_there(folder: Path, place: str) -> None:
    with pytest.raises(FileNotFoundError), fsspec.open(place, folder=folder):
        pass


def test_a_file_that_is_not_what_was_pulled_is_not_read(folder: Path) -> None:
    file = folder / "dataset-4" / "tone 000.wav"
    file.write_bytes(bytes(file.stat().st_size))

    with (
        pytest.raises(ObjectError, match="is not what was pulled"),
        fsspec.open("audiera://4/tone 000.wav", folder=folder),
    ):
        pass


def test_nothing_is_written(folder: Path) -> None:
    with pytest.raises(PermissionError), fsspec.open("audiera://4/new.wav", "wb", folder=folder):
        pass
