"""What a page tells its reader to paste works as it is, once the blanks are filled."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from eth_account import Account
from eth_typing import ChecksumAddress
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint, TxParams

from audiera.cli.main import main
from audiera.client import Audiera, Content, KeySigner, TxReceipt
from audiera.client.contracts.events import DatasetRegistered
from audiera.explorer import Settings, create_app
from audiera.protocol import Kind, Meter, Right, Split, Terms, payee_of, to_address
from tests.cli.conftest import PASSPHRASE
from tests.support.ape import Ran, RunApe
from tests.support.artifacts import Artifact
from tests.support.explorer import Explorer, serving

PRICE = 120 * 10**6


@dataclass(frozen=True, slots=True)
class Offered:
    """A dataset with an offer, and an index of its chain."""

    studio: Audiera[TxReceipt]
    dataset: int
    token: ChecksumAddress
    database: str


@pytest.fixture
def offered(
    network: str, people: Mapping[str, ChecksumAddress], artifact: Callable[[str], Artifact], tmp_path: Path
) -> Offered:
    """A dataset that is offered for a token that the fan has enough of, and an index that knows it."""
    w3, made, key = Web3(HTTPProvider(network)), artifact("MockToken"), Account.create()
    rich: TxParams = {"from": w3.eth.accounts[0]}

    def mined(sent: bytes) -> ChecksumAddress | None:
        return w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["contractAddress"]  # type: ignore[arg-type]

    sent = w3.eth.contract(abi=made.abi, bytecode=made.creation_code).constructor("USDC", 6).transact(rich)
    token = to_address(str(mined(sent)))
    mined(w3.eth.contract(token, abi=made.abi).functions.mint(people["fan"], PRICE).transact(rich))
    w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [key.address, hex(10**20)])
    studio = Audiera.connect(w3, KeySigner(key))
    content = Content(Kind.Samples, 0, 3, b"\x01" * 32, b"\x02" * 32)
    dataset = (
        studio.datasets.register(content, Split.of({payee_of(key.address): 1_000_000})).event(DatasetRegistered).id
    )
    usual = dict.fromkeys(("unit_price", "duration", "notice", "max_units", "derivative_ppm", "flags"), 0)
    terms = Terms(rights=Right.Training, meter=Meter.Call, token=token, text=b"\x07" * 32, **usual)
    studio.licenses.publish_terms(terms)
    studio.licenses.offer(dataset, terms.id(), PRICE)
    database = f"sqlite:///{tmp_path / 'index.db'}"
    read = CliRunner().invoke(main, ["index", "--node", network, "--database", database, "--once"])
    assert read.exit_code == 0, read.output
    return Offered(studio, dataset, token, database)


@pytest.fixture
def paste(run_ape: RunApe, network: str) -> Callable[[Explorer, str, str], Ran]:
    """Runs what a page prints under a heading, as a shell reads it, with the blanks filled by the fan."""

    def run(explorer: Explorer, path: str, heading: str) -> Ran:
        page = unescape(explorer.page(path))
        command = page.split(f">{heading}<")[1].split("<code>")[1].split("</code>")[0]
        filled = command.replace("--network NODE", f"--network {network}").replace("--account ALIAS", "--account fan")
        assert filled != command
        told = subprocess.run(
            ["bash", "-c", f"""ape() {{ printf '%s\\0' "$@"; }}; {filled}"""], capture_output=True, check=True
        )
        words = told.stdout.decode().split("\0")[:-1]
        assert words[0] == "run"
        asks = ["--yes"] * ("--account" in words)
        return run_ape(*words[1:], *asks, environment={"APE_ACCOUNTS_fan_PASSPHRASE": PASSPHRASE})

    return run


def test_the_command_that_takes_a_licence_takes_it_as_it_is_printed(
    offered: Offered,
    people: Mapping[str, ChecksumAddress],
    paste: Callable[[Explorer, str, str], Ran],
    network: str,
) -> None:
    studio, settings = offered.studio, Settings(database=offered.database, tokens={offered.token: ("USDC", 6)})
    with serving(create_app(settings)) as explorer:
        taken = paste(explorer, f"/datasets/{offered.dataset}", "Take it from a terminal")
        assert taken.code == 0, taken.err
        number = studio.licenses.license_count()
        assert studio.licenses.license_of(number).holder == people["fan"]

        CliRunner().invoke(main, ["index", "--node", network, "--database", offered.database, "--once"])
        shown = paste(explorer, f"/licences/{number}", "Check it on the chain")

    assert shown.code == 0, shown.err
    assert f"Licence {number} of dataset {offered.dataset}" in shown.out
