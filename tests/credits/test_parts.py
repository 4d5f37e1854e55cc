from fractions import Fraction
from pathlib import Path

import pytest

from audiera.credits.contributors import Contributors, ContributorsError, read_contributors
from audiera.credits.divide import divide
from audiera.credits.parts import Part, divide_parts, part_notes, parts_by_credits
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.splits import payee_of
from audiera.protocol.table import TableRow
from tests.support.music import ADA, BEN, CARA, CUSTODIAN, write_contributors


def row(path: str) -> TableRow:
    metadata = Metadata(path=path, media_type="audio/flac", duration_ms=1_000)
    return TableRow(Item.of(path.encode().ljust(32, b"\0"), 1, metadata), metadata)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contributors.csv"


def by_file(path: Path, *lines: str, columns: str = "file,name") -> Contributors:
    return read_contributors(write_contributors(path, columns, *lines))


def shape(parts: tuple[Part, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.name, each.paths) for each in parts]


def test_files_with_the_same_people_are_one_part_whatever_the_order_or_the_roles(path: Path) -> None:
    lines = ["a,Ada,words", "a,Ben,music", "b,Ada,mix", "c,Ben,music", "c,Ada,music", "d,Ada,words", "d,Ada,music"]
    contributors = by_file(path, *lines, columns="file,name,role")

    parts = parts_by_credits(contributors, [row(name) for name in "dcba"])

    assert shape(parts) == [("Ada and Ben", ("a", "c")), ("Ada", ("b", "d"))]
    assert [
        (credit.person.name, credit.share, credit.roles, credit.file) for credit in parts[0].contributors.credits
    ] == [("Ada", Fraction(1, 2), ("words", "music"), None), ("Ben", Fraction(1, 2), ("music",), None)]


def test_the_same_people_with_other_shares_are_another_part(path: Path) -> None:
    lines = ["a,Ada,60 %", "a,Ben,40 %", "b,Ada,1/2", "b,Ben,1/2", "c,Ben,2/5", "c,Ada,3/5"]

    parts = parts_by_credits(by_file(path, *lines, columns="file,name,share"), [row(name) for name in "abc"])

    assert shape(parts) == [("Ada 60 % and Ben 40 %", ("a", "c")), ("Ada 50 % and Ben 50 %", ("b",))]


def test_a_part_is_divided_without_a_rule(path: Path) -> None:
    lines = [f"a,Ada,{ADA}", f"b,Ada,{ADA}", f"b,Ben,{BEN}", f"b,Cara,{CARA}"]

    _, three = parts_by_credits(by_file(path, *lines, columns="file,name,address"), [row("a"), row("b")])
    divided = divide(three.contributors, three.rows)

    assert divided.rule == "stated"
    assert [(share.payee, share.ppm) for share in divided.split.shares] == [
        (payee_of(ADA), 333_334),
        (payee_of(BEN), 333_333),
        (payee_of(CARA), 333_333),
    ]


def test_a_file_that_credits_nobody_is_in_no_part(path: Path) -> None:
    contributors = by_file(path, "a,Ada", "b,-")

    parts = parts_by_credits(contributors, [row("a"), row("b")])

    assert shape(parts) == [("Ada", ("a",))]
    assert parts[0].contributors.uncredited == ()


def test_a_file_that_is_left_out_is_in_no_part(path: Path) -> None:
    contributors = by_file(path, "a,Ada", "e\u0301,Ben", "c,Ada")

    assert shape(parts_by_credits(contributors, [row("a"), row("c")], left_out=["e\u0301"])) == [("Ada", ("a", "c"))]


def test_names_of_parts_are_short_and_unlike(path: Path) -> None:
    crowd = [
        f"{file},P{number}" for file, first in (("a", 1), ("b", 1), ("c", 3)) for number in range(first, first + 5)
    ]

    parts = parts_by_credits(
        by_file(path, *crowd, "a,P6", "d,Q1", "d,Q2", "d,Q3", "d,Q4"), [row(name) for name in "abcd"]
    )

    assert [each.name for each in parts] == [
        "P1, P2, P3 and 3 others",
        "P1, P2, P3 and 2 others",
        "P3, P4, P5 and 2 others",
        "Q1, Q2, Q3 and Q4",
    ]


def test_parts_that_would_have_one_name_are_numbered(path: Path) -> None:
    crowd = [f"{file},P{number}" for file, last in (("a", 5), ("b", 6)) for number in (1, 2, 3, 4, last)]

    parts = parts_by_credits(by_file(path, *crowd), [row("a"), row("b")])

    assert [each.name for each in parts] == [
        "P1 20 %, P2 20 %, P3 20 % and 2 others",
        "P1 20 %, P2 20 %, P3 20 % and 2 others (2)",
    ]


def test_contributors_to_a_whole_dataset_cannot_be_divided(path: Path) -> None:
    with pytest.raises(ContributorsError) as caught:
        parts_by_credits(by_file(path, "Ada", columns="name"), [row("a")])

    assert caught.value.problems == (
        "it does not say who made which file, so files cannot be grouped by it; add a column `file`.",
    )


def test_parts_and_the_folder_must_agree(path: Path) -> None:
    with pytest.raises(ContributorsError) as caught:
        parts_by_credits(by_file(path, "a,Ada", "gone,Ada"), [row("a"), row("new")])

    assert caught.value.problems == (
        "line 3: gone is not in the folder; correct it or remove the row.",
        "new is in the folder and has no row; add one, with - as composer for no credit.",
    )


def test_all_parts_are_divided_at_once(path: Path) -> None:
    lines = [f"a,Ada,{ADA}", f"b,Ben,{BEN}", f"b,Ada,{ADA}"]
    parts = parts_by_credits(by_file(path, *lines, columns="file,name,address"), [row("a"), row("b")])

    alone, both = divide_parts(parts)

    assert [share.ppm for share in alone.split.shares] == [1_000_000]
    assert [share.ppm for share in both.split.shares] == [500_000, 500_000]
    assert alone.credit_lists == 1


def test_who_has_no_address_in_any_part_is_said_once(path: Path) -> None:
    parts = parts_by_credits(by_file(path, "a,Ada", "b,Ben", "c,Ben", "c,Ada"), [row("a"), row("b"), row("c")])

    with pytest.raises(ContributorsError) as caught:
        divide_parts(parts)

    assert caught.value.problems == (
        "no address for Ada, Ben; add it, or name with --custodian who holds in trust for them.",
    )


def test_what_is_wrong_in_each_part_is_said_at_once(path: Path) -> None:
    lines = ["a,Ada,9999999/10000000", "a,Ben,1/10000000", "b,Ada,9999999/10000000", "b,Cara,1/10000000"]
    parts = parts_by_credits(by_file(path, *lines, columns="file,name,share"), [row("a"), row("b")])

    with pytest.raises(ContributorsError) as caught:
        divide_parts(parts, custodian=CUSTODIAN)

    assert caught.value.problems == (
        "Ben would get less than one millionth; raise the share or drop the credit.",
        "Cara would get less than one millionth; raise the share or drop the credit.",
    )


def test_what_is_in_no_part_is_said(path: Path) -> None:
    contributors = by_file(path, "a,Ada,compsoer", "b,-,", "c,Ben,", columns="file,name,role")

    assert list(part_notes(contributors, ["c"])) == [
        "line 2: the role 'compsoer' is kept as written; 'composer' is usual.",
        "c is left out, so it pays nothing to Ben.",
        "Ben is credited only for what is left out, and gets no share.",
        "b credits nobody, so it is in no group and is not registered.",
    ]
