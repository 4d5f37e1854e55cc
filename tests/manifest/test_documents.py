import hashlib
import json
from dataclasses import replace

import pytest

from audiera.credits.people import Party
from audiera.errors import InputError, ItemError, StorageError
from audiera.folder.problems import Problem
from audiera.manifest.cover import Cover
from audiera.manifest.description import Description
from audiera.manifest.documents import build_documents
from audiera.manifest.manifest import read_commitments, read_description
from audiera.manifest.peaks import count_peaks
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.table import TableRow

MIB = 1 << 20
FACTS = Description(name="N", description="D", creators=(Party("C"),), date="2026-03-01")


def row(path: str) -> TableRow:
    metadata = Metadata(path=path, media_type="audio/flac")
    return TableRow(Item.of(hashlib.sha256(path.encode()).digest(), 77, metadata), metadata)


ROWS = (row("a.flac"), row("b.flac"))


def test_documents_are_those_that_the_manifest_names_by_hash() -> None:
    cover = Cover("image/jpeg", b"\xff\xd8\xff picture")
    documents = build_documents(FACTS, ROWS, left_out=[Problem("c.flac", "is empty")], cover=cover)

    named = {
        file.name: (file.sha256, file.size, file.media_type) for file in read_commitments(documents.manifest).files
    }

    json_file, picture = "application/json", "image/jpeg"
    types = {"items.json": json_file, "left-out.json": json_file, "cover.jpg": picture}
    assert named == {
        name: (hashlib.sha256(data).digest(), len(data), types[name]) for name, data in documents.files.items()
    }
    assert documents.digest == hashlib.sha256(documents.manifest).digest()


def test_the_waveforms_are_in_the_order_of_the_table_and_zero_where_nothing_sounds() -> None:
    loud = {"b.flac": bytes([9] * 400)}

    documents = build_documents(FACTS, ROWS[::-1], peaks=loud)

    assert documents.files["peaks.bin"] == bytes(400) + loud["b.flac"]
    assert count_peaks(documents.files["peaks.bin"]) == 2
    assert documents.tree.root == build_documents(FACTS, ROWS).tree.root
    assert "peaks.bin" not in build_documents(FACTS, ROWS).files


@pytest.mark.parametrize("size", [0, 399, 401])
def test_what_is_not_400_bytes_an_item_is_no_document_of_waveforms(size: int) -> None:
    with pytest.raises(StorageError, match=f"has {size} bytes, which is not 400 for each item"):
        count_peaks(bytes(size))


def test_a_dataset_without_items_or_with_one_twice_has_no_documents() -> None:
    with pytest.raises(ItemError, match="The dataset has no items"):
        build_documents(FACTS, [])
    with pytest.raises(ItemError, match="is listed twice"):
        build_documents(FACTS, [ROWS[0], ROWS[0]])


def test_what_was_left_out_is_listed_and_told() -> None:
    problems = [Problem("z.flac", "is empty"), Problem("b\udcff.wav", "has a name that is not UTF-8; rename it")]

    documents = build_documents(FACTS, ROWS, left_out=problems)

    document = json.loads(documents.manifest)
    assert documents.files["left-out.json"].decode() == (
        '[\n{"path":"b\\\\xff.wav","reason":"has a name that is not UTF-8; rename it"},\n'
        '{"path":"z.flac","reason":"is empty"}\n]\n'
    )
    assert document["rai:dataCollectionMissingData"] == (
        "2 files of the folder are not in the dataset, as the creator chose: b\\xff.wav has a name that is not UTF-8; "
        "rename it; z.flac is empty. left-out.json has the whole list."
    )
    assert document["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]


def test_of_many_left_out_files_the_manifest_tells_the_first_few() -> None:
    problems = [Problem(f"{number:06}.flac", "is empty") for number in range(20_000)]

    documents = build_documents(FACTS, ROWS, left_out=problems)

    told = json.loads(documents.manifest)["rai:dataCollectionMissingData"]
    assert told.startswith(
        "20000 files of the folder are not in the dataset, as the creator chose: 000000.flac is empty"
    )
    assert told.endswith("000004.flac is empty; and 19995 more. left-out.json has the whole list.")
    assert len(json.loads(documents.files["left-out.json"])) == 20_000


def test_few_contributors_are_in_the_manifest_and_many_in_a_file_beside_it() -> None:
    few = replace(FACTS, contributors=tuple(Party(f"P{number}") for number in range(1_000)))
    many = replace(FACTS, contributors=tuple(Party(f"P{number}", ("composer",)) for number in range(1_001)))

    inside, beside = build_documents(few, ROWS), build_documents(many, ROWS)

    assert "contributors.json" not in inside.files
    assert "contributor" not in json.loads(beside.manifest)
    assert len(json.loads(beside.files["contributors.json"])) == 1_001
    assert read_description(inside.manifest) == few
    assert read_description(beside.manifest, beside.files["contributors.json"]) == many


def test_few_contributors_of_very_long_names_are_beside_the_manifest_too() -> None:
    long = replace(FACTS, contributors=tuple(Party(f"{number}" + "é" * 5_000) for number in range(100)))

    documents = build_documents(long, ROWS)

    assert "contributors.json" in documents.files
    assert len(documents.manifest) < MIB // 10


def test_the_largest_description_and_names_without_suffixes_stay_within_a_block_of_ipfs() -> None:
    """A CID names at most 1 MiB as one block, and gateways refuse larger ones."""
    wide = "\U0001f3b5"
    largest = Description(
        name=wide * 250,
        description=wide * 20_000,
        creators=tuple(Party(f"{number:03}" + wide * 247) for number in range(100)),
        date="2026-03-01",
        contributors=tuple(Party(f"{number}" + wide * 250) for number in range(3_000)),
        keywords=tuple(f"{number:03}" + wide * 247 for number in range(200)),
    )

    documents = build_documents(
        largest,
        [row(f"{number} {'x' * 200}") for number in range(2_000)],
        left_out=[Problem(f"{number}" + wide * 1_000, wide * 1_000) for number in range(20)],
    )

    assert len(documents.manifest) < MIB
    assert json.loads(documents.manifest)["distribution"][-1]["includes"] == ["*", "**/*"]


def test_a_manifest_that_would_be_larger_is_refused() -> None:
    spelled = replace(FACTS, keywords=tuple(f"{number:03}" + "\u0001" * 3 for number in range(3)))  # six bytes each
    heavy = replace(spelled, description="\u0001" * 20_000, citation="\u0001" * 20_000, contributors=())
    creators = tuple(Party(f"{number:03}" + "\u0001" * 247, isni="0" * 9_000) for number in range(100))

    with pytest.raises(InputError, match=r"The manifest would be 1,\d\d\d,\d\d\d bytes; shorten its texts"):
        build_documents(replace(heavy, creators=creators), ROWS)


def test_a_hundred_times_as_many_items_do_not_make_a_larger_manifest() -> None:
    many = [row(f"{number:06}.flac") for number in range(5_000)]

    assert len(build_documents(FACTS, many).manifest) < len(build_documents(FACTS, many[:50]).manifest) + 10
