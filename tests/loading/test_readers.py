"""Shards, read by the libraries that they are for."""

import gc
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from audiera.loading import Shelf, form_of, write_shards
from tests.support.optional import extra
from tests.support.pulled import add_sounds

extra("datasets")
extra("webdataset")

import datasets  # noqa: E402  # extras
import webdataset  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of 45 sounds, in shards of both forms."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    add_sounds(tmp_path, 45)
    for name in ("webdataset", "parquet"):
        write_shards(tmp_path / name, Shelf.open(tmp_path).entries, form_of(name), 1 << 30)
    return tmp_path


def loaded(folder: Path, *, streaming: bool) -> Any:  # noqa: ANN401  # a dataset of theirs
    files = str(folder / "parquet" / "*.parquet")
    return datasets.load_dataset("parquet", data_files=files, split="train", streaming=streaming)


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streaming"])
def test_datasets_reads_sound_and_what_is_known_of_it(folder: Path, streaming: bool) -> None:
    found = loaded(folder, streaming=streaming)

    assert isinstance(found.features["audio"], datasets.Audio)
    plain = list(found.cast_column("audio", datasets.Audio(decode=False)))
    entries = Shelf.open(folder).entries
    assert [it["audio"]["bytes"] for it in plain] == [it.read() for it in entries]
    assert [(it["title"], it["artists"]) for it in plain][44] == ("Tone 44", ["Ada Moreau", "Bo"])


def test_datasets_streams_from_so_many_shards_that_workers_share_them(folder: Path) -> None:
    assert loaded(folder, streaming=True).num_shards == 23


def test_webdataset_reads_sound_and_what_is_known_of_it(folder: Path) -> None:
    tars = sorted(map(str, (folder / "webdataset").glob("*.tar")))

    with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # it leaves the last one to the collector
        found = list(webdataset.WebDataset(tars, shardshuffle=False))
        gc.collect()

    entries = Shelf.open(folder).entries
    assert [it["__key__"] for it in found] == [it.key for it in entries]
    assert [it["wav"] for it in found] == [it.read() for it in entries]
    assert [json.loads(it["json"]) for it in found] == [it.facts() for it in entries]
