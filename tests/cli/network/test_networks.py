"""`audiera networks`: what is known, and what a node says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from web3 import Web3

from audiera.cli.main import main
from audiera.client.deployment.deployments import Deployment
from audiera.protocol.ids import to_address
from tests.support.anvil import running_anvil


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("audiera.cli.network.networks.SHIPPED", tmp_path / "networks")
    return tmp_path


def networks(*options: str) -> str:
    done = CliRunner().invoke(main, ["networks", *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_release_that_knows_no_chain_says_so(folder: Path) -> None:
    assert not list(folder.iterdir())
    assert networks() == "Neither this release nor deployments/ lists a chain yet.\n"


def test_chains_are_listed_with_whose_contracts_a_file_names(folder: Path, deployment: Deployment) -> None:
    other = {name: replace(it, address=to_address(f"0x{'12' * 20}")) for name, it in deployment.contracts.items()}
    replace(deployment, chain_id=11_155_111, block=7).write(folder / "networks")
    replace(deployment, chain_id=5, block=9, contracts=other).write(folder / "deployments")
    (folder / "deployments" / "tokens.json").write_text("{}")

    assert [it.split() for it in networks().splitlines()[1:]] == [
        ["11155111", "Sepolia", "7", "this", "release's", "this", "release"],
        ["5", "-", "9", "others'", "deployments/"],
    ]
    assert json.loads(networks("--json"))["networks"] == [
        {"chainId": 11_155_111, "name": "Sepolia", "block": 7, "ours": True, "from": "this release"},
        {"chainId": 5, "name": None, "block": 9, "ours": False, "from": "deployments/"},
    ]


def test_a_node_is_asked_whether_its_chain_has_them(folder: Path, anvil: str, w3: Web3, deployment: Deployment) -> None:
    assert (folder, w3.eth.chain_id) == (folder, deployment.chain_id)

    assert networks("--node", anvil).endswith("Chain 31337 has the contracts.\n")
    with running_anvil("--chain-id", "77") as url:
        assert json.loads(networks("--node", url, "--json"))["asked"] == {"chainId": 77, "found": False}
