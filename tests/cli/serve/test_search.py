"""`audiera search` prints what is found, as a table or as JSON, and refuses in a sentence."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from audiera.cli.main import main
from audiera.indexer.engine import open_index, upgrade, writing
from audiera.indexer.tables import CHAIN
from audiera.protocol import Meter, Right, to_address
from audiera.storage import Store
from tests.cli.words import wrong_words
from tests.support.shelf import Shelf, documents_of, item_row

USDC = to_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")


@pytest.fixture
def furnished(tmp_path: Path) -> str:
    """The URL of an index of Base with two datasets."""
    url = f"sqlite:///{tmp_path / 'index.db'}"
    engine = open_index(url)
    with writing(engine) as connection:
        upgrade(connection)
    shelf = Shelf(engine, Store.open(str(tmp_path / "store")))
    with shelf.writing() as connection:
        row = {
            "chain_id": 8_453,
            "genesis": "0x",
            "suite": "{}",
            "start": 0,
            "next_block": 1,
            "revision": 0,
            "rules": 1,
        }
        connection.execute(insert(CHAIN), row)
    harbour = documents_of("Harbour Lights", [item_row("a.flac", genre="Ambient", bpm=100, duration_ms=7_200_000)])
    shelf.publish(harbour)
    shelf.register(harbour)
    shelf.register()
    rights, year = Right.Training | Right.Commercial, 365 * 86_400
    shelf.offer(1, 5_000_000, rights=rights, token=USDC, unit_price=1_000, meter=Meter.Second, duration=year)
    shelf.learn()
    engine.dispose()
    return url


def search(*words: str) -> Result:
    return CliRunner().invoke(main, ["search", *words])


def test_what_is_found_is_a_table(furnished: str) -> None:
    shown = search("harb", "--right", "training", "--price-at-most", "5 USDC", "--database", furnished)

    assert shown.exit_code == 0, shown.output
    heading, row = shown.stdout.splitlines()
    assert heading.split() == ["dataset", "name", "by", "kind", "items", "length", "offered"]
    offered = "5 USDC; 0.001 USDC/second; 1 year; Training, Commercial"
    assert row.split() == f"1 Harbour Lights Ada Moreau Recordings 1 2:00:00.000 {offered}".split()


def test_programs_get_json_in_the_words_of_all_commands(furnished: str) -> None:
    shown = search("--json", "--facets", "--limit", "1", "--database", furnished)

    found = json.loads(shown.stdout)
    assert list(wrong_words(found)) == []
    assert [(it["dataset"], it["name"], it["offers"]) for it in found["datasets"]] == [(2, "", [])]
    assert found["facets"]["count"] == 2
    assert found["facets"]["token"] == {"USDC": 1}

    second = json.loads(search("--json", "--limit", "1", "--after", found["after"], "--database", furnished).stdout)

    assert second["after"] == ""
    (hit,) = second["datasets"]
    assert (hit["dataset"], hit["people"], hit["durationMs"], hit["bpmLow"]) == (1, ["Ada Moreau"], 7_200_000, 100)
    assert hit["offers"][0]["price"]["amount"] == "5 USDC"


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        (("--price-at-most", "0.001 USDC/second"), True),
        (("--price-at-most", "0.0009 USDC/second"), False),
        (("--meter", "call"), False),
        (("--kind", "recordings", "--genre", "ambient", "--bpm", "90-120"), True),
        (("--bpm", "101"), False),
        (("--longer", "2 hours", "--human", "--term", "1 year"), True),
        (("--longer", "3 hours"), False),
        (("--term", "perpetual"), False),
        (("--synthetic",), False),
    ],
)
def test_options_narrow_what_is_found(furnished: str, asked: tuple[str, ...], *, is_found: bool) -> None:
    shown = search("harbour", *asked, "--database", furnished)

    assert shown.exit_code == 0, shown.output
    assert (shown.stdout == "Nothing is found; ask for less.\n") is not is_found


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (("!?",), "Error: '!?' has no word to search for; write letters or digits."),
        (("--bpm", "fast"), "Error: 'fast' is no tempo; write beats per minute like 120, or 90-120."),
        (("--order", "price"), "Error: Prices in two tokens cannot be compared; say in which one."),
        (("--key", "H"), "Error: 'H' is not a musical key; write it like C, F#m or B flat minor."),
        (
            ("--price-at-most", "1 USDC/second", "--meter", "call"),
            "Error: --price-at-most is for each Second, and --meter another; leave one out.",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(furnished: str, asked: tuple[str, ...], refusal: str) -> None:
    shown = search(*asked, "--database", furnished)

    assert shown.exit_code != 0
    assert shown.output.splitlines()[-1] == refusal


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "audiera.indexer", None)

    shown = search("--database", "sqlite:///index.db")

    assert shown.exit_code != 0
    assert shown.output == "Error: Searching needs more than the package: pip install 'audiera[serve]'.\n"
