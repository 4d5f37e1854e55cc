import os
import time
from fractions import Fraction
from pathlib import Path

import pytest

from audiera.credits.contributors import Contributors, ContributorsError, Credit, read_contributors
from audiera.credits.people import Person
from audiera.protocol.ids import to_address
from audiera.text.files import MAX_BYTES
from tests.support.music import ADA, BEN, write_contributors

CHECKSUMMED = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contributors.csv"


def isni(number: int) -> str:
    """Return an ISNI with its check character."""
    total = 0
    for digit in f"{number:015d}":
        total = (total + int(digit)) * 2
    return f"{number:015d}{'0123456789X'[-(total - 1) % 11]}"


def problems(path: Path, *lines: str) -> tuple[str, ...]:
    with pytest.raises(ContributorsError) as caught:
        read_contributors(write_contributors(path, *lines))
    return caught.value.problems


def test_contributors_to_the_whole_dataset(path: Path) -> None:
    isni = "0000 0001 2103 2683"
    write_contributors(
        path, "name,address,share,role,isni", f"Ada,{ADA},60 %,composer,{isni}", f"Ben Öz,{CHECKSUMMED},40 %,,"
    )

    assert read_contributors(path) == Contributors(
        path,
        per_item=False,
        credits=(
            Credit(
                2,
                Person("Ada", to_address(ADA), isni="0000000121032683"),
                share=Fraction(3, 5),
                roles=("composer",),
            ),
            Credit(3, Person("Ben Öz", to_address(CHECKSUMMED)), share=Fraction(2, 5)),
        ),
        uncredited=(),
    )


def test_contributors_by_file_with_the_columns_that_sources_have(path: Path) -> None:
    write_contributors(
        path,
        "file,composer,licence,title,seconds,bytes,source,address",
        f'a.ogg,Ada,GPL,"Sad, slow",1.5,100,disc 1,{ADA}',
        "side 2/b.ogg,Ben,GPL,,2,200,disc 1,",
        "c.ogg,-,GPL,,2,200,disc 1,",
    )

    read = read_contributors(path)

    assert read.credits == (
        Credit(2, Person("Ada", to_address(ADA)), "a.ogg", roles=("composer",)),
        Credit(3, Person("Ben"), "side 2/b.ogg", roles=("composer",)),
    )
    assert read.per_item
    assert read.uncredited == ("c.ogg",)
    assert not read.states_shares


def test_an_address_stated_once_holds_for_every_row_of_a_name(path: Path) -> None:
    write_contributors(path, "file,composer,address", "a.ogg,Ada,", f"b.ogg,Ada,{ADA}", "c.ogg,Ada,")

    assert {credit.person.address for credit in read_contributors(path).credits} == {ADA}


def test_shares_by_file_are_of_that_file(path: Path) -> None:
    write_contributors(
        path, "file,name,share,role", "a.ogg,Ada,1/3,words", "a.ogg,Ben,2/3,music", "b.ogg,Ada,100 %,music"
    )

    read = read_contributors(path)

    assert [credit.share for credit in read.credits] == [Fraction(1, 3), Fraction(2, 3), 1]
    assert read.states_shares


def test_names_and_paths_are_brought_to_one_form(path: Path) -> None:
    write_contributors(path, "file,composer", "./side 2\\E\u0301cluse.ogg,  Zoe\u0308   \x1bVarga ")

    (credit,) = read_contributors(path).credits

    assert (credit.file, credit.person.name) == ("side 2/Écluse.ogg", "Zoë Varga")


@pytest.mark.parametrize("mark", [";", "\t"])
def test_spreadsheets_that_separate_by_other_marks_are_read(path: Path, mark: str) -> None:
    path.write_bytes(
        f"\ufeffName{mark}Share{mark}Role{mark}\r\nAda{mark}60 %{mark}{mark}\r\n\r\nBen{mark}40 %\r\n".encode()
    )

    read = read_contributors(path)

    assert [(credit.line, credit.person.name, credit.share) for credit in read.credits] == [
        (2, "Ada", Fraction(3, 5)),
        (4, "Ben", Fraction(2, 5)),
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["name,adress", "Ada,"], "column 'adress' is unknown; remove it or make it one of address, composer, file, "),
        (["artist,title", "Ada,"], "it needs one column `name`"),
        (
            ["address,share", "x,1"],
            "it needs one column `name` (or, with a column `file`, `composer`) for who is paid.",
        ),
        (["name,composer,file", "x,y,z"], "it needs one column `name`"),
        (["composer", "x"], "a column `composer` needs a column `file`; for the whole dataset, call it `name`."),
        (["name,Name", "x,y"], "its first line names a column twice (name); keep one."),
        ([""], "it is empty; give it a header and a row for each contributor."),
        (["name,share"], "it credits nobody; name at least one contributor."),
        (["file,composer", "a.ogg,-"], "it credits nobody; "),
        (["name,role", "Ada,vocals,guitar"], "line 2 has more cells than the header; quote text that has a ','."),
        (["name,role", 'Ada,"vocals" x'], "line 2 is not CSV ("),
        (["name,role", ",vocals", "Ben,"], "line 2: nobody is named; name who is paid."),
        (["name,address", "Ada,0x1234"], "line 2: '0x1234' is not an address; "),
        (
            ["name,address", f"Ada,{CHECKSUMMED.replace('d', 'D', 1)}"],
            "line 2: 0xD8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
        ),
        (["name,address", "Ada,0x" + "0" * 40], "line 2: the address of Ada is zero; "),
        (["name,isni", "Ada,0000 0001 2103 2684"], "line 2: '0000 0001 2103 2684' has a wrong check character; "),
        (["name,ipi", "Ada,00519338443"], "line 2: '00519338443' has wrong check digits; "),
        (["name,orcid", "Ada,0000-0002-1825-0098"], "line 2: '0000-0002-1825-0098' has a wrong check character; "),
        (["name,share", "Ada,lots"], "line 2: share 'lots' is not like 12.5 %, 125000 ppm or 1/8."),
        (["name,share", "Ada,50 %", "Ben,"], "line 3: Ben has no share but others have; state all or none."),
        (["name,share", "Ada,50 %", "Ben,40 %"], "the shares add up to 90 %, not 100 %; thirds are written 1/3."),
        (["file,name,share", "a,Ada,1/2", "b,Ada,1"], "a: the shares add up to 50 %, not 100 %; "),
        (["name", "Ada", "Ben", "Ada"], "line 4: Ada is listed twice (line 2); keep one."),
        (
            ["file,composer", "a.ogg,Ada", "a.ogg,Ada"],
            "line 3: Ada is listed twice as composer for a.ogg (line 2); keep one.",
        ),
        (["name,role,address", f"Ada,a,{ADA}", f"Ada,b,{BEN}"], "line 3: Ada has another address on line 2; keep one."),
        (
            ["file,composer", "a,Ada", "a,-"],
            "a is credited on one line and credits nobody on another (line 3); keep one.",
        ),
        (["file,composer", ",Ada"], "line 2: no file is named; give its path in the folder."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said_in_a_sentence(path: Path, lines: list[str], problem: str) -> None:
    (found,) = problems(path, *lines)

    assert found.startswith(problem)


def test_a_name_in_any_number_of_spellings_takes_no_time(path: Path) -> None:
    """AUD-A54: each has an ISNI of its own, so that nobody is anybody else."""
    spellings = [format(each, "b").translate({48: ".", 49: "-"}) for each in range(4_000)]
    rows = [f"A{spelt}B,1 ppm,{isni(each)}" for each, spelt in enumerate(spellings)]
    begun = time.process_time()

    (problem,) = problems(path, "name,share,isni", *rows)

    assert problem.startswith("the shares add up to")
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        (f"{isni(1)},", ",", True),
        (f"{isni(1)},", ",0000-0002-1825-0097", True),
        (f"{isni(1)},0000-0002-1825-0097", ",0000-0001-5109-3700", False),
        (f"{isni(1)},", f"{isni(2)},0000-0002-1825-0097", False),
    ],
)
def test_two_spellings_are_one_person_unless_a_number_differs(
    path: Path, one: str, other: str, *, is_one: bool
) -> None:
    rows = ["name,role,isni,orcid", f"Ada M.,words,{one}", f"Ada M,music,{other}"]

    found = problems(path, *rows) if is_one else read_contributors(write_contributors(path, *rows)).notes

    assert any("is probably Ada M." in each for each in found) == is_one


@pytest.mark.parametrize(
    "names",
    [
        ("Ada Moreau", "ada moreau"),
        ("Ada Moreau", "Ada  Moreáu"),
        ("J. S. Bach", "J.S. Bach"),
        ("\uff21da", "Ada"),
        ("Straße", "STRASSE"),
    ],
)
def test_two_spellings_of_probably_one_person_are_refused(path: Path, names: tuple[str, str]) -> None:
    one, other = (" ".join(name.split()) for name in names)

    assert problems(path, "name,role", f"{one},words", f"{other},music", f"{other},mix") == (
        f"line 3: {other} is probably {one} (line 2); write one person in one way, or give each an ISNI, IPI or ORCID.",
    )


@pytest.mark.parametrize(
    "names", [("कमल", "कमला"), ("カラ", "ガラ"), ("!!!", "???"), ("王菲", "王非"), ("Ada Moreau", "Eda Moreau")]
)
def test_names_of_different_letters_are_different_people(path: Path, names: tuple[str, str]) -> None:
    read = read_contributors(write_contributors(path, "name", *(f'"{name}"' for name in names), "Ben"))

    assert [credit.person.name for credit in read.credits] == [*names, "Ben"]


def test_like_names_with_numbers_of_their_own_are_two_people(path: Path) -> None:
    read = read_contributors(
        write_contributors(path, "name,isni", "Zoë Doe,0000 0001 2103 2683", "Zoe Doe,0000 0001 2150 090X")
    )

    assert len({credit.person for credit in read.credits}) == 2


@pytest.mark.parametrize(
    ("column", "number", "label"),
    [("isni", "0000 0001 2103 2683", "ISNI"), ("ipi", "519338442", "IPI"), ("orcid", "0000000218250097", "ORCID")],
)
def test_a_number_under_two_names_is_refused(path: Path, column: str, number: str, label: str) -> None:
    assert problems(path, f"name,{column}", f"Ada,{number}", f"Ben,{number}") == (
        f"line 3: Ben has the {label} of Ada (line 2); write one person in one way, or correct it.",
    )


def test_two_numbers_of_one_name_are_refused(path: Path) -> None:
    lines = ["Ada,words,0000 0001 2103 2683", "Ada,music,0000 0001 2150 090X"]

    assert problems(path, "name,role,isni", *lines) == ("line 3: Ada has another ISNI on line 2; keep one.",)


def test_what_one_row_knows_of_a_person_holds_for_all_rows(path: Path) -> None:
    lines = [f"Ada,words,{ADA},,", "Ada,music,,519338442,", "Ada,mix,,,0000-0002-1825-0097"]

    read = read_contributors(write_contributors(path, "name,role,address,ipi,orcid", *lines))

    ada = Person("Ada", to_address(ADA), ipi="00519338442", orcid="0000-0002-1825-0097")
    assert {credit.person for credit in read.credits} == {ada}


def test_roles_of_one_cell_are_several(path: Path) -> None:
    read = read_contributors(write_contributors(path, "name,role", "Ada,Composer; PRODUCER ;Theremin;"))

    assert read.credits[0].roles == ("composer", "producer", "Theremin")


def test_who_is_in_the_column_of_composers_may_have_another_role(path: Path) -> None:
    read = read_contributors(write_contributors(path, "file,composer,role", "a.ogg,Ada,", "a.ogg,Ben,arranger"))

    assert [credit.roles for credit in read.credits] == [("composer",), ("arranger",)]


def test_a_role_that_is_almost_usual_is_kept_and_noted(path: Path) -> None:
    read = read_contributors(write_contributors(path, "name,role", "Ada,compsoer", "Ben,words", "Cara,compsoer"))

    assert read.notes == ("line 2: the role 'compsoer' is kept as written; 'composer' is usual.",)


@pytest.mark.parametrize(
    "letter", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u00ad", *"\u034f\u3164\ufe0f\u2800\U000e0100"]
)
def test_a_name_with_letters_that_cannot_be_seen_is_refused(path: Path, letter: str) -> None:
    """AUD-T6: a table that shows another name than the one that is paid."""
    (problem,) = problems(path, "name", f"Ada{letter}Moreau")

    assert problem == f"line 2: {f'Ada{letter}Moreau'!r} has the invisible character U+{ord(letter):04X}; remove it."


def test_a_name_of_piled_marks_is_refused_before_they_are_put_in_order(path: Path) -> None:
    """AUD-A54"""
    (problem,) = problems(path, "name", "A" + "\u0301\u0316" * 50_000)

    assert problem == "line 2: a cell has more than 30 marks in a row, which is no name; write it anew."


def test_joiners_of_scripts_that_write_them_are_letters(path: Path) -> None:
    name = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"  # Ali-Reza, as Persian writes it

    assert read_contributors(write_contributors(path, "name", name)).credits[0].person.name == name


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)

    with pytest.raises(ContributorsError, match="it is not a file; name the file itself"):
        read_contributors(path)


def test_a_file_beyond_all_measure_is_refused_unread(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)

    with pytest.raises(ContributorsError, match="it is larger than 64 MiB; is this the right file"):
        read_contributors(path)


@pytest.mark.parametrize("name", ["(none: 10 s of silence, no credit)", "unknown", "None", "N/A", "?"])
def test_a_name_that_names_nobody_is_refused_with_the_way_out(path: Path, name: str) -> None:
    (problem,) = problems(path, "file,composer", "a.ogg,Ada", f'silence.ogg,"{name}"')

    assert problem == (
        f"line 3: {name!r} names nobody; name who is paid, write - to register silence.ogg without credit, "
        "or leave out file and row."
    )


def test_everything_that_is_wrong_is_said_at_once(path: Path) -> None:
    found = problems(path, "name,address,share", "Ada,0x1,1/2", "Ben,,much", "?,,1/2")

    assert [problem.split(":")[0] for problem in found] == ["line 2", "line 3", "line 4"]
    with pytest.raises(ContributorsError) as caught:
        read_contributors(path)
    assert str(caught.value).startswith(f"{path}: 3 things to put right.\n  line 2: ")


def test_shares_are_not_added_up_while_a_row_cannot_be_read(path: Path) -> None:
    assert problems(path, "name,share", "Ada,50 %", "?,50 %") == ("line 3: '?' names nobody; name who is paid.",)


@pytest.mark.parametrize("data", ["name\nBjörk\n".encode("latin-1"), "name\nBjörk\n".encode("utf-16"), b"name\n\0\n"])
def test_a_file_of_another_coding_is_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)

    with pytest.raises(ContributorsError, match="save it as UTF-8, a spreadsheet as `CSV UTF-8`"):
        read_contributors(path)


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(ContributorsError, match=r"contributors.csv: it cannot be read \(No such file or directory\)"):
        read_contributors(path)


def refused(path: Path, *lines: str) -> tuple[str, ...]:
    write_contributors(path, *lines)
    with pytest.raises(ContributorsError) as refusal:
        read_contributors(path)
    return refusal.value.problems


def test_everything_that_is_wrong_with_a_table_is_told_at_once(tmp_path: Path) -> None:
    found = refused(
        tmp_path / "a.csv",
        "name,adress,vocals,share,isni",
        "Ada,x,,lots,12",
        "Ben,,,0 %,,,more",
        ",,,100 %,",
    )

    assert found[0].startswith("columns 'adress', 'vocals' are unknown; remove them or make each one of address, ")
    assert found[1:] == (
        "line 3 has more cells than the header; quote text that has a ','.",
        "line 2: '12' is not an ISNI; write it like 0000 0001 2103 2683.",
        "line 2: share 'lots' is not like 12.5 %, 125000 ppm or 1/8.",
        "line 3: a share of 0 % pays nothing; remove the row.",
        "line 4: nobody is named; name who is paid.",
    )


def test_a_line_that_names_the_separator_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffsep=;\r\nname;share\r\nAda;62,5 %\r\nBen;37,5 %\r\n".encode())

    read = read_contributors(path)

    assert [(credit.line, credit.person.name, credit.share) for credit in read.credits] == [
        (3, "Ada", Fraction(5, 8)),
        (4, "Ben", Fraction(3, 8)),
    ]


@pytest.mark.parametrize(("first", "mark"), [("sep=|", "|"), ('"sep=,"', ","), ("SEP=\t", "\t"), ("sep=;;;", ";")])
def test_the_named_separator_counts(tmp_path: Path, first: str, mark: str) -> None:
    path = write_contributors(tmp_path / "a.csv", first, f"name{mark}role", f"Ada{mark}composer")

    (credit,) = read_contributors(path).credits

    assert (credit.person.name, credit.roles) == ("Ada", ("composer",))


def test_columns_that_describe_a_file_are_passed_over_and_kept_as_facts(tmp_path: Path) -> None:
    path = write_contributors(
        tmp_path / "a.csv", "file,composer,artist,album,isrc,duration,,", "a.flac,Ada,x,y,,0:03,,"
    )

    read = read_contributors(path)

    assert [credit.person.name for credit in read.credits] == ["Ada"]
    assert [(fact.file, fact.column, fact.cell) for fact in read.facts] == [
        ("a.flac", "artist", "x"),
        ("a.flac", "album", "y"),
        ("a.flac", "duration", "0:03"),
    ]


def test_a_column_without_a_name_that_holds_something_is_named_by_its_place(tmp_path: Path) -> None:
    found = refused(tmp_path / "a.csv", "name,,share", "Ada,x,100 %")

    assert found == ("column 2 has no name; give it one, or empty it.",)
