"""Finding the suite on a chain."""

from __future__ import annotations

from pathlib import Path

from audiera.client.chain.node import Node
from audiera.client.contracts.suite import Suite
from audiera.client.deployment.create2 import predict
from audiera.client.deployment.deployments import FOLDER, Deployment
from audiera.errors import ChainError
from audiera.protocol import Domain

__all__ = ["find_suite", "stated_domain"]


def find_suite(node: Node, told: Deployment | None, folder: Path) -> tuple[Suite, int]:
    """Return the contracts on a node's chain, and the first block worth reading for their events.

    They are where the caller says; else where the folder says, if they are there: private chains end, and their files
    stay; else where this release is on every chain.

    Raises:
        ChainError: if they are not there.
    """
    if told and told.chain_id != node.chain_id:
        raise ChainError(f"The deployment is on chain {told.chain_id}, and the node on {node.chain_id}.")
    written = told or Deployment.find(node.chain_id, folder)
    if written:
        suite = Suite.at(node.chain_id, written.addresses)
        missing = _missing(node, suite)
        if not missing:
            return suite, _start(node, written)
        if told:
            raise ChainError(missing)
    suite = Suite.at(node.chain_id, predict())
    if missing := _missing(node, suite):
        raise ChainError(missing)
    return suite, 0


def stated_domain(contract: str, chain_id: int, folder: Path = FOLDER) -> Domain:
    """Return what signatures for a contract, by name, are good for on a chain that is not asked.

    The contract is where the folder says that it is on that chain; else where this release is on every chain.

    Raises:
        InputError: if the folder's file cannot be read.
    """
    written = Deployment.find(chain_id, folder)
    addresses = written.addresses if written else predict()
    return Domain(contract, chain_id, addresses[contract])


def _missing(node: Node, suite: Suite) -> str:
    """Return what to say of the first contract that is not there; nothing if all are."""
    for contract in suite.contracts.values():
        if not node.code(contract.address):
            return (
                f"There is no {contract.name} at {contract.address} on chain {node.chain_id}; "
                "run `ape run deploy` there first, or check the network."
            )
    return ""


def _start(node: Node, written: Deployment) -> int:
    """Return the block of a deployment, or the chain's first if the file is about an earlier chain of that number."""
    for it in written.contracts.values():
        if it.transaction:
            receipt = node.receipt(it.transaction)
            return written.block if receipt and receipt["blockNumber"] >= written.block else 0
    return min(written.block, node.block_number())
