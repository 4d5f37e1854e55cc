"""The commands that pages print name the chain and the token, and leave blank what only their reader knows."""

from __future__ import annotations

from html import unescape

import pytest
from evmchains import PUBLIC_CHAIN_META

from audiera.explorer.commands import NETWORKS, ape, blanks
from tests.support.catalogue import USDC
from tests.support.explorer import Explorer

LOCAL = 31_337


def test_a_chain_that_ape_knows_is_named_as_ape_names_it() -> None:
    known = {it["chainId"]: f"{of}:{name}" for of, chains in PUBLIC_CHAIN_META.items() for name, it in chains.items()}

    assert {chain: f"{known[chain]}:node" for chain in NETWORKS} == NETWORKS
    assert ape(8_453, "license show license 1") == "ape run license show license 1 --network base:mainnet:node"
    assert blanks(ape(8_453, "license show license 1"), 8_453) == "In the checkout of Audiera."


def test_what_only_the_reader_knows_is_left_blank_and_said() -> None:
    command = ape(LOCAL, "license acquire 2 4", f'--max-price "120 {USDC}"', acts=True)

    assert command == (f'ape run license acquire 2 4 --max-price "120 {USDC}" \\\n  --network NODE --account ALIAS')
    assert blanks(command, LOCAL) == (
        "In the checkout of Audiera; NODE is the URL of a node of chain 31337; ALIAS is your account in Ape."
    )


@pytest.mark.parametrize("path", ["/datasets/1", "/licences/1", "/terms/1", "/campaigns/1", "/act/share/1"])
def test_every_command_of_a_page_names_its_network(explorer: Explorer, path: str) -> None:
    page = unescape(explorer.page(path))
    printed = [it.split("</code>")[0] for it in page.split('<div class="command">')[1:] if "<code>" in it]

    assert printed
    assert all(" --network " in it for it in printed)
