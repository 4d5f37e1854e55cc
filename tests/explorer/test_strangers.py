"""Text of strangers: cut, isolated, what is invisible shown; and nothing of it run by a browser or a spreadsheet."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from audiera.explorer import Settings, create_app
from audiera.explorer.stating import data_block, table_text
from audiera.explorer.strangers import cut, isolated, link_of, paragraphs, visible
from tests.support.catalogue import MARKUP, TRAINING, Sample
from tests.support.explorer import serving


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    count: int


def test_what_is_invisible_or_turns_text_around_is_shown() -> None:
    assert visible("a\u202eb\x00c\x9fd\u200be\ufefff") == r"a\u202eb\x00c\x9fd\u200be\ufefff"
    assert visible("Ayşe عمر 夜 \U0001f468\u200d\U0001f469") == "Ayşe عمر 夜 \U0001f468\u200d\U0001f469"


def test_accents_that_are_piled_up_are_cut() -> None:
    assert visible(f"e{chr(0x301) * 500}") == f"e{chr(0x301) * 4}"


def test_long_text_is_cut_on_one_line() -> None:
    assert cut("a\n b", 10) == "a b"
    assert cut("x" * 1_000_000, 10) == f"{'x' * 10}…"


def test_text_is_isolated_and_escaped() -> None:
    assert isolated("<b>") == "<bdi>&lt;b&gt;</bdi>"
    assert paragraphs("one\ntwo\n\n<three>") == '<p dir="auto">one<br>two</p><p dir="auto">&lt;three&gt;</p>'


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//host/x", "https://user@host/", "https://", "https://[x", "ftp://h/"],
)
def test_only_plain_addresses_of_the_web_become_links(url: str) -> None:
    assert link_of(url) is None
    assert link_of("https://gateway.example/v1?x=1") == "https://gateway.example/v1?x=1"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "  =1", "＝1"])  # noqa: RUF001
def test_a_formula_reaches_no_spreadsheet(formula: str) -> None:
    _, row = csv.reader(io.StringIO(table_text([Row(formula, 7)]).decode(), newline=""))

    assert row == [f"'{formula}", "7"]


def test_a_data_block_cannot_be_left() -> None:
    block = data_block({"name": "</script><!--&"})

    assert "<" not in block
    assert json.loads(block) == {"name": "</script><!--&"}


def test_hostile_names_are_shown_and_never_obeyed(catalogue: Callable[..., str]) -> None:
    sample = Sample(
        name=MARKUP,
        creators=("\u202egpj.exe", "=cmd|'/c calc'!A1"),
        tags=(MARKUP, "x" * 1_000_000),
        text=f"{MARKUP}\n\n{'y' * 1_000_000}",
        titles=(MARKUP,),
        url="javascript:alert(1)",
    )

    with serving(create_app(Settings(database=catalogue([sample])))) as explorer:
        pages = {path: explorer.page(path) for path in ("/", "/datasets/1", "/datasets/1/items", "/feed.xml")}
        stated = explorer.json("/datasets/1.json")
        people = explorer.page("/datasets/1/people.csv")

    for page in pages.values():
        assert len(page) < 60_000
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "\u202e" not in page
        assert 'href="javascript:' not in page
    assert r"\u202egpj.exe" in pages["/"]
    assert stated["described"]["name"] == MARKUP
    assert len(stated["described"]["keywords"][1]) == 1_000_000
    assert "'=cmd|" in people


def test_a_dataset_is_had_as_croissant_with_the_terms_in_force(catalogue: Callable[..., str]) -> None:
    sample = Sample(name=MARKUP, creators=("Mira Castellanos",), offers=((TRAINING, 250_000_000),))

    with serving(create_app(Settings(database=catalogue([sample])))) as explorer:
        found = explorer.json("/datasets/1/croissant.json")
        page = explorer.page("/datasets/1")
        none = explorer.get("/datasets/99/croissant.json")

    assert found["name"] == MARKUP
    assert [it["name"] for it in found["usageInfo"]] == ["Training licence"]
    assert found["cawg.training-mining"]["entries"]["cawg.ai_training"]["use"] == "constrained"
    block = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert json.loads(block) == found
    assert none.status == 404
