import time
from pathlib import Path

import pytest

from audiera.credits.contributors import read_contributors
from audiera.dataset.disagreements import disagreements
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.table import TableRow


def song(**facts: object) -> TableRow:
    metadata = Metadata(path="Écluse.flac", media_type="audio/flac", duration_ms=187_250, **facts)  # type: ignore[arg-type]  # any of its fields
    return TableRow(Item.of(bytes(32), 5_000, metadata), metadata)


def notes(folder: Path, header: str, *rows: str, item: TableRow) -> list[str]:
    (folder / "people.csv").write_text("\n".join([f"file,composer,{header}", *rows]), encoding="utf-8")
    return [str(note) for note in disagreements(read_contributors(folder / "people.csv"), [item])]


FULL = {
    "title": "Lock Gate",
    "album": "Canal",
    "track": 3,
    "date": "2019-05-01",
    "isrc": "GBAYE6800011",
    "licence": "CC-BY-4.0",
}


@pytest.mark.parametrize("column", ["bytes", "track", "seconds", "title"])
@pytest.mark.parametrize("cell", ["9" * 5_000, "0" * 60_000 + "x", "9" * 4_000], ids=["digits", "zeros", "shorter"])
def test_a_cell_beyond_all_measure_ends_nothing_and_takes_no_time(tmp_path: Path, column: str, cell: str) -> None:
    """AUD-A54"""
    begun = time.process_time()

    notes(tmp_path, column, f"Écluse.flac,Ada,{cell}", item=song(track=3))

    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("title", "Sluice", "has the title 'Lock Gate', but people.csv says 'Sluice'"),
        ("Album", "River", "has the album 'Canal', but people.csv says 'River'"),
        ("track", "4", "is track 3, but people.csv says '4'"),
        ("year", "2018", "is dated 2019-05-01, but people.csv says '2018'"),
        ("date", "2019-06", "is dated 2019-05-01, but people.csv says '2019-06'"),
        ("seconds", "189", "lasts 3:07.250, but people.csv says '189'"),
        ("duration", "3:09", "lasts 3:07.250, but people.csv says '3:09'"),
        ("length", "0:03:08.5", "lasts 3:07.250, but people.csv says '0:03:08.5'"),
        ("seconds", "187.9", "lasts 3:07.250, but people.csv says '187.9'"),
        ("bytes", "4999", "has 5,000 bytes, but people.csv says '4999'"),
        ("isrc", "GB-AYE-68-00012", "has the ISRC GBAYE6800011, but people.csv says 'GB-AYE-68-00012'"),
        ("licence", "CC0-1.0", "has the licence 'CC-BY-4.0', but people.csv says 'CC0-1.0'"),
        (
            "license",
            "http://creativecommons.org/licenses/by-nc/4.0/",
            "has the licence 'CC-BY-4.0', but people.csv says 'http://creativecommons.org/licenses/by-nc/4.0/'",
        ),
    ],
)
def test_a_cell_that_contradicts_the_file_is_named_with_both_values(
    tmp_path: Path, column: str, cell: str, said: str
) -> None:
    found = notes(tmp_path, column, f"Écluse.flac,Ada,{cell}", item=song(**FULL))

    assert found == [f"Écluse.flac {said} (line 2, column {column.lower()})"]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("title", "lock  gate"),
        ("title", ""),
        ("track", "03/12"),
        ("track", "A3"),
        ("year", "2019"),
        ("date", "2019-05"),
        ("seconds", "187.2"),
        ("seconds", "188"),
        ("seconds", '"187,2"'),
        ("duration", "3:07"),
        ("duration", "0:03:07.250"),
        ("length", "187 s"),
        ("seconds", "a while"),
        ("bytes", "5000"),
        ("isrc", "gb-aye-68-00011"),
        ("licence", "https://creativecommons.org/licenses/by/4.0/"),
        ("licence", "https://example.org/licence"),
        ("licence", "CC-BY"),
        ("source", "Somewhere"),
    ],
)
def test_what_agrees_is_not_remarked_on(tmp_path: Path, column: str, cell: str) -> None:
    assert notes(tmp_path, column, f"Écluse.flac,Ada,{cell}", item=song(**FULL)) == []


@pytest.mark.parametrize(
    ("column", "cell"), [("title", "Sluice"), ("track", "4"), ("year", "2018"), ("isrc", "GBAYE6800012")]
)
def test_a_file_that_says_nothing_contradicts_nothing(tmp_path: Path, column: str, cell: str) -> None:
    assert notes(tmp_path, column, f"Écluse.flac,Ada,{cell}", item=song()) == []


def test_files_are_found_however_their_accents_are_coded_and_others_passed_over(tmp_path: Path) -> None:
    rows = ("E\u0301cluse.flac,Ada,1", "other.flac,Ada,1")

    found = notes(tmp_path, "bytes", *rows, item=song())

    assert found == ["Écluse.flac has 5,000 bytes, but people.csv says '1' (line 2, column bytes)"]


def test_two_people_of_one_file_do_not_double_a_contradiction_of_one_line(tmp_path: Path) -> None:
    rows = ("Écluse.flac,Ada,1", "Écluse.flac,Ben,5000")

    assert len(notes(tmp_path, "bytes", *rows, item=song())) == 1


@pytest.mark.parametrize(
    ("name", "text"), [("people.csv", "name,title\nAda,x\n"), ("people.yaml", "contributors: [Ada]\n")]
)
def test_a_sheet_that_names_no_files_contradicts_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)

    assert disagreements(read_contributors(tmp_path / name), [song(**FULL)]) == ()
