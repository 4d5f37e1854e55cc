"""A node that lies about what gas costs, how much is needed, and which chain it is on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from web3 import Web3

from audiera.client import Audiera
from audiera.client.calls.drafts import MAX_GAS
from audiera.client.chain.node import MAX_FEE, connect
from audiera.client.deployment.deployments import Deployment
from audiera.errors import ChainError
from audiera.protocol.ids import ETHER
from tests.client.conftest import As, Client
from tests.client.proxy import behind

GWEI = 10**9


@contextmanager
def lied_to(
    anvil: str, deployment: Deployment, as_: As, lies: dict[str, str], max_fee: int = MAX_FEE
) -> Iterator[tuple[Client, list[str]]]:
    """A client of a node that answers some methods as it likes, and all that was sent there."""
    sent: list[str] = []

    def lie(method: str, params: list[Any]) -> object:
        if method == "eth_sendRawTransaction":
            sent.append(params[0])
        return [lies[method]] if method in lies else None

    with behind(anvil, lie) as url:
        yield Audiera.connect(url, as_("payer").signer, deployment, max_fee=max_fee), sent


def test_no_more_is_signed_for_gas_than_its_sender_pays(anvil: str, w3: Web3, deployment: Deployment, as_: As) -> None:
    """AUD-N1: 30,000 ETH of fees were signed without a word."""
    lies = {"eth_maxPriorityFeePerGas": hex(10**6 * GWEI)}

    with (
        lied_to(anvil, deployment, as_, lies) as (client, sent),
        pytest.raises(
            ChainError,
            match=r"^The gas of this transaction would cost up to \d\d ETH, as the node says, and at most 0\.1 ETH is "
            r"paid for that\. Wait until gas is cheaper, ask another node, or allow more with --max-fee\.$",
        ),
    ):
        client.royalty.set_recipient(ETHER)

    assert sent == []
    assert w3.eth.chain_id == deployment.chain_id


def test_who_allows_more_pays_more(anvil: str, w3: Web3, deployment: Deployment, as_: As) -> None:
    lies = {"eth_maxPriorityFeePerGas": hex(10_000 * GWEI)}

    with lied_to(anvil, deployment, as_, lies, max_fee=10**18) as (client, sent):
        client.royalty.set_recipient(ETHER)

    assert len(sent) == 1
    assert w3.eth.chain_id == deployment.chain_id


def test_no_more_gas_is_signed_than_a_transaction_may_have(
    anvil: str, w3: Web3, deployment: Deployment, as_: As
) -> None:
    """AUD-N2"""
    with (
        lied_to(anvil, deployment, as_, {"eth_estimateGas": hex(MAX_GAS + 1)}) as (client, sent),
        pytest.raises(
            ChainError, match=r"The node says that this takes 16,777,217 gas, and a transaction may have 16,777,216; do"
        ),
    ):
        client.royalty.set_recipient(ETHER)

    assert sent == []
    assert w3.eth.chain_id == deployment.chain_id


def test_a_node_of_another_chain_than_was_meant_is_refused(anvil: str, deployment: Deployment) -> None:
    """AUD-N3: what is signed on a testnet that is none is good on the chain that the node says."""
    with behind(anvil, lambda method, _: ["0x1"] if method == "eth_chainId" else None) as url:
        for meant in (lambda: connect(url, chain_id=11_155_111), lambda: Audiera.connect(url, chain_id=11_155_111)):
            with pytest.raises(ChainError, match=rf"^The node at {url} is on chain 1, and not on 11155111; nothing is"):
                meant()
        with pytest.raises(ChainError, match="The deployment is on chain 31337, and the node on 1"):
            Audiera.connect(url, None, deployment)
