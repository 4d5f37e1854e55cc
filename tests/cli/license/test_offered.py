"""`license offers`: what an account offers, as it is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.commands import CommandLine
from tests.support.music import write_album, write_contributors

LABEL = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
DEVELOPER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CHAIN = 31_337
TRAINING = "DataMining, Training, Derivation, Commercial"


def offer_two(line: CommandLine) -> None:
    """Registers Tones, offers it to anyone for a price and for each use, and once to the developer for nothing."""
    people = write_contributors(Path("people.csv"), "name,address,share", f"Lena,{LABEL},1")
    offer = ("--offer", "training", "--price", "0.05 ETH", "--unit-price", "0.001 ETH/second", "--duration", "1 year")
    folder = str(write_album(Path("Tones")))
    line("label", "dataset", "register", folder, "--contributors", str(people), *offer)
    line("label", "license", "offer", "1", "1", "--price", "free", "--count", "1", "--licensee", DEVELOPER)


def test_offers_are_listed_with_their_terms(line: CommandLine) -> None:
    offer_two(line)

    mine = line("label", "license", "offers")

    title, *lines, counting = mine.splitlines()
    assert counting == "Each item counts as whole seconds, what is begun as one."
    assert title == f"Offers of {LABEL} on chain {CHAIN}:"
    assert [tuple(re.split(" {2,}", it.strip())) for it in lines] == [
        ("dataset", "terms", "text", "price", "each use", "lasts", "to", "left", "rights"),
        *(
            ("1 (Tones)", "1", "training", price, "0.001 ETH/second", "1 year", to, left, TRAINING)
            for price, to, left in (("0.05 ETH", "anyone", "any number"), ("0 ETH", DEVELOPER, "1"))
        ),
    ]
    assert line("stranger", "license", "offers", LABEL) == mine


def test_a_program_reads_offers_and_terms(line: CommandLine) -> None:
    offer_two(line)

    told = json.loads(line("label", "license", "offers", "--json"))

    assert (told["owner"], told["chainId"]) == (LABEL, CHAIN)
    assert [(it["dataset"], it["name"], it["price"]["value"], it["left"]) for it in told["offers"]] == [
        (1, "Tones", str(5 * 10**16), None),
        (1, "Tones", "0", 1),
    ]
    terms = told["offers"][0]["terms"]
    assert (terms["termsId"], terms["index"]) == (told["offers"][0]["termsId"], 1)
    assert terms["unitPrice"] == told["offers"][0]["unitPrice"]
    assert terms["unitPrice"]["value"] == str(10**15)


def test_who_offers_nothing_is_told_so(line: CommandLine) -> None:
    assert line("developer", "license", "offers") == f"{DEVELOPER} offers nothing on chain {CHAIN}.\n"
