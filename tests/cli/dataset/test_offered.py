"""Offers from a registration to a purchase, as they are typed."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from audiera.licensing import template
from tests.cli.commands import CommandLine
from tests.support.music import write_album, write_contributors

LABEL = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
TEXT = template("open").text


@pytest.fixture
def offered(line: CommandLine) -> CommandLine:
    """An album under the open licence, of which derived datasets owe a twentieth."""
    album = write_album(Path("Tones"))
    people = write_contributors(Path("people.csv"), "name,address,share", f"Lena,{LABEL},1")
    offer = ("--offer", "open", "--price", "0.1 ETH", "--derivative-share", "5 %")
    line("label", "dataset", "register", str(album), "--contributors", str(people), *offer)
    return line


def test_what_derived_datasets_owe_is_in_the_terms_and_the_croissant_view(offered: CommandLine) -> None:
    terms = json.loads(offered("developer", "license", "show", "terms", "1", "--json"))
    view = json.loads(offered("developer", "dataset", "croissant", "1", "Tones", "--version", "1"))

    assert terms["derivativePpm"] == 50_000
    assert view["name"] == "Tones"
    assert "has versions 1 to 1 and no 2;" in offered(
        "developer", "dataset", "croissant", "1", "Tones", "--version", "2", fails=True
    )


def test_a_buyer_writes_the_text_to_a_file_or_reads_it_before_buying(offered: CommandLine) -> None:
    offered("developer", "license", "text", "1", "--out", "licence.md")
    shown = offered("developer", "license", "acquire", "1", "1", "--max-price", "0.1 ETH", "--show-text")

    assert sha256(Path("licence.md").read_bytes()).digest() == sha256(TEXT).digest()
    assert "  | title: Open licence\n" in shown
    assert [it[4:] for it in shown.splitlines() if it.startswith("  |")] == [
        it.rstrip() for it in TEXT.decode().splitlines()
    ]
    assert "Licence 1 of dataset 1" in shown
