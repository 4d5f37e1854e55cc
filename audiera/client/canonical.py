"""Bringing the canonical CREATE2 deployer to a chain that lacks it.

One presigned transaction, valid on every chain because it names none, creates it from a key that nobody has.

Source: github.com/Arachnid/deterministic-deployment-proxy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from audiera.client.create2 import DEPLOYER
from audiera.client.node import Message, Node
from audiera.client.signers import Signer
from audiera.client.transactions import await_receipt, send
from audiera.errors import ChainError
from audiera.ids import to_address

__all__ = ["ensure_deployer"]

_PRESIGNED: Final = bytes.fromhex(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba0222222222222222222222222"
    "2222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222"
)
_SENDER: Final = to_address("0x3fab184622dc19b6109349b94811493bf45362f2")
_COST: Final = 10**16  # wei: 100,000 gas at the 100 gwei it was signed for


def ensure_deployer(
    node: Node, signer: Signer, *, timeout: float, report: Callable[[str], None] = lambda _: None
) -> None:
    """Return once the deployer is on chain, created if need be for 0.01 ETH of the signer's.

    Raises:
        ChainError: if the chain does not accept the presigned transaction.
    """
    if node.code(DEPLOYER):
        return
    report(f"Chain {node.chain_id} has no CREATE2 deployer; creating it.")
    refusal = (
        f"Chain {node.chain_id} has no CREATE2 deployer at {DEPLOYER} and does not accept the transaction that creates "
        "it; ask the chain's operator to create it."
    )
    if node.nonce(_SENDER):
        raise ChainError(refusal)
    if (missing := _COST - node.balance(_SENDER)) > 0:
        send(node, signer, Message(_SENDER, b"", value=missing), timeout=timeout)
    try:
        await_receipt(node, node.send_raw(_PRESIGNED), timeout)
    except ChainError as error:
        raise ChainError(refusal) from error
    if not node.code(DEPLOYER):
        raise ChainError(refusal)
