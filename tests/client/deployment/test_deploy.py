from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3

from audiera.client import Audiera, KeySigner, ReadOnly
from audiera.client.calls.drafts import MAX_GAS
from audiera.client.calls.transactions import send
from audiera.client.chain.node import Message, Node, connect
from audiera.client.deployment.create2 import DEPLOYER, SALT, creation_codes, predict
from audiera.client.deployment.deploy import deploy, most_cost, plan, verify
from audiera.client.deployment.deployments import Deployment
from audiera.errors import ChainError, RevertError
from audiera.protocol.hashing import keccak
from audiera.protocol.ids import to_address
from tests.client.conftest import StartAnvil
from tests.client.proxy import behind

NAMES = ["RoyaltySplitter", "DatasetRegistry", "LicenseRegistry", "UsageLedger", "IncentivePool"]


@pytest.fixture
def empty(start_anvil: StartAnvil) -> Node:
    """A chain of its own, with another number, on which nothing is deployed."""
    return connect(start_anvil("--chain-id", "4242"))


@pytest.fixture
def deployer(empty: Node, new_account: Callable[[str], LocalAccount]) -> KeySigner:
    signer = KeySigner(new_account("deployer"))
    empty.request("anvil_setBalance", signer.address, hex(10**18))
    return signer


def test_the_addresses_follow_from_the_code_alone(empty: Node, deployer: KeySigner) -> None:
    assert not any(it.present for it in plan(empty))
    before, most = empty.balance(deployer.address), most_cost(empty, deployer.address, plan(empty))
    with pytest.raises(ChainError, match="The gas of this transaction would cost up to"):
        most_cost(replace(empty, max_fee=1), deployer.address, plan(empty))

    made = deploy(empty, deployer)

    assert made.addresses == predict()
    assert made.chain_id == 4242
    assert list(made.contracts) == NAMES
    assert made.block == 1
    for name, code in creation_codes().items():
        assert made.contracts[name].code_hash == keccak(code)
    assert all(it.present for it in plan(empty))
    verify(empty, made)
    assert before - (most or 0) <= empty.balance(deployer.address) < before
    assert most_cost(empty, deployer.address, plan(empty)) == 0


def test_the_contracts_know_the_layers_below_them(w3: Web3, deployment: Deployment) -> None:
    client, at = Audiera.connect(w3, None, deployment), deployment.addresses

    def asked(contract: str, function: str) -> bytes:
        request = client.suite[contract].request(function)
        return client.node.call(Message(request.contract.address, request.data))

    for name, below in {
        "DatasetRegistry": {"SPLITTER": "RoyaltySplitter"},
        "LicenseRegistry": {"SPLITTER": "RoyaltySplitter", "DATASETS": "DatasetRegistry"},
        "UsageLedger": {"SPLITTER": "RoyaltySplitter", "DATASETS": "DatasetRegistry", "LICENSES": "LicenseRegistry"},
        "IncentivePool": {"SPLITTER": "RoyaltySplitter", "DATASETS": "DatasetRegistry", "LEDGER": "UsageLedger"},
    }.items():
        for function, layer in below.items():
            assert asked(name, function)[12:] == bytes.fromhex(at[layer][2:])


def test_each_deployment_fits_one_transaction_on_ethereum(w3: Web3, deployment: Deployment) -> None:
    """EIP-7825."""
    for it in deployment.contracts.values():
        assert it.transaction
        assert w3.eth.get_transaction_receipt(it.transaction)["gasUsed"] < MAX_GAS  # type: ignore[arg-type]  # bytes


def test_deploying_again_finds_what_is_there(empty: Node, deployer: KeySigner) -> None:
    first, said = deploy(empty, deployer), list[str]()
    spent = empty.balance(deployer.address)

    again = deploy(empty, deployer, known=first, report=said.append)

    assert again == first
    assert said == [f"{name} is at {address} already." for name, address in first.addresses.items()]
    assert empty.balance(deployer.address) == spent


def test_who_finds_it_deployed_needs_neither_ether_nor_a_file(empty: Node, deployer: KeySigner) -> None:
    first = deploy(empty, deployer)

    found = deploy(empty, ReadOnly(to_address("0x" + "33" * 20)))

    assert found.addresses == first.addresses
    assert found.block == first.block
    assert {it.transaction for it in found.contracts.values()} == {None}


@pytest.mark.parametrize("done", [1, 2, 4])
def test_an_interrupted_deployment_is_resumed(empty: Node, deployer: KeySigner, done: int) -> None:
    for code in list(creation_codes().values())[:done]:
        send(empty, deployer, Message(DEPLOYER, SALT + code), timeout=10)
    assert [it.present for it in plan(empty)] == [True] * done + [False] * (len(NAMES) - done)

    made = deploy(empty, deployer)

    assert made.addresses == predict()
    assert [it.transaction is None for it in made.contracts.values()] == [True] * done + [False] * (len(NAMES) - done)
    verify(empty, made)


def test_a_transaction_left_pending_is_awaited_and_not_sent_twice(empty: Node, deployer: KeySigner) -> None:
    empty.request("evm_setAutomine", False)
    with pytest.raises(ChainError, match="is not mined after"):
        deploy(empty, deployer, timeout=0.1)
    assert empty.nonce(deployer.address) == 1
    with pytest.raises(ChainError, match="have been pending for"):
        deploy(empty, deployer, timeout=0.1)
    empty.request("evm_setIntervalMining", 1)

    made = deploy(empty, deployer, timeout=20)

    assert made.contracts["RoyaltySplitter"].transaction is None
    assert empty.nonce(deployer.address, pending=False) == len(NAMES)
    verify(empty, made)


def test_another_deployer_who_is_faster_does_no_harm(
    empty: Node, deployer: KeySigner, new_account: Callable[[str], LocalAccount]
) -> None:
    rival = KeySigner(new_account("rival"))
    empty.request("anvil_setBalance", rival.address, hex(10**18))

    def overtaken(method: str, _: list[Any]) -> object:
        if method == "eth_estimateGas" and not empty.code(predict()["IncentivePool"]):
            deploy(empty, rival)
        return None

    with behind(str(empty.web3.provider.endpoint_uri), overtaken) as url:  # type: ignore[attr-defined]  # of HTTP
        made = deploy(connect(url), deployer)

    assert made.addresses == predict()
    assert {it.transaction for it in made.contracts.values()} == {None}
    assert empty.nonce(deployer.address) == 0


def test_other_code_at_an_address_is_refused(empty: Node, deployer: KeySigner) -> None:
    made = deploy(empty, deployer)
    address = made.addresses["DatasetRegistry"]
    code = bytearray(empty.code(address))
    code[-100] ^= 1
    empty.request("anvil_setCode", address, f"0x{code.hex()}")

    for check in (lambda: plan(empty), lambda: verify(empty, made), lambda: deploy(empty, deployer)):
        with pytest.raises(ChainError, match=f"The code at {address} on chain 4242 is not this release's Dataset"):
            check()


def test_an_immutable_with_another_value_is_noticed(empty: Node, deployer: KeySigner) -> None:
    made = deploy(empty, deployer)
    ledger, splitter = made.addresses["UsageLedger"], made.addresses["RoyaltySplitter"]
    code, wanted = empty.code(ledger), bytes.fromhex(splitter[2:])
    assert wanted in code
    empty.request("anvil_setCode", ledger, "0x" + code.replace(wanted, b"\x66" * 20).hex())

    with pytest.raises(ChainError, match="is not this release's UsageLedger"):
        verify(empty, made)


def test_a_missing_contract_is_named(empty: Node, deployer: KeySigner) -> None:
    made = deploy(empty, deployer)
    address = made.addresses["LicenseRegistry"]
    empty.request("anvil_setCode", address, "0x")

    with pytest.raises(ChainError, match=f"There is no LicenseRegistry at {address} on chain 4242; deploy it there"):
        verify(empty, made)


@pytest.mark.parametrize(
    "said", ["too many arguments", "execution reverted", ["0x"]], ids=["refuses", "runs the contract", "nothing"]
)
def test_a_node_that_cannot_override_state_leaves_the_address_as_proof(
    anvil: str, deployment: Deployment, w3: Web3, said: object
) -> None:
    assert w3.eth.chain_id == deployment.chain_id

    def plain(method: str, params: list[Any]) -> object:
        return said if method == "eth_call" and len(params) > 2 else None

    with behind(anvil, plain) as url:
        verify(connect(url), deployment)


def test_a_node_without_history_leaves_the_block_open(
    anvil: str, deployment: Deployment, w3: Web3, new_account: Callable[[str], LocalAccount]
) -> None:
    assert w3.eth.chain_id == deployment.chain_id

    def forgetful(method: str, params: list[Any]) -> object:
        return "missing trie node" if method == "eth_getCode" and params[1] != "latest" else None

    with behind(anvil, forgetful) as url:
        found = deploy(connect(url), KeySigner(new_account("deployer")))

    assert found.block == 0


def test_a_creation_that_reverts_without_anybody_being_faster_is_an_error(empty: Node, deployer: KeySigner) -> None:
    def broken(method: str, _: list[Any]) -> object:
        return "execution reverted" if method == "eth_estimateGas" else None

    with behind(str(empty.web3.provider.endpoint_uri), broken) as url:  # type: ignore[attr-defined]  # of HTTP
        node = connect(url)

        with pytest.raises(RevertError, match="No reason was given"):
            deploy(node, deployer)


def test_a_transaction_of_another_chain_is_not_taken_from_an_old_file(empty: Node, deployer: KeySigner) -> None:
    made = deploy(empty, deployer)
    stale = {name: type(it)(it.address, it.code_hash, b"\x01" * 32) for name, it in made.contracts.items()}

    found = deploy(empty, deployer, known=Deployment(4242, 1, stale))

    assert {it.transaction for it in found.contracts.values()} == {None}
