from fractions import Fraction
from pathlib import Path

import pytest

from audiera.credits.addressbook import AddressBook
from audiera.credits.contributors import Contributors, ContributorsError, Credit, read_contributors
from audiera.credits.people import Person
from audiera.protocol.ids import to_address
from tests.support.music import ADA, BEN

BOOK = AddressBook(Path("book.yaml"), {"ada": to_address(ADA), "ben": to_address(BEN)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contributors.yaml"


def read(path: Path, text: str, book: AddressBook | None = None) -> Contributors:
    path.write_text(text, encoding="utf-8")
    return read_contributors(path, book)


def problems(path: Path, text: str, book: AddressBook | None = None) -> tuple[str, ...]:
    with pytest.raises(ContributorsError) as caught:
        read(path, text, book)
    return caught.value.problems


def test_contributors_to_the_whole_dataset(path: Path) -> None:
    text = f"""
contributors:
  - name: Ada Moreau
    share: 60 %
    role: composer; performer
    address: {ADA}
    isni: 0000 0001 2103 2683
  - {{name: No, share: 2/5, role: [Producer, tea], ipi: 00519338442, orcid: 0000-0002-1825-0097}}
"""

    assert read(path, text) == Contributors(
        path,
        per_item=False,
        credits=(
            Credit(
                3,
                Person("Ada Moreau", to_address(ADA), isni="0000000121032683"),
                share=Fraction(3, 5),
                roles=("composer", "performer"),
            ),
            Credit(
                8,
                Person("No", ipi="00519338442", orcid="0000-0002-1825-0097"),
                share=Fraction(2, 5),
                roles=("producer", "tea"),
            ),
        ),
    )


def test_contributors_by_file_with_people_listed_once(path: Path) -> None:
    text = """
people:
  Mara Lindqvist:
    address: ada
    isni: 0000 0001 2103 2683
files:
  "01 Cast Off.flac":
    - {name: Mara Lindqvist, role: composer}
    - Tomas Okafor
  02 Break: water.flac: Mara Lindqvist
  silence.ogg: []
  noise.ogg: "-"
""".replace("02 Break: water", "02 Breakwater")

    found = read(path, text, BOOK)

    mara = Person("Mara Lindqvist", to_address(ADA), "ada", isni="0000000121032683")
    assert found == Contributors(
        path,
        per_item=True,
        credits=(
            Credit(8, mara, "01 Cast Off.flac", roles=("composer",)),
            Credit(9, Person("Tomas Okafor"), "01 Cast Off.flac"),
            Credit(10, mara, "02 Breakwater.flac"),
        ),
        uncredited=("silence.ogg", "noise.ogg"),
    )


def test_people_and_shares_on_one_line_are_told_apart(path: Path) -> None:
    found = read(path, "files: {a.flac: [{name: Ada, share: 1/4}, {name: Ben, share: 3/4}]}")

    assert [(credit.person.name, credit.share) for credit in found.credits] == [
        ("Ada", Fraction(1, 4)),
        ("Ben", Fraction(3, 4)),
    ]


def test_an_alias_holds_in_a_table_too(tmp_path: Path) -> None:
    table = tmp_path / "contributors.csv"
    table.write_text(f"file,composer,address\na.ogg,Ada,\nb.ogg,Ada,{ADA}\nc.ogg,Ada,ada\n", encoding="utf-8")

    found = read_contributors(table, BOOK)

    assert {credit.person for credit in found.credits} == {Person("Ada", to_address(ADA), "ada")}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it needs `contributors:` (of the whole dataset) or `files:` (of each file)."),
        ("- Ada", "it needs `contributors:` (of the whole dataset) or `files:` (of each file)."),
        ("people: {}", "it needs either `contributors:` (of the whole dataset) or `files:` (of each file)."),
        ("contributors: [Ada]\nfiles: {a: Ada}", "it needs either `contributors:`"),
        ("contributor: [Ada]", "line 1: 'contributor' is unknown; make it one of people, contributors, files."),
        (
            "contributors:\n  - name: Ada\n    adress: x",
            "line 3: 'adress' is unknown; make it one of name, address, isni",
        ),
        ("contributors:\n  - name: Ada\n    name: Ben", "line 3 has 'name' again (line 2); keep one."),
        ("contributors:\n  - name: [Ada, Ben]", "line 2: name is more than one text; write one."),
        ("contributors:\n  - - Ada", "line 2: a list in a list names nobody; begin each line with one -."),
        ("contributors:\n  - role: words", "line 2: nobody is named; name who is paid."),
        ("contributors: []", "it credits nobody; name at least one contributor."),
        ("contributors:\n  - name: ~", "line 2: nobody is named; name who is paid."),
        ("contributors: [Ada, {name: Ada}]", "line 1: Ada is listed twice (line 1); keep one."),
        ("files: [a.flac]", "line 1: `files` needs a path in each line, and below it who made it."),
        ("files:\n  a: Ada\n  a: Ben", "line 3 has 'a' again (line 2); keep one."),
        ("files: {a: {name: Ada, file: b}}", "line 1: 'file' is unknown; make it one of name, address, isni, ipi, "),
        (
            "people: [Ada]\ncontributors: [Ada]",
            "line 1: `people` needs a name in each line, and below it what is known.",
        ),
        ("people: {Ada: x}\ncontributors: [Ada]", "line 1: Ada needs keys below it: address, isni, ipi, orcid."),
        ("people: {Ada: {role: x}}\ncontributors: [Ada]", "line 1: 'role' is unknown; make it one of address, isni, "),
        ("people:\n  Ada: {}\ncontributors: [Ben]", "line 2: Ada is in `people` and credited with nothing; remove it."),
        (
            "people: {E\u0301a: {}, \u00c9a: {}}\ncontributors: [\u00c9a]",
            "line 1: \u00c9a is in `people` twice (line 1); keep one.",
        ),
        (
            f"people:\n  Ada: {{address: '{ADA}'}}\ncontributors:\n  - {{name: Ada, address: '{BEN}'}}",
            "line 4: Ada has another address on line 2; keep one.",
        ),
        (
            "contributors: [{name: Ada, address: ada}]",
            "line 1: 'ada' is not an address; write it with 0x, or name an address book that has this alias.",
        ),
        ("contributors: [Ada, {name: Ben, share: 1}]", "line 1: Ada has no share but others have; state all or none."),
        ("files:\n  a: -", "line 2 is not YAML ("),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(path: Path, text: str, problem: str) -> None:
    found = problems(path, text)

    assert found[0].startswith(problem)
    assert len(found) == 1


def test_an_unknown_alias_is_refused_with_its_line(path: Path) -> None:
    assert problems(path, "contributors:\n  - {name: Ada, address: Ada}", BOOK) == (
        "line 2: 'Ada' is not in book.yaml; did you mean ada?",
    )


def test_an_address_that_yaml_takes_for_a_number_is_read_exactly(path: Path) -> None:
    small = "0x000000000000000000000000000000000000000a"

    found = read(path, f"contributors:\n  - name: Ada\n    address: {small}\n")

    assert found.credits[0].person.address == to_address(small)


def test_who_alone_is_credited_for_a_file_needs_no_share(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(
        "files:\n  a.flac: Ada\n  b.flac:\n    - {name: Ada, share: 60 %}\n    - {name: Ben, share: 40 %}\n"
    )

    found = read_contributors(path)

    assert [(it.file, it.person.name, it.share) for it in found.credits] == [
        ("a.flac", "Ada", Fraction(1)),
        ("b.flac", "Ada", Fraction(3, 5)),
        ("b.flac", "Ben", Fraction(2, 5)),
    ]


def test_everything_that_is_wrong_with_a_tree_is_told_at_once(path: Path) -> None:
    path.write_text("contributors:\n  - {name: Ada, adress: x}\n  - {name: Ben, share: 0 %}\n  - [Cara]\nfile: x\n")

    with pytest.raises(ContributorsError) as refusal:
        read_contributors(path)

    assert [problem.split(";")[0] for problem in refusal.value.problems] == [
        "line 5: 'file' is unknown",
        "line 2: 'adress' is unknown",
        "line 4: a list in a list names nobody",
        "line 3: a share of 0 % pays nothing",
    ]
