import hashlib
import json

import pytest
import rfc8785

from audiera.description import Description, Party
from audiera.errors import InputError, StorageError
from audiera.items import ContentTree, Item
from audiera.manifest import build_manifest, read_commitments
from audiera.metadata import Metadata
from audiera.table import TableRow, write_table


def row(path: str, media_type: str, title: str | None = None) -> TableRow:
    metadata = Metadata(path=path, media_type=media_type, title=title, duration_ms=1_500)
    return TableRow(Item.of(hashlib.sha256(path.encode()).digest(), 77, metadata), metadata)


ROWS = (row("a.flac", "audio/flac", "Écluse"), row("b.ogg", "audio/ogg"), row("side 2/c.ogg", "audio/ogg"))
FACTS = Description(
    name="Harbour Lights",
    description="Six short pieces.",
    creators=("Night Ferry",),
    date="2026-03-01",
    version=2,
    contributors=(Party("Ada", ("composer", "performer"), "0000000121032683"), Party("Ben")),
    keywords=("electronic", "sea"),
)
MANIFEST = build_manifest(FACTS, ROWS)
DOCUMENT = json.loads(MANIFEST)


def test_a_manifest_is_canonical_and_a_function_of_its_input() -> None:
    assert rfc8785.dumps(DOCUMENT) == MANIFEST
    assert build_manifest(FACTS, tuple(reversed(ROWS))) == MANIFEST


def test_a_manifest_is_a_croissant_dataset() -> None:
    assert DOCUMENT["@context"]["cr"] == "http://mlcommons.org/croissant/"
    assert DOCUMENT["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert DOCUMENT["@type"] == "sc:Dataset"


def test_a_manifest_states_what_people_say() -> None:
    assert DOCUMENT["name"] == "Harbour Lights"
    assert DOCUMENT["description"] == "Six short pieces."
    assert DOCUMENT["datePublished"] == "2026-03-01"
    assert DOCUMENT["version"] == "2.0.0"
    assert DOCUMENT["keywords"] == ["electronic", "sea"]
    assert DOCUMENT["creator"] == [{"@type": "sc:Person", "name": "Night Ferry"}]
    assert DOCUMENT["contributor"] == [
        {
            "@type": "sc:Role",
            "roleName": ["composer", "performer"],
            "contributor": {
                "@type": "sc:Person",
                "name": "Ada",
                "sameAs": "https://isni.org/isni/0000000121032683",
            },
        },
        {"@type": "sc:Person", "name": "Ben"},
    ]


def test_a_manifest_names_its_content_root_and_item_table() -> None:
    table = write_table(ROWS)

    commitments = read_commitments(MANIFEST)

    assert commitments.content_root == ContentTree.of(row.item for row in ROWS).root
    assert commitments.table_sha256 == hashlib.sha256(table).digest()
    assert DOCUMENT["distribution"][0]["contentSize"] == f"{len(table)} B"


def test_a_manifest_names_its_files_by_kind() -> None:
    assert DOCUMENT["distribution"][1]["includes"] == ["**/*.flac", "**/*.ogg"]
    assert DOCUMENT["distribution"][1]["encodingFormat"] == ["audio/flac", "audio/ogg"]


def test_the_item_table_has_a_field_for_each_column_that_occurs() -> None:
    (records,) = DOCUMENT["recordSet"]

    columns = {column for line in write_table(ROWS).splitlines() for column in json.loads(line)}
    assert {field["source"]["extract"]["column"] for field in records["field"]} == columns
    assert columns == {"path", "sha256", "size", "media_type", "duration_ms", "title"}


def test_what_nobody_says_is_not_in_a_manifest() -> None:
    plain = Description(name="N", description="D", creators=("C",), date="2026-03-01")

    document = json.loads(build_manifest(plain, ROWS))

    assert not document.keys() & {"contributor", "keywords"}
    assert Description.from_manifest(build_manifest(plain, ROWS)) == plain


@pytest.mark.parametrize("rows", [ROWS[:2], (*ROWS[:2], row("side 2/d.ogg", "audio/ogg"))])
def test_other_items_make_another_manifest(rows: tuple[TableRow, ...]) -> None:
    assert build_manifest(FACTS, rows) != MANIFEST


def test_a_hundred_thousand_items_do_not_make_a_larger_manifest() -> None:
    """A manifest stays one block of IPFS however many items it has: the table is a file of its own."""
    many = [row(f"{number:06}.flac", "audio/flac") for number in range(2_000)]

    assert len(build_manifest(FACTS, many)) < len(MANIFEST) + 100


def test_a_description_is_read_back_from_its_manifest() -> None:
    assert Description.from_manifest(MANIFEST) == FACTS


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        b"[]",
        MANIFEST.replace(b"Harbour Lights", b"\xff"),
        MANIFEST.replace(b'"2.0.0"', b"2"),
        MANIFEST.replace(b'"name":"Ben"', b'"label":"Ben"'),
        MANIFEST.replace(b'"roleName":["composer","performer"]', b'"roleName":"composer"'),
        MANIFEST.replace(b"2026-03-01", b"2026-03-32"),
    ],
    ids=range(8),
)
def test_a_damaged_manifest_is_not_read(damaged: bytes) -> None:
    assert damaged != MANIFEST

    with pytest.raises(StorageError, match="The manifest cannot be read"):
        Description.from_manifest(damaged)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        MANIFEST.replace(b"contentRoot", b"otherRoot!!"),
        MANIFEST.replace(b'"value":"0x', b'"value":"0y'),
        MANIFEST.replace(b'"value":"0x', b'"value":"0x00'),
        MANIFEST.replace(b'"@id":"items.jsonl","@type"', b'"@id":"other.jsonl","@type"'),
    ],
    ids=range(6),
)
def test_commitments_are_not_read_from_a_damaged_manifest(damaged: bytes) -> None:
    assert damaged != MANIFEST

    with pytest.raises(StorageError, match="The manifest cannot be read"):
        read_commitments(damaged)


@pytest.mark.parametrize(
    ("name", "text", "creators"), [(" ", "D", ("C",)), ("N", "\n", ("C",)), ("N", "D", ()), ("N", "D", ("C", ""))]
)
def test_a_description_needs_a_name_a_text_and_a_creator(name: str, text: str, creators: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="A dataset needs a name, a description and a creator; give all three"):
        Description(name=name, description=text, creators=creators, date="2026-03-01")


@pytest.mark.parametrize(
    ("date", "message"),
    [
        ("2026-02-30", "date '2026-02-30' is not a day; write it as YYYY-MM-DD."),
        ("today", "date 'today' is not a day; write it as YYYY-MM-DD."),
        ("20260301", "date '20260301' is not in the one form used here; write 2026-03-01."),
    ],
)
def test_a_date_has_one_form(date: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Description(name="N", description="D", creators=("C",), date=date)

    assert str(caught.value) == message
