import hashlib
from pathlib import Path

import pytest

from audiera.cid import cid_of
from audiera.compare import Change, Difference, compare
from audiera.contributors import ContributorsError
from audiera.credits import ShareRule
from audiera.description import Description, Party
from audiera.items import ContentTree
from audiera.prepare import Prepared, prepare, prepare_version
from audiera.record import StoredVersion, load_version, store_version
from audiera.scan import Progress
from audiera.splits import payee_of
from audiera.table import write_table
from audiera.walk import FolderError
from tests.support.music import ADA, BEN, write_album, write_contributors, write_tone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_album(tmp_path / "Harbour Lights")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    rows = [f"a.flac,Ada,{ADA}", f"b.ogg,Ben,{BEN}", f"side 2/c.wav,Ada,{ADA}"]
    return write_contributors(tmp_path / "people.csv", "file,composer,address", *rows)


@pytest.fixture
def prepared(folder: Path, people: Path) -> Prepared:
    return prepare(folder, date="2026-03-01", contributors=people, rule=ShareRule.SECONDS)


@pytest.fixture
def stored(prepared: Prepared, tmp_path: Path) -> StoredVersion:
    store_version(tmp_path / "record", prepared.manifest, prepared.table)
    return load_version(tmp_path / "record", prepared.manifest_digest)


def test_a_folder_is_ready_to_register(prepared: Prepared) -> None:
    assert prepared.content_root == ContentTree.of(row.item for row in prepared.rows).root
    assert prepared.manifest_digest == hashlib.sha256(prepared.manifest).digest()
    assert prepared.manifest_cid == cid_of(prepared.manifest_digest)
    assert prepared.table == write_table(prepared.rows)
    assert prepared.credits is not None
    assert prepared.credits.split.ppm_of(payee_of(ADA)) == 666_667


def test_what_nobody_says_follows_from_the_folder(prepared: Prepared) -> None:
    assert prepared.description == Description(
        name="Harbour Lights",
        description="3 files of audio, 0 min 2 s.",
        creators=("Ada", "Ben"),
        date="2026-03-01",
        contributors=(Party("Ada", ("composer",)), Party("Ben", ("composer",))),
    )


def test_what_people_say_is_taken(folder: Path, people: Path) -> None:
    prepared = prepare(
        folder,
        date="2026-03-01",
        name="Lights",
        description="For the boat home.",
        creators=["Night Ferry"],
        keywords=["sea"],
        contributors=people,
        rule=ShareRule.EQUAL,
        parents={b"\x99" * 32: 900_000},
    )

    facts = prepared.description
    assert (facts.name, facts.description, facts.creators) == ("Lights", "For the boat home.", ("Night Ferry",))
    assert facts.keywords == ("sea",)
    assert prepared.credits is not None
    assert prepared.credits.split.ppm_of(payee_of(BEN)) == 50_000


def test_the_same_folder_and_date_give_the_same_manifest(folder: Path, people: Path, prepared: Prepared) -> None:
    again = prepare(folder, date="2026-03-01", contributors=people, rule=ShareRule.SECONDS)
    later = prepare(folder, date="2026-03-02", contributors=people, rule=ShareRule.SECONDS)

    assert again.manifest == prepared.manifest
    assert later.manifest != prepared.manifest
    assert later.content_root == prepared.content_root


def test_nothing_in_the_folder_is_changed(folder: Path, people: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}

    before = state()

    prepare(folder, date="2026-03-01", contributors=people, rule=ShareRule.ITEMS)

    assert state() == before


def test_a_wrong_contributors_file_is_found_before_the_folder_is_read(folder: Path, people: Path) -> None:
    write_contributors(people, "name,adress", "Ada,")
    seen: list[Progress] = []

    with pytest.raises(ContributorsError, match="column 'adress' is unknown"):
        prepare(folder, date="2026-03-01", contributors=people, progress=seen.append)
    assert seen == []


def test_a_folder_with_problems_is_not_prepared(folder: Path, people: Path) -> None:
    (folder / "empty.wav").touch()

    with pytest.raises(
        FolderError, match=r"1 file cannot be taken; mend them or move them out\.\n  empty.wav is empty"
    ):
        prepare(folder, date="2026-03-01", contributors=people, rule=ShareRule.ITEMS)


def test_a_version_carries_over_what_people_said(folder: Path, stored: StoredVersion) -> None:
    write_tone(folder / "d.wav", hertz=660)

    version = prepare_version(folder, stored, date="2026-04-01", version=2)

    assert version.description == Description(
        name="Harbour Lights",
        description="4 files of audio, 0 min 2 s.",
        creators=("Ada", "Ben"),
        date="2026-04-01",
        version=2,
        contributors=stored.description.contributors,
    )
    assert version.credits is None
    assert compare(stored.rows, version.rows) == (Difference(Change.ADDED, "d.wav"),)


def test_a_version_keeps_a_description_of_its_own(folder: Path, people: Path, tmp_path: Path) -> None:
    first = prepare(folder, date="2026-03-01", description="Pieces.", contributors=people, rule=ShareRule.ITEMS)
    store_version(tmp_path / "record", first.manifest, first.table)
    stored = load_version(tmp_path / "record", first.manifest_digest)

    kept = prepare_version(folder, stored, date="2026-04-01", version=2)
    said = prepare_version(folder, stored, date="2026-04-01", version=2, description="More pieces.")

    assert kept.description.description == "Pieces."
    assert said.description.description == "More pieces."


def test_a_version_of_an_unchanged_folder_has_no_differences(folder: Path, stored: StoredVersion) -> None:
    version = prepare_version(folder, stored, date="2026-04-01", version=2)

    assert compare(stored.rows, version.rows) == ()
    assert version.content_root == stored.tree.root
