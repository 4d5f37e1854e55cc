"""Shards of a pulled folder: bounded, whole or not there, the same again, and verified where they are there."""

import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from audiera.loading import FORMS, Entry, Form, Sharded, Shelf, form_of, write_shards
from audiera.storage import ObjectError
from tests.support.optional import extra
from tests.support.pulled import add_sounds

MOST = 1 << 30


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    if request.param == "parquet":
        extra("pyarrow")
    return form_of(request.param)


def sharded(folder: Path, form: Form, most: int = MOST) -> Sharded:
    return write_shards(folder / "shards", Shelf.open(folder).entries, form, most)


def shards(folder: Path) -> list[Path]:
    return sorted((folder / "shards").iterdir())


def test_the_same_files_make_the_same_bytes(tmp_path: Path, form: Form) -> None:
    for name in ("one", "two"):
        add_sounds(tmp_path / name, 3)
        sharded(tmp_path / name, form)

    one, two = (shards(tmp_path / name) for name in ("one", "two"))
    assert [it.name for it in one] == [it.name for it in two]
    assert [it.read_bytes() for it in one] == [it.read_bytes() for it in two]


def test_many_files_make_twenty_shards_and_large_ones_as_many_as_it_takes(tmp_path: Path, form: Form) -> None:
    rows = add_sounds(tmp_path, 45)

    many = sharded(tmp_path, form)
    each = sharded(tmp_path, form, most=rows[0].item.size + 1)

    assert many.written == 23
    assert each.written + each.present == 45
    assert len(shards(tmp_path)) == 45


def test_shards_keep_within_their_size(tmp_path: Path) -> None:
    add_sounds(tmp_path, 60)
    most = 6_000

    sharded(tmp_path, form_of("webdataset"), most)

    assert {it.stat().st_size > most // 2 and it.stat().st_size <= most + 1024 for it in shards(tmp_path)} == {True}


def test_what_is_there_is_verified_and_stays(tmp_path: Path, form: Form) -> None:
    add_sounds(tmp_path, 3)
    sharded(tmp_path, form)
    before = [it.stat().st_ino for it in shards(tmp_path)]

    again = sharded(tmp_path, form)

    assert (again.written, again.present) == (0, 3)
    assert [it.stat().st_ino for it in shards(tmp_path)] == before


@pytest.mark.parametrize("at", [0.3, 0.999])
def test_a_shard_that_is_damaged_is_written_anew(tmp_path: Path, form: Form, at: float) -> None:
    add_sounds(tmp_path, 3)
    sharded(tmp_path, form)
    first = shards(tmp_path)[0]
    good = first.read_bytes()
    spoiled = bytearray(good)
    spoiled[int(len(good) * at)] ^= 1
    first.write_bytes(spoiled)

    again = sharded(tmp_path, form)

    assert (again.written, again.present) == (1, 2)
    assert first.read_bytes() == good


@pytest.mark.parametrize("cut", [-1, 700], ids=["cut", "longer"])
def test_a_shard_that_is_cut_or_longer_is_written_anew(tmp_path: Path, form: Form, cut: int) -> None:
    add_sounds(tmp_path, 1)
    sharded(tmp_path, form)
    (only,) = shards(tmp_path)
    good = only.read_bytes()
    only.write_bytes(good[:cut] if cut < 0 else good + bytes(cut))

    again = sharded(tmp_path, form)

    assert again.written == 1
    assert only.read_bytes() == good


def test_shards_of_earlier_runs_go_and_nothing_else(tmp_path: Path, form: Form) -> None:
    add_sounds(tmp_path, 1)
    (tmp_path / "shards").mkdir()
    for name in (f"dataset-1-00007.{form.SUFFIX}", ".audiera.0123456789abcdef", "mine.txt"):
        (tmp_path / "shards" / name).touch()

    sharded(tmp_path, form)

    assert [it.name for it in shards(tmp_path)] == [f"dataset-1-00000.{form.SUFFIX}", "mine.txt"]


def test_a_writing_that_breaks_off_leaves_no_part_of_a_shard(
    tmp_path: Path, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_sounds(tmp_path, 2)
    whole = form.blocks

    def broken(entries: Sequence[Entry]) -> Iterator[bytes]:
        if entries[0].row.metadata.path == "tone 001.wav":
            yield next(whole(entries))
            raise KeyboardInterrupt
        yield from whole(entries)

    monkeypatch.setattr(form, "blocks", broken)
    with pytest.raises(KeyboardInterrupt):
        sharded(tmp_path, form)
    left = [it.name for it in shards(tmp_path)]
    monkeypatch.setattr(form, "blocks", whole)

    again = sharded(tmp_path, form)

    assert left == [f"dataset-1-00000.{form.SUFFIX}"]
    assert (again.written, again.present) == (1, 1)


def test_a_file_that_is_not_what_was_pulled_goes_into_no_shard(tmp_path: Path, form: Form) -> None:
    add_sounds(tmp_path, 1)
    file = tmp_path / "dataset-1" / "tone 000.wav"
    file.write_bytes(file.read_bytes()[:-1] + b"!")

    with pytest.raises(ObjectError, match=r"tone 000\.wav"):
        sharded(tmp_path, form)

    assert shards(tmp_path) == []


def test_a_tar_has_a_file_and_what_is_known_of_it_side_by_side(tmp_path: Path) -> None:
    add_sounds(tmp_path, 1)
    (entry,) = Shelf.open(tmp_path).entries
    sharded(tmp_path, form_of("webdataset"))

    with tarfile.open(shards(tmp_path)[0]) as tar:
        sound, facts = tar.getmembers()
        read = [found.read() for it in (sound, facts) if (found := tar.extractfile(it)) is not None]

    assert [sound.name, facts.name] == [f"{entry.key}.wav", f"{entry.key}.json"]
    assert read[0] == entry.read()
    assert json.loads(read[1]) == entry.facts()


def test_a_table_has_the_features_that_datasets_reads(tmp_path: Path) -> None:
    extra("pyarrow")
    from pyarrow import parquet  # noqa: PLC0415  # an extra

    add_sounds(tmp_path, 1)
    (entry,) = Shelf.open(tmp_path).entries
    sharded(tmp_path, form_of("parquet"))

    table = parquet.read_table(shards(tmp_path)[0])

    (row,) = table.to_pylist()
    assert row.pop("audio") == {"bytes": entry.read(), "path": "tone 000.wav"}
    assert {k: v for k, v in row.items() if v is not None} == {k: v for k, v in entry.facts().items() if v is not None}
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["audio"] == {"_type": "Audio"}
    assert features.keys() == {"audio", *row}
