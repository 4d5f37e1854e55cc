"""Finding the suite on a chain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eth_typing import ChecksumAddress

from audiera.client.chain.node import Node
from audiera.client.contracts.suite import Suite
from audiera.client.deployment.create2 import predict
from audiera.client.deployment.deployments import FOLDER, SHIPPED, Deployment
from audiera.client.deployment.trusted import check_release, is_accepted, was_accepted
from audiera.errors import ChainError, InputError
from audiera.protocol import Domain

__all__ = ["codes_at", "find_suite", "stated_domain"]


def find_suite(node: Node, told: Deployment | None, folder: Path) -> tuple[Suite, int]:
    """Return the contracts on a node's chain, and the first block worth reading for their events.

    They are where the caller says; else where the folder says, if they are there: private chains end, and their files
    stay; else where this release is on every chain, since the block that it may have been shipped with. What a file
    says is money's way, and anybody may have edited it: so other addresses than this release's own count only if they
    were accepted once, and have the same code still.

    Raises:
        ChainError: if they are not there, or have other code than they must.
        InputError: if the folder says what was not accepted.
    """
    if told and told.chain_id != node.chain_id:
        raise ChainError(f"The deployment is on chain {told.chain_id}, and the node on {node.chain_id}.")
    ours, written = predict(), told or Deployment.find(node.chain_id, folder)
    if written and written.addresses != ours:
        suite = Suite.at(node.chain_id, written.addresses)
        try:
            codes = codes_at(node, suite)
        except ChainError:
            if told:
                raise
            written = None
        else:
            if not told and not is_accepted(node, written.addresses, codes):
                raise InputError(_refusal(folder / f"{node.chain_id}.json", written, ours))
            return suite, _start(node, written)
    suite = Suite.at(node.chain_id, ours)
    check_release(node, ours, codes_at(node, suite))
    written = written or _shipped(node.chain_id, ours)
    return suite, _start(node, written) if written else 0


def codes_at(node: Node, suite: Suite) -> dict[str, bytes]:
    """Return the code of each contract, by name.

    Raises:
        ChainError: naming the first that is not there.
    """
    codes: dict[str, bytes] = {}
    for name, contract in suite.contracts.items():
        codes[name] = node.code(contract.address)
        if not codes[name]:
            raise ChainError(
                f"There is no {name} at {contract.address} on chain {node.chain_id}; "
                "run `ape run deploy` there first, or check the network."
            )
    return codes


def stated_domain(contract: str, chain_id: int, folder: Path = FOLDER) -> Domain:
    """Return what signatures for a contract, by name, are good for on a chain that is not asked.

    The contract is where the folder says that it is on that chain, if that was accepted; else where this release is on
    every chain.

    Raises:
        InputError: if the folder's file cannot be read, or says what was not accepted.
    """
    ours, written = predict(), Deployment.find(chain_id, folder)
    addresses = written.addresses if written else ours
    if written and addresses != ours and not was_accepted(chain_id, addresses):
        raise InputError(_refusal(folder / f"{chain_id}.json", written, ours))
    return Domain(contract, chain_id, addresses[contract])


def _shipped(chain_id: int, ours: Mapping[str, ChecksumAddress]) -> Deployment | None:
    """Return what a release was shipped with about a chain; what is not of its own contracts is ignored."""
    found = Deployment.find(chain_id, SHIPPED)
    return found if found and found.addresses == ours else None


def _refusal(path: Path, written: Deployment, ours: Mapping[str, ChecksumAddress]) -> str:
    name = next(it for it in ours if written.addresses[it] != ours[it])
    return (
        f"{path} says that the {name} is at {written.addresses[name]}, and this release's is at {ours[name]}. Whoever "
        f"wrote that would get what you pay, so it was not used. If you trust it, accept it once with `ape run deploy "
        f"--accept {path}`; else remove the file."
    )


def _start(node: Node, written: Deployment) -> int:
    """Return the block of a deployment, or the chain's first if the file is about an earlier chain of that number."""
    for it in written.contracts.values():
        if it.transaction:
            receipt = node.receipt(it.transaction)
            return written.block if receipt and receipt["blockNumber"] >= written.block else 0
    return min(written.block, node.block_number())
