"""Bringing the canonical CREATE2 deployer to a chain that lacks it.

One presigned transaction, valid on every chain because it names none, creates it from a key that nobody has.

Source: github.com/Arachnid/deterministic-deployment-proxy.
"""

from __future__ import annotations

from typing import Final

from audiera.client.accounts.signers import Signer
from audiera.client.calls.following import await_receipt
from audiera.client.calls.runs import Run
from audiera.client.calls.transactions import send
from audiera.client.chain.node import FundsError, Message, Node, RefusalError, ether_text
from audiera.client.deployment.create2 import DEPLOYER
from audiera.errors import ChainError
from audiera.protocol import keccak, to_address

__all__ = ["ensure_deployer", "way_of_deployer"]

_PRESIGNED: Final = bytes.fromhex(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
    "1ba0" + "22" * 32 + "a0" + "22" * 32
)
_SENDER: Final = to_address("0x3fAB184622Dc19b6109349B94811493BF2a45362")
_COST: Final = 10**16  # wei: 100,000 gas at the 100 gwei it was signed for


def way_of_deployer(node: Node) -> str:
    """Return how the deployer gets to a chain that lacks it, what that costs, and who may do it."""
    return (
        f"Chain {node.chain_id} has no CREATE2 deployer yet. One transaction puts it at {DEPLOYER}; it was signed for "
        "every chain at once, by a key that nobody has, and anybody may hand it over. It costs "
        f"{ether_text(_COST)}, sent to {_SENDER}: 100,000 gas at 100 gwei, and what is not used stays there."
    )


def ensure_deployer(node: Node, signer: Signer, *, timeout: float, run: Run | None = None) -> None:
    """Return once the deployer is on chain, created if need be for 0.01 ETH of the signer's.

    Raises:
        ChainError: if the chain does not accept the presigned transaction.
    """
    if node.code(DEPLOYER):
        return
    part = run or Run()
    part.report(f"Chain {node.chain_id} has no CREATE2 deployer; creating it.")
    refusal = (
        f"Chain {node.chain_id} has no CREATE2 deployer at {DEPLOYER} and does not accept the transaction that creates "
        "it, which names no chain, as before EIP-155, and pays 100 gwei for each gas, because it was signed so. Try a "
        "node that takes such transactions (geth: --rpc.allow-unprotected-txs) while gas is below that price, or ask "
        "the chain's operator to create it."
    )
    if node.nonce(_SENDER):
        raise ChainError(refusal)
    try:
        try:
            _hand_over(node)
        except FundsError:  # and nothing else: so the chain would accept it, and the money is not wasted
            message = Message(_SENDER, b"", value=_COST - node.balance(_SENDER))
            send(node, signer, message, timeout=timeout, title="pays for the CREATE2 deployer", run=run, looked=True)
            _hand_over(node)
        await_receipt(node, keccak(_PRESIGNED), timeout)
    except FundsError:
        raise
    except ChainError as error:
        raise ChainError(refusal) from error
    if not node.code(DEPLOYER):
        raise ChainError(refusal)


def _hand_over(node: Node) -> None:
    """Send the presigned transaction; an answer that is lost, or says that it is there already, is no refusal."""
    try:
        node.send_raw(_PRESIGNED)
    except RefusalError as error:
        if "already" not in error.text.lower():
            raise
    except ChainError:
        pass
