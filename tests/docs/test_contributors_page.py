"""`docs/contributors.md` against the package: its examples are read, and say the same in both spellings."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from audiera.credits.addressbook import read_address_book
from audiera.credits.contributors import USUAL_ROLES, Contributors, read_contributors
from audiera.credits.sheet import Sheet, read_sheet
from tests.support.places import DOCS

PAGE = (DOCS / "contributors.md").read_text("utf-8")


def example(tmp_path: Path, heading: str, language: str) -> Path:
    """Writes the one example in this language below a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    (text,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    path = tmp_path / f"example.{language}"
    path.write_text(text, encoding="utf-8")
    return path


def without_lines(file: Contributors) -> Contributors:
    return replace(file, path=Path(), credits=tuple(replace(credit, line=0) for credit in file.credits))


@pytest.mark.parametrize("heading", ["Of the whole dataset", "Of each file"])
def test_both_spellings_say_the_same(tmp_path: Path, heading: str) -> None:
    table = read_contributors(example(tmp_path, heading, "csv"))
    tree = read_contributors(example(tmp_path, heading, "yaml"))

    assert without_lines(replace(table, facts=())) == without_lines(tree)
    assert table.per_item == (heading == "Of each file")
    assert len(table.credits) >= 2


def test_the_address_books_are_the_same(tmp_path: Path) -> None:
    books = [read_address_book(example(tmp_path, "Address book", language)) for language in ("yaml", "csv")]

    assert books[0].addresses == books[1].addresses
    assert list(books[0].addresses) == ["ada", "jonas r"]


def test_every_example_is_tested() -> None:
    assert len(re.findall(r"^```\w", PAGE, re.MULTILINE)) == 6


def test_the_usual_roles_are_listed() -> None:
    listed = re.search(r"Usual roles: (.*?)\.", PAGE, re.DOTALL)

    assert listed
    assert tuple(" ".join(role.split()) for role in listed[1].split(", ")) == USUAL_ROLES


def test_the_columns_are_those_that_are_read(tmp_path: Path) -> None:
    table = PAGE.split("| column | meaning |")[1].split("\n\n")[0]
    columns = re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:]))
    path = tmp_path / "all.csv"
    path.write_text(",".join(column for column in dict.fromkeys(columns) if column != "composer") + "\n", "utf-8")

    assert read_sheet(path) == Sheet(per_item=True, credits=())
    assert set(columns) == {"name", "file", "composer", "address", "share", "role", "isni", "ipi", "orcid"}
