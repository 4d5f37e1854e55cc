from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client import Audiera
from audiera.client.chain.node import Node
from audiera.client.deployment.create2 import predict
from audiera.client.deployment.deployments import SHIPPED, Deployed, Deployment
from audiera.client.deployment.finding import stated_domain
from audiera.client.deployment.trusted import accept
from audiera.errors import ChainError, InputError, StorageError
from audiera.protocol.ids import ETHER, to_address
from audiera.protocol.typed import CONTRACTS, Domain
from tests.client.proxy import behind


def test_a_deployment_is_read_as_it_was_written(deployment: Deployment, empty_folder: Path) -> None:
    assert Deployment.find(deployment.chain_id, empty_folder) is None

    path = deployment.write(empty_folder)

    assert path == empty_folder / f"{deployment.chain_id}.json"
    assert Deployment.find(deployment.chain_id, empty_folder) == deployment
    assert list(empty_folder.iterdir()) == [path]


def test_a_link_that_is_laid_where_a_deployment_is_drafted_is_not_written_through(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-F5"""
    mine, folder = tmp_path / "mine", tmp_path / "deployments"
    mine.write_text("mine")
    folder.mkdir()
    monkeypatch.setattr("tempfile._get_candidate_names", lambda: iter(["guessed", "free"]))
    for name in (".audiera.guessed", f"{deployment.chain_id}.json"):
        (folder / name).symlink_to(mine)

    path = deployment.write(folder)

    assert mine.read_text() == "mine"
    assert not path.is_symlink()
    assert Deployment.read(path) == deployment


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


def test_what_a_release_is_shipped_with_says_where_to_begin_and_nothing_else(
    w3: Web3, deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiera.client.deployment.finding.SHIPPED", tmp_path / "networks")
    elsewhere = {name: replace(it, address=to_address(f"0x{'12' * 20}")) for name, it in deployment.contracts.items()}

    for contracts, start in ((deployment.contracts, deployment.block), (elsewhere, 0)):
        replace(deployment, contracts=contracts).write(tmp_path / "networks")

        found = Audiera.connect(w3, folder=tmp_path / "none")

        assert found.start == start
        assert {name: it.address for name, it in found.suite.contracts.items()} == predict()


def test_what_this_release_is_shipped_with_is_its_own() -> None:
    for path in SHIPPED.glob("*.json"):
        found = Deployment.find(int(path.stem), SHIPPED)
        assert found is not None
        assert found.addresses == predict()


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


def test_signatures_are_for_where_an_accepted_file_says_else_where_the_release_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-F1"""
    monkeypatch.setenv("AUDIERA_STATE", str(tmp_path / "state"))
    here = {name: Deployed(to_address(f"0x{number:040x}"), bytes(32), None) for number, name in enumerate(CONTRACTS, 1)}
    addresses = {name: it.address for name, it in here.items()}
    Deployment(7, 0, here).write(tmp_path)

    with pytest.raises(InputError, match=r"7\.json says that the RoyaltySplitter is at 0x0{39}1, and this release's"):
        stated_domain("UsageLedger", 7, tmp_path)
    accept(Node(Web3(), 7), addresses, dict.fromkeys(CONTRACTS, b"code"))

    assert stated_domain("UsageLedger", 7, tmp_path) == Domain("UsageLedger", 7, here["UsageLedger"].address)
    assert stated_domain("UsageLedger", 8, tmp_path) == Domain("UsageLedger", 8, predict()["UsageLedger"])


def test_a_file_about_another_chain_is_refused(deployment: Deployment, empty_folder: Path) -> None:
    """AUD-F3"""
    empty_folder.mkdir()
    (empty_folder / "5.json").write_text(deployment.to_json())

    with pytest.raises(InputError, match=rf"5\.json is about chain {deployment.chain_id}; run `ape run deploy` again"):
        Deployment.find(5, empty_folder)


def test_code_is_run_once_and_only_compared_afterwards(anvil: str, deployment: Deployment, tmp_path: Path) -> None:
    """AUD-F4"""
    asked: list[str] = []

    def noted(method: str, params: list[Any]) -> None:
        asked.append(f"{method}/{len(params)}")

    with behind(anvil, noted) as url:
        for _ in range(2):
            asked.append("connecting")
            assert Audiera.connect(url, folder=tmp_path, state=tmp_path).chain_id == deployment.chain_id

    first, second = " ".join(asked).split("connecting")[1:]
    assert first.split() == ["eth_chainId/0", *["eth_getCode/2"] * 5, *["eth_getCode/2", "eth_call/3"] * 5]
    assert second.split() == ["eth_chainId/0", *["eth_getCode/2"] * 5]


def test_other_code_at_the_releases_address_is_refused_at_every_connection(
    w3: Web3, deployment: Deployment, tmp_path: Path
) -> None:
    """AUD-F4"""
    Audiera.connect(w3, folder=tmp_path, state=tmp_path)
    ledger = deployment.addresses["UsageLedger"]
    code = bytearray(w3.eth.get_code(ledger))
    code[-100] ^= 1
    w3.provider.make_request(RPCEndpoint("anvil_setCode"), [ledger, f"0x{code.hex()}"])

    for told in (None, deployment):
        with pytest.raises(ChainError, match=f"The code at {ledger} on chain 31337 is not this release's UsageLedger"):
            Audiera.connect(w3, None, told, folder=tmp_path, state=tmp_path)


def test_where_nothing_can_be_remembered_code_is_run_each_time(
    w3: Web3, deployment: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "contracts").write_text("a file where a folder belongs")

    found = Audiera.connect(w3, folder=tmp_path, state=tmp_path)

    assert found.suite["UsageLedger"].address == deployment.addresses["UsageLedger"]
    with pytest.raises(StorageError, match=r"contracts/31337-.* cannot be written .*, so nothing is accepted"):
        accept(found.node, deployment.addresses, dict.fromkeys(CONTRACTS, b"code"))


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_a_deployment_is_for_all_whom_the_umask_lets_read(empty_folder: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        path = Deployment(7, 0, {}).write(empty_folder)
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
