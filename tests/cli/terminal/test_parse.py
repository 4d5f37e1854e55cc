"""What people type for an account, a payee, a parent or a split."""

from pathlib import Path

import click
import pytest

from audiera.cli.terminal.parse import DATASET, parse_account, parse_parent, parse_split, parse_whole
from audiera.errors import InputError, LineageError
from audiera.protocol.ids import dataset_account
from audiera.protocol.splits import Split, payee_of
from tests.support.music import ADA, BEN

REGISTRY = "0x" + "99" * 20


def test_a_split_is_read_from_pairs_of_a_payee_and_a_share() -> None:
    split = parse_split([f"{ADA}:60%", f"{BEN}:2/5"], REGISTRY)

    assert split == Split.of({payee_of(ADA): 600_000, payee_of(BEN): 400_000})


def test_a_split_is_read_from_a_file_and_names_datasets(tmp_path: Path) -> None:
    file = tmp_path / "split.csv"
    file.write_text(f"payee,share\n{ADA},1/3\ndataset:7,1/3\n0x{'ab' * 32},1/3\n")

    split = parse_split([str(file)], REGISTRY)

    assert split.ppm_of(dataset_account(REGISTRY, 7)) == 333_333
    assert sorted(share.ppm for share in split.shares) == [333_333, 333_333, 333_334]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ([f"{ADA}:60%"], "add up to 60 %"),
        ([f"{ADA}:1/3", f"{BEN}:1/3"], "not 100 %"),
        ([f"{ADA}:60%", f"{ADA}:40%"], "listed twice"),
        (["ada:60%"], "'ada' is nobody to pay"),
        ([ADA, BEN], "is not a payee and its share"),
        (["nowhere.csv"], "cannot be read"),
    ],
)
def test_a_split_that_makes_no_whole_is_refused(shares: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_split(shares, REGISTRY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("payee,share\n" + "1" * 200_000, "line 2 is not CSV"),
        ("payee,share\n" + ADA, "needs a header `payee,share` and both in every row"),
        ("payee\n" + ADA, "needs a header `payee,share` and both in every row"),
    ],
    ids=["a cell without end", "no share", "no column"],
)
def test_a_file_that_is_no_split_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """AUD-A54: one cell without end ended in an error of the library's."""
    (tmp_path / "split.csv").write_text(text)

    with pytest.raises(InputError, match=message):
        parse_split([str(tmp_path / "split.csv")], REGISTRY)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Wesnoth", "'Wesnoth' is no number of a dataset; `ape run dataset list` shows them."),
        ("0", "0 is not in the range 1<=x<=4294967295."),
    ],
    ids=["name", "nought"],
)
def test_a_dataset_is_called_by_its_number(typed: str, said: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        DATASET.convert(typed, None, None)

    assert (DATASET.convert("7", None, None), caught.value.message) == (7, said)


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), (" 007 ", 7), ("9" * 78, 10**78 - 1), ("9" * 79, None), ("²", None), ("٣", None), ("", None)],
)
def test_a_whole_number_has_as_many_digits_as_the_chain_has(text: str, number: int | None) -> None:
    assert parse_whole(text) == number


@pytest.mark.parametrize("digits", ["9" * 5_000, "²"])
def test_digits_that_are_no_number_here_are_refused_in_a_sentence(digits: str) -> None:
    with pytest.raises(InputError, match=r"is neither a dataset's number nor an account; give 7, or 0x and 64 hex"):
        parse_account(digits, REGISTRY)
    with pytest.raises(LineageError, match=r"is not a parent; write its number and share like 3:15000 or 3:1\.5%"):
        parse_parent(f"{digits}:1%")
