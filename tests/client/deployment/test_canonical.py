from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from audiera.client import KeySigner
from audiera.client.chain.node import FundsError, connect
from audiera.client.deployment.canonical import _PRESIGNED, _SENDER, way_of_deployer
from audiera.client.deployment.create2 import DEPLOYER, predict
from audiera.client.deployment.deploy import deploy
from audiera.errors import ChainError
from audiera.protocol.hashing import keccak
from tests.client.conftest import StartAnvil
from tests.client.proxy import behind


def test_a_chain_without_the_create2_deployer_gets_it(
    start_anvil: StartAnvil, new_account: Callable[[str], LocalAccount]
) -> None:
    url = start_anvil("--disable-default-create2-deployer")
    signer, node = (
        KeySigner(new_account("deployer")),
        connect(url, max_fee=10**18),
    )  # the presigned one raises what is usual
    with pytest.raises(FundsError, match="too little ETH"):
        deploy(node, signer)
    node.request("anvil_setBalance", signer.address, hex(10**19))

    made = deploy(node, signer)

    assert node.code(DEPLOYER)
    assert made.addresses == predict()


def test_the_presigned_transaction_is_by_the_key_that_gets_the_money() -> None:
    assert Account.recover_transaction(_PRESIGNED) == _SENDER
    assert keccak(_PRESIGNED).hex() == "eddf9e61fb9d8f5111840daef55e5fde0041f5702856532cdbb5a02998033d26"


def test_a_chain_that_refuses_the_presigned_transaction_is_named_and_nothing_is_spent(
    start_anvil: StartAnvil, new_account: Callable[[str], LocalAccount]
) -> None:
    signer, private = KeySigner(new_account("deployer")), start_anvil("--disable-default-create2-deployer")

    def protected(method: str, params: list[Any]) -> object:
        is_presigned = method == "eth_sendRawTransaction" and params[0] == f"0x{_PRESIGNED.hex()}"
        return "only replay-protected (EIP-155) transactions allowed" if is_presigned else None

    with behind(private, protected) as public:
        node = connect(public)
        node.request("anvil_setBalance", signer.address, hex(10**18))

        with pytest.raises(ChainError, match=r"has no CREATE2 deployer at 0x4e59b.*EIP-155.* ask the chain's operator"):
            deploy(node, signer)

        assert node.balance(_SENDER) == 0


def test_how_the_deployer_gets_to_a_chain_is_said_with_what_it_costs(anvil: str) -> None:
    said = way_of_deployer(connect(anvil))

    assert said == (
        "Chain 31337 has no CREATE2 deployer yet. One transaction puts it at "
        "0x4e59b44847b379578588920cA78FbF26c0B4956C; it was signed for every chain at once, by a key that nobody has, "
        "and anybody may hand it over. It costs 0.01 ETH, sent to 0x3fAB184622Dc19b6109349B94811493BF2a45362: 100,000 "
        "gas at 100 gwei, and what is not used stays there."
    )


@pytest.mark.parametrize(
    ("method", "answer"),
    [("eth_getTransactionCount", ["0x1"]), ("eth_getCode", ["0x"])],
    ids=["its key was used otherwise", "it runs out of gas"],
)
def test_a_chain_where_the_presigned_transaction_makes_nothing_is_named(
    anvil: str, w3: Web3, new_account: Callable[[str], LocalAccount], method: str, answer: object
) -> None:
    signer = KeySigner(new_account("deployer"))
    assert w3.eth.chain_id == 31337
    hidden = {"eth_getCode": DEPLOYER, "eth_getTransactionCount": _SENDER}

    def odd(asked: str, params: list[Any]) -> object:
        if asked == "eth_getCode" and params[0] == DEPLOYER:
            return ["0x"]
        if asked == "eth_sendRawTransaction":
            return [w3.eth.get_block(0)["hash"].to_0x_hex()]
        if asked == "eth_getTransactionReceipt":
            made = {"from": _SENDER, "to": None, "contractAddress": DEPLOYER, "status": "0x0"}
            return [{"transactionHash": params[0], "blockNumber": "0x0", "gasUsed": "0x1", "logs": [], **made}]
        return answer if asked == method and params[0] == hidden[method] else None

    with behind(anvil, odd) as url, pytest.raises(ChainError, match="does not accept the transaction that creates it"):
        deploy(connect(url), signer)
