"""The guides by job do what they show, on a private chain, from their first command to their last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from web3 import Web3
from web3.types import Wei

from audiera.client import Audiera
from audiera.client.deployment.deployments import Deployment
from tests.support.music import write_album, write_contributors
from tests.support.pages import Terminal, shows
from tests.support.places import DOCS

LABEL = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
COLLECTIVE = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"
ADA = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"


def register(terminal: Terminal, *people: str, options: tuple[str, ...] = ()) -> None:
    """Registers dataset 1 as the label: three tones of these people."""
    folder = write_album(Path("Night Ferry"))
    file = write_contributors(Path("people.csv"), "name,address,share", *people)
    words = ["ape", "run", "dataset", "register", str(folder), "--contributors", str(file), *options]
    terminal.enter([*words, *terminal.net("label")])


def test_a_buyer_finds_takes_and_uses_what_is_offered(terminal: Callable[[str], Terminal]) -> None:
    buyer = terminal("developer")
    terms = ("--unit-price", "0.000001 ETH/second", "--duration", "1 year")
    offer = ("--offer", "training", "--price", "0.05 ETH")
    register(buyer, f"Ada,{ADA},60 %", f"Label,{LABEL},40 %", options=(*offer, *terms))

    buyer.run(DOCS / "buying.md")


def test_a_contributor_finds_claims_and_redirects_what_is_owed(
    terminal: Callable[[str], Terminal], w3: Web3, deployment: Deployment
) -> None:
    ada = terminal("ada")
    register(ada, f"Ada,{ADA},60 %", "Pavel Brandt,,40 %", options=("--custodian", COLLECTIVE))
    ada.enter(["ape", "run", "royalty", "pay", "1", "0.5 ETH", *ada.net("fan")])

    def send() -> None:
        shop = Audiera.connect(w3, deployment=deployment)
        address = shop.royalty.address_of(shop.datasets.account_of(1))
        (*_, somebody) = w3.eth.accounts
        sent = w3.eth.send_transaction({"from": somebody, "to": address, "value": Wei(10**17)})
        w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)

    ada.between["0.1 ETH arrives at the payment address"] = send
    ada.run(DOCS / "claiming.md")


@pytest.mark.parametrize(
    ("page", "printed", "same"),
    [
        ("owed  0.3 ETH\n", "owed      0.3 ETH\n", True),
        ("owed  0.3 ETH\n", "owed  0.4 ETH\n", False),
        ("owed 0.3 ETH\n", "owed  0.3 ETH\n", False),
        ("of 0x12…9\n", "of 0x123456789\n", True),
        ("of 0x12…9\n", "of 0x123456780\n", False),
        ("until 2027-01-02 03:04 UTC\n", "until 2031-10-20 11:12 UTC\n", True),
        ("until 2027-01-02 03:04 UTC\n", "until tomorrow\n", False),
        ("in block 3 (21,000 gas)\n", "in block 12 (7 gas)\n", True),
        ("a\n…\nz\n", "a\nb\nc\nz\n", True),
        ("a\n", "a\nb\n", False),
    ],
)
def test_a_page_shows_what_is_printed_or_the_guide_fails(page: str, printed: str, *, same: bool) -> None:
    assert shows(page, printed) is same
