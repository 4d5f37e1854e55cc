"""MLCommons' own reader is the judge of what a Croissant document is."""

import fnmatch
import hashlib
import json
from pathlib import Path

import pytest
from mlcroissant import GenerationError

from audiera.credits.divide import ShareRule
from audiera.credits.people import Party
from audiera.dataset.prepare import Prepared, prepare
from audiera.dataset.record import store_version
from audiera.dataset.request import DatasetRequest
from audiera.folder.problems import Problem
from audiera.manifest.description import Description
from audiera.manifest.documents import build_documents
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.table import TableRow
from tests.support.croissant import RDFLIB_NOTICE, open_dataset, plain
from tests.support.music import ADA, write_album, write_comments, write_contributors, write_tone

pytestmark = pytest.mark.filterwarnings(RDFLIB_NOTICE)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """An album with what column readers get wrong: numbers as titles, years as dates, and rows that lack both."""
    folder = write_album(tmp_path / "Harbour Lights")
    tags = {"TITLE": ["007"], "ARTIST": ["Zoë", "Ada"], "DATE": ["1999"], "BPM": ["120"], "ISRC": ["GBAYE0000351"]}
    write_comments(folder / "a.flac", tags)
    write_comments(folder / "b.ogg", {"TITLE": ["NaN"], "ARTIST": ["1"], "DATE": ["2001-02-03"], "ALBUM": ["null"]})
    write_tone(folder / "Side 3 [live]" / "D.FLAC", hertz=550, like=".flac")
    write_tone(folder / "untitled", hertz=660, like=".flac")
    (folder / "side 2" / "broken.wav").write_bytes(b"RIFF")
    return folder


@pytest.fixture
def prepared(music: Path, tmp_path: Path) -> Prepared:
    people = write_contributors(tmp_path / "people.csv", "name,address,role", f"Ada,{ADA},composer")
    cover = tmp_path / "front"
    cover.write_bytes(b"\x89PNG\r\n\x1a\n")
    return prepare(
        DatasetRequest(
            folder=music,
            date="2026-03-01",
            contributors=people,
            rule=ShareRule.EQUAL,
            organizations=("Night Ferry",),
            keywords=("sea",),
            cover=cover,
            skip_bad=True,
        )
    )


def test_a_manifest_has_neither_errors_nor_warnings(
    prepared: Prepared, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = store_version(tmp_path / "record", prepared.documents)

    metadata = open_dataset(folder / "manifest.json", caplog).metadata

    assert metadata.name == "Harbour Lights"
    assert [(type(each).__name__, each.name) for each in metadata.creators] == [("Organization", "Night Ferry")]
    assert metadata.date_published.isoformat() == "2026-03-01T00:00:00"
    assert metadata.version == "1.0.0"
    assert metadata.cite_as.startswith("@misc{harbour-lights-2026,")
    assert metadata.license[0].name == "Licences are offered on chain"
    assert metadata.data_collection_missing_data.startswith("1 file of the folder is not in the dataset")
    assert {each.id: each.encoding_formats for each in metadata.file_objects} == {
        "cover.png": ["image/png"],
        "items.json": ["application/json"],
        "left-out.json": ["application/json"],
        "peaks.bin": ["application/octet-stream"],
    }


def test_the_records_are_the_items_with_every_value_and_type(
    prepared: Prepared, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = store_version(tmp_path / "record", prepared.documents)

    records = list(map(plain, open_dataset(folder / "manifest.json", caplog).records("items")))

    assert records == json.loads(prepared.documents.table)
    by_path = {record["path"]: record for record in records}
    assert (by_path["a.flac"]["title"], by_path["a.flac"]["date"]) == ("007", "1999")
    assert by_path["a.flac"]["artists"] == ["Zoë", "Ada"]
    assert by_path["b.ogg"]["title"] == "NaN"
    assert by_path["side 2/c.wav"]["title"] is None
    assert by_path["side 2/c.wav"]["artists"] is None
    for record in records:
        types = {name: type(value) for name, value in record.items() if value is not None}
        assert types["size"] is types["duration_ms"] is types["sample_rate"] is int
        assert types.get("bpm", int) is int


def test_the_bytes_of_every_file_hash_to_what_its_record_says(
    prepared: Prepared, music: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = store_version(tmp_path / "record", prepared.documents)

    records = map(plain, open_dataset(folder / "manifest.json", caplog).records("items"))

    said = {str(record["path"]): (record["sha256"], record["size"]) for record in records}
    found = {path: (music / path).read_bytes() for path in said}
    assert said == {path: (hashlib.sha256(data).hexdigest(), len(data)) for path, data in found.items()}


def test_a_table_that_is_not_the_named_one_is_not_loaded(
    prepared: Prepared, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = store_version(tmp_path / "record", prepared.documents)
    table = folder / "items.json"
    table.write_bytes(table.read_bytes().replace(b"007", b"008"))

    records = open_dataset(folder / "manifest.json", caplog).records("items")

    with pytest.raises(GenerationError) as caught:
        list(records)
    assert str(caught.value.__cause__).startswith("Hash of downloaded file ")


def test_the_set_of_files_matches_the_items_and_nothing_else(
    prepared: Prepared, music: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = store_version(tmp_path / "record", prepared.documents)
    (music / "side 2" / "broken.wav").unlink()

    (files,) = open_dataset(folder / "manifest.json", caplog).metadata.file_sets

    present = [path.relative_to(music).as_posix() for path in music.rglob("*") if path.is_file()]
    matched = {path for path in present if any(fnmatch.fnmatchcase(path, pattern) for pattern in files.includes)}
    globbed = {path.relative_to(music).as_posix() for pattern in files.includes for path in music.glob(pattern)}
    assert matched == globbed == {row.metadata.path for row in prepared.rows}


def test_large_numbers_and_missing_ones_are_read_exactly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A column with gaps goes through floating point in common readers, which is exact to 2^53 only."""
    facts = Description(name="N", description="D", creators=(Party("C"),), date="2026-03-01")
    heard = Metadata(path="a.flac", media_type="audio/flac", duration_ms=(1 << 32) - 1, track=7)
    unheard = Metadata(path="b.bin", media_type="application/octet-stream")
    rows = [
        TableRow(Item.of(bytes(31) + b"\1", (1 << 53) - 1, heard), heard),
        TableRow(Item.of(bytes(31) + b"\2", 1, unheard), unheard),
    ]
    folder = store_version(tmp_path, build_documents(facts, rows, left_out=[Problem("c", "is empty")]))

    first, second = map(plain, open_dataset(folder / "manifest.json", caplog).records("items"))

    assert (first["size"], first["duration_ms"], first["track"]) == ((1 << 53) - 1, (1 << 32) - 1, 7)
    assert (second["size"], second["duration_ms"], second["track"]) == (1, None, None)
