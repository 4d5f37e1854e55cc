"""Whether a chain runs contracts as Ethereum does: the addresses of the suite, and what it does, follow from that.

Sources: EIP-1153 and EIP-5656 (Cancun); docs.zksync.io, "EVM differences": contracts are named by hashes of EraVM code.
"""

from __future__ import annotations

from typing import Final

from audiera.client.chain.node import Node, RefusalError
from audiera.errors import ChainError, RevertError
from audiera.protocol import to_address, word

__all__ = ["check_chain"]

_ERA: Final = frozenset({232, 300, 324, 388, 2_741, 11_124, 37_111, 50_104, 543_210, 531_050_104})
"""Chains of EraVM: ZKsync Era, Lens, Cronos zkEVM, Abstract, Sophon, Zero, and tests of them."""
_ERA_DEPLOYER: Final = to_address("0x0000000000000000000000000000000000008006")
"""The contract that makes contracts on such chains; there is no code on others."""
_PROBE: Final = bytes.fromhex("60015f5d5f5c5f5260205f60205e60206020f3")
"""Creates a contract of one word, which is 1 where transient storage keeps it and MCOPY copies it."""


def check_chain(node: Node) -> None:
    """Return if contracts of the suite are made, and run, on a node's chain as on Ethereum.

    Raises:
        ChainError: saying what the chain does otherwise.
    """
    if node.chain_id in _ERA:
        raise ChainError(_era(node))
    try:
        made = node.request("eth_call", {"data": f"0x{_PROBE.hex()}"}, "latest")
    except (RefusalError, RevertError) as error:
        if node.code(_ERA_DEPLOYER):
            raise ChainError(_era(node)) from error
        raise ChainError(_old(node)) from error
    if made != f"0x{word(1).hex()}":
        raise ChainError(_old(node))


def _era(node: Node) -> str:
    return (
        f"Chain {node.chain_id} runs code of EraVM, as ZKsync Era does, and not that of the EVM: a contract there has "
        "another address than its code gives it elsewhere, so nothing would prove what it is. Deploy to an "
        "EVM-equivalent chain."
    )


def _old(node: Node) -> str:
    return (
        f"Chain {node.chain_id} does not run what the contracts are compiled for, the EVM of Cancun with transient "
        f"storage and MCOPY, as {node.name} says. Deploy to an EVM-equivalent chain, or ask another node."
    )
