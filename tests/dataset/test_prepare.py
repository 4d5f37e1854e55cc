import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from audiera.credits.contributors import ContributorsError
from audiera.credits.divide import ShareRule
from audiera.credits.people import Party
from audiera.dataset.parts import prepare_parts
from audiera.dataset.prepare import Prepared, prepare, prepare_version
from audiera.dataset.record import StoredVersion, load_version, store_version
from audiera.dataset.request import DatasetRequest
from audiera.errors import InputError
from audiera.folder.problems import FolderError
from audiera.folder.scan import Duplicates
from audiera.manifest.description import Description
from audiera.protocol import Change, Difference, compare
from audiera.protocol.cid import cid_of
from audiera.protocol.ids import ETHER
from audiera.protocol.items import ContentTree
from audiera.protocol.kinds import Kind
from audiera.protocol.splits import payee_of
from audiera.protocol.table import write_table
from audiera.work.progress import Progress
from tests.support.music import ADA, BEN, write_album, write_contributors, write_tone

PNG = b"\x89PNG\r\n\x1a\n and the rest"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_album(tmp_path / "Harbour Lights")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    rows = [f"a.flac,Ada,{ADA}", f"b.ogg,Ben,{BEN}", f"side 2/c.wav,Ada,{ADA}"]
    return write_contributors(tmp_path / "people.csv", "file,composer,address", *rows)


@pytest.fixture
def prepared(folder: Path, people: Path) -> Prepared:
    return prepare(DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.SECONDS))


@pytest.fixture
def stored(prepared: Prepared, tmp_path: Path) -> StoredVersion:
    store_version(tmp_path / "record", prepared.documents)
    return load_version(tmp_path / "record", prepared.manifest_digest)


def test_a_folder_is_ready_to_register(prepared: Prepared) -> None:
    assert prepared.content_root == ContentTree.of(row.item for row in prepared.rows).root
    assert prepared.manifest_digest == hashlib.sha256(prepared.manifest).digest()
    assert prepared.manifest_cid == cid_of(prepared.manifest_digest)
    assert prepared.documents.table == write_table(prepared.rows)
    assert prepared.credits is not None
    assert prepared.credits.split.ppm_of(payee_of(ADA)) == 666_667


def test_what_nobody_says_follows_from_the_folder(prepared: Prepared) -> None:
    assert prepared.description == Description(
        name="Harbour Lights",
        description="3 files of music, 0:01.500.",
        creators=(Party("Ada"), Party("Ben")),
        date="2026-03-01",
        contributors=(Party("Ada", ("composer",)), Party("Ben", ("composer",))),
    )


def test_what_people_say_is_taken(folder: Path, people: Path) -> None:
    prepared = prepare(
        DatasetRequest(
            folder=folder,
            date="2026-03-01",
            name="Lights",
            description="For the boat home.",
            creators=("Ada",),
            organizations=("Night Ferry",),
            keywords=("sea",),
            citation="Ada: Lights",
            contributors=people,
            rule=ShareRule.EQUAL,
        ),
        parents={b"\x99" * 32: 900_000},
    )

    facts = prepared.description
    assert (facts.name, facts.description) == ("Lights", "For the boat home.")
    assert facts.creators == (Party("Ada"), Party("Night Ferry", organization=True))
    assert (facts.keywords, facts.citation) == (("sea",), "Ada: Lights")
    assert prepared.credits is not None
    assert prepared.credits.split.ppm_of(payee_of(BEN)) == 50_000


def test_the_same_folder_and_date_give_the_same_manifest(folder: Path, people: Path, prepared: Prepared) -> None:
    again = prepare(DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.SECONDS))
    later = prepare(DatasetRequest(folder=folder, date="2026-03-02", contributors=people, rule=ShareRule.SECONDS))

    assert again.manifest == prepared.manifest
    assert later.manifest != prepared.manifest
    assert later.content_root == prepared.content_root


def test_nothing_in_the_folder_is_changed(folder: Path, people: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}

    before = state()

    prepare(DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.ITEMS))

    assert state() == before


def test_a_wrong_contributors_file_is_found_before_the_folder_is_read(folder: Path, people: Path) -> None:
    write_contributors(people, "name,adress", "Ada,")
    seen: list[Progress] = []

    with pytest.raises(ContributorsError, match="column 'adress' is unknown"):
        prepare(DatasetRequest(folder=folder, date="2026-03-01", contributors=people), progress=seen.append)
    assert seen == []


@pytest.mark.parametrize(
    ("said", "header", "row", "reason"),
    [
        ({}, "file,composer,address", f"a.flac,Ada,{ADA}", "it states no shares; say how to divide"),
        ({"rule": ShareRule.ITEMS}, "file,composer,address", "a.flac,Ada,", "no address for Ada; add it"),
        ({"rule": ShareRule.ITEMS}, "name,address", f"Ada,{ADA}", "it does not say who made which file, so --shares"),
        ({"custodian": ETHER}, "name,address,share", "Ada,,100 %", "the custodian's address is zero"),
        ({"date": "today"}, "name,address,share", f"Ada,{ADA},100 %", "date 'today' is not a day"),
        ({"keywords": ("x" * 999,)}, "name,address,share", f"Ada,{ADA},100 %", "A keyword has 999 letters"),
    ],
    ids=["no rule", "no address", "no files", "no custodian", "no day", "too long"],
)
def test_what_no_file_can_mend_is_told_before_the_folder_is_read(
    folder: Path,
    people: Path,
    *,
    said: dict[str, Any],
    header: str,
    row: str,
    reason: str,
) -> None:
    write_contributors(people, header, row)
    request = DatasetRequest(**{"folder": folder, "date": "2026-03-01", "contributors": people, **said})
    seen: list[Progress] = []

    with pytest.raises((ContributorsError, InputError), match=reason):
        prepare(request, progress=seen.append)

    assert seen == []


@pytest.mark.parametrize(
    ("header", "rows", "problems"),
    [
        (
            "name,address,role",
            ["Ada,0x12,", "Ben,,", "Ada,,producer"],
            [
                "line 2: ",
                "it states no shares; add a column `share`, or say --shares equal.",
                "no address for Ben; add it, or name with --custodian who holds in trust for them.",
            ],
        ),
        (
            "name,address,share",
            [f"Ada,{ADA},60 %", "Ben,,60 %"],
            ["", "no address for Ben; add it, or name with --custodian who holds in trust for them."],
        ),
        ("name,address,share", [f"Ada,{ADA},x", f"Ben,{BEN},"], ["line 2: "]),
        ("name,adress,share", ["Ada,,60 %", "Ben,,40 %"], ["column 'adress' is unknown"]),
    ],
    ids=["line", "shares", "all that is stated", "column"],
)
def test_what_is_wrong_and_what_is_left_open_are_told_at_once(
    folder: Path, people: Path, header: str, rows: list[str], problems: list[str]
) -> None:
    write_contributors(people, header, *rows)

    with pytest.raises(ContributorsError) as caught:
        prepare(DatasetRequest(folder=folder, date="2026-03-01", contributors=people))

    told = caught.value.problems
    assert len(told) == len(problems), told
    assert all(it.startswith(begun) for it, begun in zip(told, problems, strict=True)), told


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        ("name,address", f"Ada,{ADA}", "files cannot be grouped by it; add a column `file`"),
        ("file,composer,address", "a.flac,Ada,", "no address for Ada; add it"),
    ],
    ids=["no files", "no address"],
)
def test_what_no_file_of_groups_can_mend_is_told_before_the_folder_is_read(
    folder: Path, people: Path, header: str, row: str, reason: str
) -> None:
    write_contributors(people, header, row)
    seen: list[Progress] = []

    with pytest.raises(ContributorsError, match=reason):
        prepare_parts(DatasetRequest(folder=folder, date="2026-03-01", contributors=people), progress=seen.append)

    assert seen == []


def test_who_made_only_what_is_left_out_needs_no_address(folder: Path, people: Path) -> None:
    (folder / "cut.flac").write_bytes(b"fLaC")
    rows = [f"a.flac,Ada,{ADA}", f"b.ogg,Ben,{BEN}", f"side 2/c.wav,Ada,{ADA}", "cut.flac,Cyd,"]
    write_contributors(people, "file,composer,address", *rows)
    said = DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.ITEMS, skip_bad=True)

    assert len(prepare(said).rows) == 3


def test_a_folder_with_problems_is_not_prepared(folder: Path, people: Path) -> None:
    (folder / "empty.wav").touch()

    with pytest.raises(FolderError, match=r"1 file cannot be taken; mend them.*\n  empty.wav is empty"):
        prepare(DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.ITEMS))


def test_a_version_carries_over_what_people_said(folder: Path, stored: StoredVersion) -> None:
    write_tone(folder / "d.wav", hertz=660)

    version = prepare_version(DatasetRequest(folder=folder, date="2026-04-01"), stored, version=2)

    assert version.description == Description(
        name="Harbour Lights",
        description="4 files of music, 0:01.750.",
        creators=(Party("Ada"), Party("Ben")),
        date="2026-04-01",
        version=2,
        contributors=stored.description.contributors,
    )
    assert version.credits is None
    assert compare(stored.rows, version.rows) == (Difference(Change.ADDED, "d.wav"),)


def test_a_version_keeps_a_description_of_its_own(folder: Path, people: Path, tmp_path: Path) -> None:
    first = prepare(
        DatasetRequest(
            folder=folder, date="2026-03-01", description="Pieces.", contributors=people, rule=ShareRule.ITEMS
        )
    )
    store_version(tmp_path / "record", first.documents)
    stored = load_version(tmp_path / "record", first.manifest_digest)

    kept = prepare_version(DatasetRequest(folder=folder, date="2026-04-01"), stored, version=2)
    said = prepare_version(
        DatasetRequest(folder=folder, date="2026-04-01", description="More pieces."), stored, version=2
    )

    assert kept.description.description == "Pieces."
    assert said.description.description == "More pieces."


def test_a_version_of_an_unchanged_folder_has_no_differences(folder: Path, stored: StoredVersion) -> None:
    version = prepare_version(DatasetRequest(folder=folder, date="2026-04-01"), stored, version=2)

    assert compare(stored.rows, version.rows) == ()
    assert version.content_root == stored.tree.root


def test_the_same_folder_elsewhere_and_in_another_order_gives_the_same_manifest(
    folder: Path, people: Path, prepared: Prepared, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / folder.name
    for path in sorted(filter(Path.is_file, folder.rglob("*")), reverse=True):
        copy = elsewhere / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())

    again = prepare(DatasetRequest(folder=elsewhere, date="2026-03-01", contributors=people, rule=ShareRule.SECONDS))

    assert again.documents == prepared.documents


def test_a_folder_named_in_decomposed_letters_gives_the_name_in_composed_ones(folder: Path, people: Path) -> None:
    twin = folder.rename(folder.with_name("E\u0301cluse"))

    prepared = prepare(DatasetRequest(folder=twin, date="2026-03-01", contributors=people, rule=ShareRule.SECONDS))

    assert prepared.description.name == "\u00c9cluse"


def test_what_is_left_out_by_choice_is_said_in_the_manifest(folder: Path, people: Path) -> None:
    (folder / "empty.wav").touch()
    (folder / "d.flac").write_bytes((folder / "a.flac").read_bytes())

    prepared = prepare(
        DatasetRequest(
            folder=folder,
            date="2026-03-01",
            contributors=people,
            rule=ShareRule.SECONDS,
            skip_bad=True,
            duplicates=Duplicates.KEEP_FIRST,
        )
    )

    left_out = json.loads(prepared.documents.files["left-out.json"])
    assert [each["path"] for each in left_out] == ["d.flac", "empty.wav"]
    assert [row.metadata.path for row in prepared.rows] == ["a.flac", "b.ogg", "side 2/c.wav"]


def test_a_folder_of_anything_else_is_described_as_files(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "a.npy").write_bytes(b"12345")
    people = write_contributors(tmp_path / "people.csv", "name,address,share", f"Ada,{ADA},100 %")

    prepared = prepare(DatasetRequest(folder=folder, date="2026-03-01", contributors=people, kind=Kind.Model))

    assert prepared.description.description == "1 file, 5 bytes."
    assert b"audio" not in prepared.manifest


def test_the_contributors_file_is_not_registered_with_the_files(tmp_path: Path) -> None:
    people = write_contributors(tmp_path / "people.csv", "name,address,share", f"Ada,{ADA},100 %")

    with pytest.raises(InputError, match=r"people\.csv is among the files to register; move it out of"):
        prepare(DatasetRequest(folder=tmp_path, date="2026-03-01", contributors=people, kind=Kind.Model))


def test_more_contributors_than_creators_can_be_must_be_told_apart(folder: Path, tmp_path: Path) -> None:
    rows = [f"P{number},0x{number:040x}" for number in range(1, 102)]
    people = write_contributors(tmp_path / "people.csv", "name,address", *rows)

    with pytest.raises(InputError, match="There are 101 creators, and 100 is the most; name who made the dataset"):
        prepare(DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.EQUAL))
    named = prepare(
        DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.EQUAL, creators=("Ada",))
    )
    assert named.description.creators == (Party("Ada"),)


def test_a_store_is_told_all_that_it_must_hold(folder: Path, people: Path, tmp_path: Path) -> None:
    cover = tmp_path / "front.jpeg"
    cover.write_bytes(PNG)

    prepared = prepare(
        DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.SECONDS, cover=cover)
    )

    objects = prepared.objects
    held = [b"".join(each.blocks()) for each in objects]
    assert held[3:] == [prepared.documents.table, prepared.documents.files["peaks.bin"], PNG, prepared.manifest]
    assert [each.sha256 for each in objects] == [hashlib.sha256(data).digest() for data in held]
    assert [each.size for each in objects] == [len(data) for data in held]
    assert [each.private for each in objects] == [True] * 3 + [False] * 4


def test_a_citation_that_was_made_from_the_facts_is_made_anew(folder: Path, stored: StoredVersion) -> None:
    version = prepare_version(DatasetRequest(folder=folder, date="2027-04-01"), stored, version=2)

    assert "year = {2027}" in json.loads(version.manifest)["citeAs"]


def test_aliases_of_an_address_book_are_paid_at_their_addresses(folder: Path, tmp_path: Path) -> None:
    people = write_contributors(tmp_path / "people.csv", "name,address,share", "Ada,ada,100 %")
    book = write_contributors(tmp_path / "book.csv", "alias,address", f"ada,{ADA}")

    prepared = prepare(DatasetRequest(folder=folder, date="2026-03-01", contributors=people, address_book=book))

    assert prepared.credits is not None
    assert prepared.credits.split.ppm_of(payee_of(ADA)) == 1_000_000
