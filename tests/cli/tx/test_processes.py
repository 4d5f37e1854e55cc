"""Commands as processes of their own, against a node that loses answers: nothing is registered or paid twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from eth_typing import ChecksumAddress
from web3 import HTTPProvider, Web3

from tests.cli.conftest import PASSPHRASE, Album
from tests.support.ape import Ran, RunApe
from tests.support.lossy import Mode, lossy_node


@pytest.fixture
def label(run_ape: RunApe, people: Mapping[str, ChecksumAddress]) -> Callable[..., Ran]:
    """`label(url, "royalty", "pay", ...)`: the label's command, through the node at that address."""
    assert "label" in people

    def run(url: str, *words: str) -> Ran:
        passphrase = {"APE_ACCOUNTS_label_PASSPHRASE": PASSPHRASE}
        return run_ape(*words, "--account", "label", "--yes", "--network", url, environment=passphrase)

    return run


@pytest.mark.parametrize("mode", [Mode.ALREADY, Mode.RESET, Mode.GATEWAY, Mode.HANG, Mode.INDEXING])
def test_a_registration_and_a_payment_outlive_the_answers_that_are_lost(
    label: Callable[..., Ran],
    network: str,
    people: Mapping[str, ChecksumAddress],
    album: Callable[..., Album],
    mode: Mode,
) -> None:
    made = album(f"Lena Label,{people['label']},100 %", name=f"Tones {mode.name}")
    words = ("dataset", "register", str(made.folder), "--contributors", str(made.contributors))
    w3 = Web3(HTTPProvider(network))
    before = w3.eth.get_transaction_count(people["label"])

    with lossy_node(network, mode) as node:
        registered = label(node.url, *words, "--json")
        paid = label(node.url, "royalty", "pay", str(registered.json["dataset"]), "0.05 ETH")

    assert (registered.code, paid.code) == (0, 0), registered.err + paid.err
    assert f"Sending transaction {registered.json['transaction']}." in registered.err
    assert w3.eth.get_transaction_count(people["label"]) == before + 2
    again = label(network, *words)
    assert (again.code, "on this chain already" in again.err) == (1, True), again.err
