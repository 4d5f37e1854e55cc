from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.text.spreadsheet import read_spreadsheet


def test_a_header_as_wide_as_the_file_is_refused_before_every_row_is_made_as_wide(tmp_path: Path) -> None:
    """AUD-A54"""
    path = tmp_path / "people.csv"
    path.write_text("name," + ",".join(f"{number:x}" for number in range(20_000)) + "\n" + "a\n" * 40_000)

    with pytest.raises(InputError) as caught:
        read_spreadsheet(path, {"name"})

    assert str(caught.value) == "it has 20,001 columns, and 256 are the most; is this the right file?"


def test_short_rows_by_the_thousand_are_refused_before_each_is_made_as_wide_as_the_header(tmp_path: Path) -> None:
    """AUD-A54"""
    path = tmp_path / "people.csv"
    path.write_text("name," + ",".join(f"{number:x}" for number in range(255)) + "\n" + "a\n" * 40_000)

    with pytest.raises(InputError) as caught:
        read_spreadsheet(path, {"name"})

    assert str(caught.value) == "it has more than 32,768 rows, of 256 columns; is this the right file?"
