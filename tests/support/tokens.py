"""Tokens on the worker's chain, for tests of the client and of the commands.

A conftest takes the fixtures by importing them: `from tests.support.tokens import deploy_mock, mint, usdc`.
"""

from collections.abc import Callable

import pytest
from eth_typing import ChecksumAddress
from web3 import Web3

from audiera.protocol.ids import to_address
from tests.support.artifacts import Artifact

__all__ = ["deploy_mock", "mint", "usdc"]


@pytest.fixture(scope="session")
def deploy_mock(w3: Web3, artifact: Callable[[str], Artifact]) -> Callable[..., ChecksumAddress]:
    """`deploy_mock("MockToken", "USDC", 6)`: the address of a new contract from `contracts/mocks`."""

    def create(name: str, *arguments: object) -> ChecksumAddress:
        made = artifact(name)
        factory = w3.eth.contract(abi=made.abi, bytecode=made.creation_code)
        sent = factory.constructor(*arguments).transact({"from": w3.eth.accounts[0]})
        return to_address(str(w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["contractAddress"]))

    return create


@pytest.fixture(scope="session")
def usdc(deploy_mock: Callable[..., ChecksumAddress]) -> ChecksumAddress:
    """An ordinary token with six decimals, which sessions know as USDC."""
    return deploy_mock("MockToken", "USDC", 6)


@pytest.fixture(scope="session")
def mint(w3: Web3, artifact: Callable[[str], Artifact], usdc: ChecksumAddress) -> Callable[[str, int], None]:
    """`mint(to, amount)` of USDC."""

    def create(to: str, amount: int) -> None:
        contract = w3.eth.contract(usdc, abi=artifact("MockToken").abi)
        sent = contract.functions.mint(to, amount).transact({"from": w3.eth.accounts[0]})
        w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)  # it is mined a moment after it is taken

    return create
