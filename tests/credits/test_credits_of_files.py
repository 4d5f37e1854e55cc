"""A contributors file and a folder that do not quite agree: files left out, spelt otherwise, or with odd names."""

from pathlib import Path

import pytest

from audiera.credits.contributors import ContributorsError, read_contributors
from audiera.credits.divide import ShareRule, divide
from audiera.folder.scan import scan
from audiera.protocol.splits import WHOLE
from tests.support.credits import ROWS, by_file, ppm, problems
from tests.support.music import ADA, BEN, write_contributors, write_tone


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contributors.csv"


def test_a_file_that_is_left_out_pays_nobody(path: Path) -> None:
    divided = divide(by_file(path), ROWS[1:], rule=ShareRule.SECONDS, left_out=["a.flac"])

    assert ppm(divided) == {"Ada": 333_334, "Ben": 333_333, "Cara": 333_333}
    assert divided.notes == ("a.flac is left out, so it pays nothing to Ada.",)


def test_who_made_only_what_is_left_out_gets_no_share_and_is_named(path: Path) -> None:
    divided = divide(by_file(path), [ROWS[0], ROWS[2]], rule=ShareRule.EQUAL, left_out=["b.flac"])

    assert ppm(divided) == {"Ada": 500_000, "Cara": 500_000}
    assert [party.name for party in divided.parties] == ["Ada", "Cara"]
    assert divided.notes == (
        "b.flac is left out, so it pays nothing to Ben.",
        "Ben is credited only for what is left out, and gets no share.",
    )


def test_a_path_that_is_left_out_is_found_however_its_accents_are_coded(path: Path) -> None:
    lines = [f"a.flac,Ada,{ADA}", f"\u00e9.flac,Ben,{BEN}"]
    contributors = read_contributors(write_contributors(path, "file,composer,address", *lines))

    divided = divide(contributors, ROWS[:1], rule=ShareRule.EQUAL, left_out=["e\u0301.flac"])

    assert ppm(divided) == {"Ada": WHOLE}


def test_nobody_is_left_to_pay_if_all_credited_files_are_left_out(path: Path) -> None:
    lines = [f"a.flac,Ada,{ADA}", "b.flac,-,"]
    contributors = read_contributors(write_contributors(path, "file,composer,address", *lines))

    with pytest.raises(ContributorsError) as caught:
        divide(contributors, ROWS[1:2], rule=ShareRule.EQUAL, left_out=["a.flac"])

    assert caught.value.problems == ("nobody is credited for any file that is taken; credit at least one.",)


def test_a_file_that_differs_in_case_is_pointed_out(path: Path) -> None:
    lines = [f"A.flac,Ada,{ADA}", "a.flac,-,", "b.flac,-,", "c.flac,-,"]
    contributors = read_contributors(write_contributors(path, "file,composer,address", *lines))

    assert "line 2: A.flac is not in the folder; it has a.flac." in problems(contributors, ShareRule.ITEMS)


def test_a_file_whose_name_begins_with_a_space_is_found_by_its_row(tmp_path: Path) -> None:
    """Cells are read without the spaces around them: spreadsheets put some there."""
    people = read_contributors(
        write_contributors(
            tmp_path / "people.csv", "file,composer,address", f" lead.flac ,Ada,{ADA}", f"b.flac,Ben,{BEN}"
        )
    )
    write_tone(tmp_path / "music" / " lead.flac")
    write_tone(tmp_path / "music" / "b.flac", hertz=220)

    divided = divide(people, scan(tmp_path / "music").rows, rule=ShareRule.ITEMS)

    assert [(payout.names, payout.ppm) for payout in divided.payouts] == [(("Ada",), 500_000), (("Ben",), 500_000)]


def test_a_row_of_a_file_that_is_passed_over_says_so(path: Path) -> None:
    contributors = by_file(path)
    passed_over = {"b.flac": "holds video; extract its sound"}

    with pytest.raises(ContributorsError) as refusal:
        divide(contributors, [ROWS[0], ROWS[2]], rule=ShareRule.EQUAL, passed_over=passed_over)

    said = "b.flac is passed over (holds video; extract its sound); mend that or remove the row."
    assert any(problem.endswith(said) for problem in refusal.value.problems)
    assert not any("is not in the folder" in problem for problem in refusal.value.problems)


def test_a_name_with_a_backslash_that_is_left_out_is_found(path: Path) -> None:
    write_contributors(path, "file,composer,address", f"a.flac,Ada,{ADA}", f"back\\slash.flac,Ben,{BEN}")

    divided = divide(read_contributors(path), ROWS[:1], rule=ShareRule.EQUAL, left_out=["back\\slash.flac"])

    assert len(divided.payouts) == 1
