import hashlib
import json
from dataclasses import replace

import pytest
import rfc8785

from audiera.credits.people import Party
from audiera.errors import InputError, StorageError
from audiera.folder.problems import Problem
from audiera.manifest.citation import cite
from audiera.manifest.cover import Cover
from audiera.manifest.description import Description
from audiera.manifest.documents import build_documents
from audiera.manifest.manifest import NamedFile, read_commitments, read_description
from audiera.protocol.cid import cid_of
from audiera.protocol.items import ContentTree, Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.table import TableRow, columns, write_table


def row(path: str, media_type: str, title: str | None = None) -> TableRow:
    metadata = Metadata(path=path, media_type=media_type, title=title, duration_ms=1_500)
    return TableRow(Item.of(hashlib.sha256(path.encode()).digest(), 77, metadata), metadata)


ROWS = (row("a.flac", "audio/flac", "Écluse"), row("b.ogg", "audio/ogg"), row("side 2/c.ogg", "audio/ogg"))
FACTS = Description(
    name="Harbour Lights",
    description="Six short pieces.",
    creators=(Party("Night Ferry", organization=True), Party("Ada", orcid="0000-0002-1825-0097")),
    date="2026-03-01",
    version=2,
    contributors=(
        Party("Ada", ("composer", "performer"), "0000000121032683", "00519338442", "0000-0002-1825-0097"),
        Party("Ben"),
        Party("Sea Records", ("publisher",), organization=True),
    ),
    keywords=("electronic", "sea"),
)
DOCUMENTS = build_documents(FACTS, ROWS)
MANIFEST = DOCUMENTS.manifest
DOCUMENT = json.loads(MANIFEST)


def test_a_manifest_is_canonical_and_a_function_of_its_input() -> None:
    assert rfc8785.dumps(DOCUMENT) == MANIFEST
    assert build_documents(FACTS, tuple(reversed(ROWS))) == DOCUMENTS


def test_a_manifest_is_a_croissant_dataset() -> None:
    assert DOCUMENT["@context"]["cr"] == "http://mlcommons.org/croissant/"
    assert DOCUMENT["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert DOCUMENT["@type"] == "sc:Dataset"
    assert DOCUMENT["isLiveDataset"] is False


def test_a_manifest_states_what_people_say() -> None:
    assert DOCUMENT["name"] == "Harbour Lights"
    assert DOCUMENT["description"] == "Six short pieces."
    assert DOCUMENT["datePublished"] == "2026-03-01"
    assert DOCUMENT["version"] == "2.0.0"
    assert DOCUMENT["keywords"] == ["electronic", "sea"]
    assert DOCUMENT["creator"] == [
        {"@type": "sc:Organization", "name": "Night Ferry"},
        {"@type": "sc:Person", "name": "Ada", "sameAs": ["https://orcid.org/0000-0002-1825-0097"]},
    ]


def test_a_manifest_names_contributors_with_their_roles_and_identifiers() -> None:
    assert DOCUMENT["contributor"] == [
        {
            "@type": "sc:Role",
            "roleName": ["composer", "performer"],
            "contributor": {
                "@type": "sc:Person",
                "name": "Ada",
                "sameAs": ["https://isni.org/isni/0000000121032683", "https://orcid.org/0000-0002-1825-0097"],
                "identifier": {"@type": "sc:PropertyValue", "propertyID": "IPI", "value": "00519338442"},
            },
        },
        {"@type": "sc:Person", "name": "Ben"},
        {
            "@type": "sc:Role",
            "roleName": ["publisher"],
            "contributor": {"@type": "sc:Organization", "name": "Sea Records"},
        },
    ]


def test_a_manifest_names_its_content_root_and_item_table() -> None:
    table = write_table(ROWS)

    commitments = read_commitments(MANIFEST)

    assert commitments.content_root == ContentTree.of(row.item for row in ROWS).root == DOCUMENTS.tree.root
    assert commitments.table.sha256 == hashlib.sha256(table).digest()
    assert commitments.files == (NamedFile("items.json", hashlib.sha256(table).digest(), len(table)),)
    assert DOCUMENT["distribution"][0]["contentSize"] == f"{len(table)} B"
    assert DOCUMENT["url"] == f"ipfs://{cid_of(hashlib.sha256(table).digest())}"


def test_a_manifest_states_no_terms_but_where_licences_come_from() -> None:
    assert DOCUMENT["license"] == {
        "@type": "sc:CreativeWork",
        "name": "Licences are offered on chain",
        "description": "Licences, under terms that may change, are offered in the LicenseRegistry contract for the "
        "dataset that has this manifest in the DatasetRegistry contract. What files say of their own licence is in the "
        "item table.",
    }
    assert "usageInfo" not in DOCUMENT


def test_a_manifest_cites_itself_unless_somebody_says_how() -> None:
    said = build_documents(replace(FACTS, citation="Night Ferry (2026), Harbour Lights."), ROWS).manifest

    assert DOCUMENT["citeAs"] == cite(FACTS, DOCUMENTS.tree.root)
    assert json.loads(said)["citeAs"] == "Night Ferry (2026), Harbour Lights."
    assert read_description(MANIFEST).citation == ""
    assert read_description(said).citation == "Night Ferry (2026), Harbour Lights."


@pytest.mark.parametrize(
    ("paths", "includes"),
    [
        (["a.flac", "b.ogg", "side 2/c.ogg"], ["**/*.ogg", "*.flac", "*.ogg"]),
        (["a.FLAC", "b.flac"], ["*.FLAC", "*.flac"]),
        (["README", "x/[live]"], ["README", "x/[[]live]"]),
        (["01. Cast Off", "a.what?", "b.tar.gz"], ["*.gz", "01. Cast Off", "a.what[?]"]),
    ],
    ids=["by suffix", "in both cases", "without a suffix", "with an odd one"],
)
def test_a_manifest_names_its_files_by_patterns_that_match_them_and_little_else(
    paths: list[str], includes: list[str]
) -> None:
    document = json.loads(build_documents(FACTS, [row(path, "audio/flac") for path in paths]).manifest)

    assert document["distribution"][1]["includes"] == includes


def test_a_manifest_names_the_media_types_of_its_files() -> None:
    assert DOCUMENT["distribution"][1]["encodingFormat"] == ["audio/flac", "audio/ogg"]


def test_the_item_table_has_a_field_for_each_column_that_occurs() -> None:
    (records,) = DOCUMENT["recordSet"]

    paths = {field["source"]["extract"]["jsonPath"] for field in records["field"]}
    assert paths == {f"$[*].{column}" for column in columns(ROWS)}
    assert columns(ROWS) == {"path", "sha256", "size", "media_type", "duration_ms", "title"}


def test_what_nobody_says_is_not_in_a_manifest() -> None:
    plain = Description(name="N", description="D", creators=(Party("C"),), date="2026-03-01")

    manifest = build_documents(plain, ROWS).manifest

    unsaid = {"contributor", "keywords", "image", "rai:dataCollectionMissingData", "usageInfo"}
    assert not json.loads(manifest).keys() & unsaid
    assert read_description(manifest) == plain


@pytest.mark.parametrize("rows", [ROWS[:2], (*ROWS[:2], row("side 2/d.ogg", "audio/ogg"))])
def test_other_items_make_another_manifest(rows: tuple[TableRow, ...]) -> None:
    assert build_documents(FACTS, rows).manifest != MANIFEST


def test_a_description_is_read_back_from_its_manifest() -> None:
    assert read_description(MANIFEST) == FACTS


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        b"[]",
        MANIFEST.replace(b"Harbour Lights", b"\xff"),
        MANIFEST.replace(b'"2.0.0"', b"2"),
        MANIFEST.replace(b'"2.0.0"', b'"2.1.0"'),
        MANIFEST.replace(b'"name":"Ben"', b'"label":"Ben"'),
        MANIFEST.replace(b'"name":"Ben"', b'"email":"ben","name":"Ben"'),
        MANIFEST.replace(b'"roleName":["composer","performer"]', b'"roleName":"composer"'),
        MANIFEST.replace(b"https://isni.org/", b"https://isni.com/"),
        MANIFEST.replace(b"2026-03-01", b"2026-03-32"),
    ],
    ids=range(11),
)
def test_a_damaged_manifest_is_not_read(damaged: bytes) -> None:
    assert damaged != MANIFEST

    with pytest.raises(StorageError, match="The manifest cannot be read"):
        read_description(damaged)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        MANIFEST.replace(b"contentRoot", b"otherRoot!!"),
        MANIFEST.replace(b'"value":"0x', b'"value":"0y'),
        MANIFEST.replace(b'"value":"0x', b'"value":"0x00'),
        MANIFEST.replace(b'"@id":"items.json","@type"', b'"@id":"other.json","@type"'),
        MANIFEST.replace(b'"@id":"items.json","@type"', b'"@id":"../items.json","@type"'),
        MANIFEST.replace(b' B"', b'"').replace(b'"contentSize":"', b'"contentSize":"x'),
    ],
    ids=range(8),
)
def test_commitments_are_not_read_from_a_damaged_manifest(damaged: bytes) -> None:
    assert damaged != MANIFEST

    with pytest.raises(StorageError, match="The manifest cannot be read"):
        read_commitments(damaged)


def test_a_manifest_that_names_a_file_elsewhere_is_refused() -> None:
    """AUD-A50: Whoever loads a version reads and writes files of these names."""
    cover = Cover("image/png", b"\x89PNG\r\n\x1a\n")
    manifest = build_documents(FACTS, ROWS, cover=cover).manifest

    with pytest.raises(StorageError, match=r"it names the unknown file '\.\./cover\.png'"):
        read_commitments(manifest.replace(b'"@id":"cover.png"', b'"@id":"../cover.png"'))


def test_a_manifest_that_names_a_file_twice_is_refused() -> None:
    left_out = build_documents(FACTS, ROWS, left_out=[Problem("a", "is empty")]).manifest

    with pytest.raises(StorageError, match="it names a file twice"):
        read_commitments(left_out.replace(b'"@id":"left-out.json"', b'"@id":"items.json"'))


@pytest.mark.parametrize(
    ("name", "text", "creators"), [(" ", "D", ["C"]), ("N", "\n", ["C"]), ("N", "D", []), ("N", "D", ["C", ""])]
)
def test_a_description_needs_a_name_a_text_and_a_creator(name: str, text: str, creators: list[str]) -> None:
    with pytest.raises(InputError, match="A dataset needs a name, a description and a creator; give all three"):
        Description(name=name, description=text, creators=tuple(map(Party, creators)), date="2026-03-01")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "N" * 251, "The name has 251 letters; shorten it to 250."),
        ("name", "N\udcff", "The name 'N\\udcff' is not valid Unicode; give one that is."),
        ("description", "D" * 20_001, "The description has 20,001 letters; shorten it to 20,000."),
        ("citation", "C" * 20_001, "The citation has 20,001 letters; shorten it to 20,000."),
        ("keywords", ("k" * 251,), "A keyword has 251 letters; shorten it to 250."),
        ("keywords", ("k",) * 201, "There are 201 keywords; choose 200 at most."),
        ("creators", (Party("C" * 251),), "A creator's name has 251 letters; shorten it to 250."),
        (
            "creators",
            (Party("C"),) * 101,
            "There are 101 creators, and 100 is the most; name who made the dataset with --creator or --organization.",
        ),
    ],
)
def test_a_description_has_bounds(field: str, value: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(FACTS, **{field: value})  # type: ignore[arg-type]  # of the type of each field

    assert str(caught.value) == message


def test_a_name_is_one_line_in_one_spelling() -> None:
    assert replace(FACTS, name=" E\u0301cluse\n2 ").name == "\u00c9cluse 2"
    assert replace(FACTS, keywords=(" sea", "sea ", "")).keywords == ("sea",)


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
        replace(FACTS, date=date)

    assert str(caught.value) == message
