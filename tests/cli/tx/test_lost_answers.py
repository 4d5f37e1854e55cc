"""Commands through a node that loses answers: nothing is registered or paid twice.

One of them is a process of its own with an account in a file; the others run in this one, as their ways to fail are met
above it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from eth_typing import ChecksumAddress
from web3 import HTTPProvider, Web3

from tests.cli.commands import CommandLine
from tests.cli.conftest import PASSPHRASE, Album
from tests.support.ape import RunApe
from tests.support.lossy import Mode, lossy_node
from tests.support.music import write_album, write_contributors
from tests.support.pages import Terminal


@pytest.mark.heavy
@pytest.mark.parametrize("mode", [Mode.ALREADY, Mode.GATEWAY, Mode.HANG, Mode.INDEXING])
def test_a_registration_and_a_payment_outlive_the_answers_that_are_lost(
    line: CommandLine, anvil: str, w3: Web3, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    monkeypatch.setattr("audiera.client.chain.node._HURRY", 1)  # second, which is long for a node that is near
    me = w3.eth.accounts[0]
    people = write_contributors(Path("people.csv"), "name,address,share", f"Lena,{me},100 %")
    words = ("dataset", "register", str(write_album(Path("Tones"))), "--contributors", str(people))
    before = w3.eth.get_transaction_count(me)

    with lossy_node(anvil, mode) as node:
        through = CommandLine(Terminal(node.url, {}, {}), line.numbers)
        registered = through("label", *words)
        paid = through("label", "royalty", "pay", "1", "0.05 ETH")

    assert "Dataset 1 is registered" in registered
    assert "Paid 0.05 ETH to dataset 1." in paid
    assert w3.eth.get_transaction_count(me) == before + 2
    assert "on this chain already" in line("label", *words, fails=True)


@pytest.mark.heavy
def test_a_process_of_its_own_outlives_a_connection_that_is_lost(
    run_ape: RunApe, network: str, people: Mapping[str, ChecksumAddress], album: Callable[..., Album]
) -> None:
    made = album(f"Lena Label,{people['label']},100 %", name="Tones that were reset")
    words = ("dataset", "register", str(made.folder), "--contributors", str(made.contributors), "--json")
    acting, passphrase = ("--account", "label", "--yes"), {"APE_ACCOUNTS_label_PASSPHRASE": PASSPHRASE}
    w3 = Web3(HTTPProvider(network))
    before = w3.eth.get_transaction_count(people["label"])

    with lossy_node(network, Mode.RESET) as node:
        registered = run_ape(*words, *acting, "--network", node.url, environment=passphrase)

    assert registered.code == 0, registered.err
    assert f"Sending transaction {json.loads(registered.out)['transaction']}." in registered.err
    assert w3.eth.get_transaction_count(people["label"]) == before + 1
