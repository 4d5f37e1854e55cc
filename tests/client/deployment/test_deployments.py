from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from web3 import Web3

from audiera.client import Audiera
from audiera.client.deployment.create2 import predict
from audiera.client.deployment.deployments import Deployed, Deployment
from audiera.client.deployment.finding import stated_domain
from audiera.errors import ChainError, InputError
from audiera.protocol.ids import ETHER, to_address
from audiera.protocol.typed import CONTRACTS, Domain
from tests.client.proxy import behind


def test_a_deployment_is_read_as_it_was_written(deployment: Deployment, empty_folder: Path) -> None:
    assert Deployment.find(deployment.chain_id, empty_folder) is None

    path = deployment.write(empty_folder)

    assert path == empty_folder / f"{deployment.chain_id}.json"
    assert Deployment.find(deployment.chain_id, empty_folder) == deployment
    assert list(empty_folder.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"chainId": 1, "block": 0, "contracts": {}}'])
def test_a_broken_file_is_named(empty_folder: Path, text: str) -> None:
    empty_folder.mkdir()
    (empty_folder / "5.json").write_text(text)

    with pytest.raises(InputError, match=r"5\.json does not describe a deployment; run `ape run deploy`"):
        Deployment.find(5, empty_folder)


def test_a_client_finds_the_suite_by_file_or_by_prediction(
    w3: Web3, deployment: Deployment, empty_folder: Path
) -> None:
    assert Audiera.connect(w3, folder=empty_folder).start == 0

    deployment.write(empty_folder)

    found = Audiera.connect(w3, folder=empty_folder)
    assert (found.start, found.chain_id) == (deployment.block, deployment.chain_id)
    assert {name: it.address for name, it in found.suite.contracts.items()} == deployment.addresses


def test_a_file_of_a_chain_that_began_anew_does_not_hide_events(
    w3: Web3, deployment: Deployment, empty_folder: Path
) -> None:
    unknown = {name: replace(it, transaction=b"\x01" * 32) for name, it in deployment.contracts.items()}
    found = {name: replace(it, transaction=None) for name, it in deployment.contracts.items()}

    for contracts, start in ((deployment.contracts, 0), (unknown, 0), (found, w3.eth.block_number)):
        Deployment(deployment.chain_id, 10**6, contracts).write(empty_folder)

        assert Audiera.connect(w3, folder=empty_folder).start == start


def test_a_deployment_without_one_of_the_contracts_is_refused(w3: Web3, deployment: Deployment) -> None:
    others = {name: it for name, it in deployment.contracts.items() if name != "UsageLedger"}

    with pytest.raises(InputError, match="The deployment names no UsageLedger; deploy again to complete it"):
        Audiera.connect(w3, deployment=Deployment(deployment.chain_id, 0, others))


def test_a_chain_without_the_suite_is_named(anvil: str, deployment: Deployment, empty_folder: Path) -> None:
    splitter = deployment.addresses["RoyaltySplitter"]

    with (
        behind(anvil, lambda method, _: ["0x"] if method == "eth_getCode" else None) as url,
        pytest.raises(ChainError, match=f"There is no RoyaltySplitter at {splitter} on chain 31337; run `ape run"),
    ):
        Audiera.connect(url, folder=empty_folder)


def test_a_file_of_an_older_release_does_not_hide_this_one(
    w3: Web3, deployment: Deployment, empty_folder: Path
) -> None:
    gone = {name: replace(it, address=ETHER) for name, it in deployment.contracts.items()}
    older = Deployment(deployment.chain_id, 1, gone)
    older.write(empty_folder)

    found = Audiera.connect(w3, folder=empty_folder)

    assert {name: it.address for name, it in found.suite.contracts.items()} == deployment.addresses
    with pytest.raises(ChainError, match=f"There is no RoyaltySplitter at {ETHER}"):
        Audiera.connect(w3, deployment=older)


def test_signatures_are_for_where_the_folder_says_else_where_the_release_is(tmp_path: Path) -> None:
    here = {name: Deployed(to_address(f"0x{number:040x}"), bytes(32), None) for number, name in enumerate(CONTRACTS, 1)}
    Deployment(7, 0, here).write(tmp_path)

    assert stated_domain("UsageLedger", 7, tmp_path) == Domain("UsageLedger", 7, here["UsageLedger"].address)
    assert stated_domain("UsageLedger", 8, tmp_path) == Domain("UsageLedger", 8, predict()["UsageLedger"])
