"""Chains that would not run the contracts as Ethereum does get none."""

from __future__ import annotations

from typing import Any

import pytest
from web3 import Web3

from audiera.client.chain import connect
from audiera.client.deployment.deploy import plan
from audiera.client.deployment.equivalent import check_chain
from audiera.errors import ChainError
from tests.client.conftest import StartAnvil
from tests.client.proxy import Rule, behind
from tests.support.anvil import running_anvil

ERA_DEPLOYER = "0x0000000000000000000000000000000000008006"


def without_creation(answer: object) -> Rule:
    """A node that answers so when it is to try how a contract is made."""

    def rule(method: str, params: list[Any]) -> object:
        return answer if method == "eth_call" and "to" not in params[0] else None

    return rule


def test_a_chain_that_runs_contracts_as_ethereum_does_is_taken(anvil: str) -> None:
    check_chain(connect(anvil))


def test_a_chain_without_transient_storage_is_refused_before_anything_is_sent(artifact: object) -> None:
    assert artifact
    with running_anvil(hardfork="shanghai") as url, pytest.raises(ChainError, match="the EVM of Cancun"):
        plan(connect(url))


def test_a_chain_that_is_known_to_run_other_code_is_refused(start_anvil: StartAnvil) -> None:
    node = connect(start_anvil("--chain-id", "324"))

    with pytest.raises(ChainError, match="Chain 324 runs code of EraVM, as ZKsync Era does, and not"):
        plan(node)


def test_an_unknown_chain_that_behaves_so_is_refused(anvil: str, w3: Web3) -> None:
    assert w3.is_connected()
    creating = without_creation("Failed to serialize transaction: toAddressIsNull")

    def era(method: str, params: list[Any]) -> object:
        known = method == "eth_getCode" and params[0] == ERA_DEPLOYER
        return ["0x0001"] if known else creating(method, params)

    with behind(anvil, era) as url, pytest.raises(ChainError, match="Chain 31337 runs code of EraVM"):
        check_chain(connect(url))


@pytest.mark.parametrize("answer", [["0x"], [f"0x{0:064x}"], "invalid opcode"], ids=["empty", "zero", "refusal"])
def test_what_is_not_the_word_of_the_probe_is_another_machine(anvil: str, w3: Web3, answer: object) -> None:
    assert w3.is_connected()
    refused = pytest.raises(ChainError, match=r"^Chain 31337 does not run what the contracts are compiled for.*node\.$")
    with behind(anvil, without_creation(answer)) as url, refused:
        check_chain(connect(url))
