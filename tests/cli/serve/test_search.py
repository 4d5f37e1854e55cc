"""`audiera search` prints what is found, as a table or as JSON, and refuses in a sentence."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, update

from audiera.cli.main import main
from audiera.indexer.engine import open_index, upgrade, writing
from audiera.indexer.tables import CHAIN, TOKENS
from audiera.protocol import Kind, Meter, Right, to_address
from audiera.storage import Store
from tests.cli.words import wrong_words
from tests.support.catalogue import address
from tests.support.shelf import Shelf, documents_of, item_row

USDC = to_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")
LOUD, SAME, SAME_TOO, FALSE, MUTE = (address(f"a token {at}") for at in range(5))


NOTHING = "Nothing is found that fits all that was asked for; use fewer words, or ask for less.\n"


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


@pytest.fixture
def strange(furnished: str) -> str:
    """The same with offers in tokens of strangers: two say the same symbol, and one says nothing."""
    engine = open_index(furnished)
    shelf = Shelf(engine, Store.open("/nowhere"))
    said = {LOUD: ("LOUD", 2), SAME: ("SAME", 18), SAME_TOO: ("same", 6), FALSE: ("USDC", 6), MUTE: ("", None)}
    for token, (symbol, decimals) in said.items():
        shelf.offer(1, 7 if token == MUTE else 25, rights=Right.Training, token=token, unit_price=int(token == LOUD))
        with shelf.writing() as connection:
            values = {"symbol": symbol, "decimals": decimals, "next_try": None}
            connection.execute(update(TOKENS).where(TOKENS.c.token == token).values(values))
    shelf.refresh()
    engine.dispose()
    return furnished


def search(*words: str) -> Result:
    return CliRunner().invoke(main, ["search", *words])


def test_what_is_found_is_a_table(furnished: str) -> None:
    shown = search("harb", "--right", "training", "--price-at-most", "5 USDC", "--database", furnished)

    assert shown.exit_code == 0, shown.output
    heading, row = shown.stdout.splitlines()
    assert heading.split() == ["dataset", "name", "by", "kind", "items", "length", "offered"]
    offered = "5 USDC; 0.001 USDC/second; 1 year; Training, Commercial"
    assert row.split() == f"1 Harbour Lights Ada Moreau Recordings 1 2:00:00.000 {offered}".split()


def test_what_is_offered_through_a_catalogue_says_through_which(furnished: str) -> None:
    engine = open_index(furnished)
    shelf = Shelf(engine, Store.open("/nowhere"), count=2)
    gathered = shelf.register(kind=Kind.Catalogue)
    shelf.join(gathered, shelf.offer(gathered, 90_000_000, token=USDC, rights=Right.DataMining), 1)
    shelf.refresh()
    engine.dispose()

    asked = ("harbour", "--right", "DataMining", "--database", furnished)
    assert search(*asked).stdout.splitlines()[1].endswith("90 USDC; perpetual; DataMining; through catalogue 3")
    (hit,) = json.loads(search(*asked, "--json").stdout)["datasets"]
    assert [it["dataset"] for it in hit["offers"]] == [3]


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
    assert (shown.stdout == NOTHING) is not is_found


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
        (("--price-at-most", "1 SOFT"), "Error: Token 'SOFT' is not known here; use one of ETH, USDC."),
        (("--price-at-most", "1 0x12"), "Error: '0x12' is not an address; give 0x and 40 hexadecimal digits."),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(furnished: str, asked: tuple[str, ...], refusal: str) -> None:
    shown = search(*asked, "--database", furnished)

    assert shown.exit_code != 0
    assert shown.output.splitlines()[-1] == refusal


@pytest.mark.parametrize(
    ("price", "is_found"),
    [
        (f"5 {USDC}", True),
        (f"4 {USDC}", False),
        ("0.25 loud", True),
        (f"0.25 {LOUD}", True),
        (f"0.24 {LOUD}", False),
        (f"0.01 {LOUD}/call", True),
        (f"7 {MUTE}", True),
        (f"6 {MUTE}", False),
        (f"9 {address('no token')}", False),
    ],
)
def test_a_price_may_be_in_any_token(strange: str, price: str, *, is_found: bool) -> None:
    shown = search("harbour", "--price-at-most", price, "--database", strange)

    assert shown.exit_code == 0, shown.output
    assert (shown.stdout == NOTHING) is not is_found


def test_what_several_tokens_call_themselves_names_none_of_them(strange: str) -> None:
    shown = search("--price-at-most", "1 Same", "--database", strange)

    first, second = sorted((SAME, SAME_TOO))
    assert shown.exit_code != 0
    assert shown.output == (
        f"Error: 'Same' is what several tokens call themselves: {first}, {second}. Write the address of one.\n"
    )


def test_a_stranger_that_takes_a_known_name_is_not_meant_by_it(strange: str) -> None:
    shown = search("--json", "--price-at-most", "100 USDC", "--database", strange)

    (hit,) = json.loads(shown.stdout)["datasets"]
    assert [it["price"]["token"] for it in hit["offers"]] == [USDC]


def test_what_a_token_calls_itself_has_its_address_behind_it(strange: str) -> None:
    shown = search("harbour", "--facets", "--database", strange)

    for offered in (
        f"0.25 LOUD({LOUD}); 0.01 LOUD({LOUD})/call",
        f"0.000025 USDC({FALSE})",
        "5 USDC; 0.001 USDC/second",
    ):
        assert offered in shown.stdout
    assert f"7 smallest units of {MUTE}" in shown.stdout


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "audiera.indexer", None)

    shown = search("--database", "sqlite:///index.db")

    assert shown.exit_code != 0
    assert shown.output == "Error: Searching needs more than the package: pip install 'audiera[serve]'.\n"


@pytest.mark.parametrize("words", ["search", "index status", "index retry", "index rebuild"])
def test_an_index_that_is_not_there_is_refused_and_none_is_made(tmp_path: Path, words: str) -> None:
    place = tmp_path / "index.db"

    done = CliRunner().invoke(main, [*words.split(), "--database", f"sqlite:///{place}"])

    assert done.exit_code == 1
    assert f"There is no index at {place}" in done.output
    assert not place.exists()
