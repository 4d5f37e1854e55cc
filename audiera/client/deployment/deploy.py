"""Deploying the suite: the same addresses on every chain, whoever sends it, however often it is started.

What is on chain decides what is left to do, so an interruption at any point is resumed by starting again. An address
follows from the creation code, constructor arguments included; on top of that the code found there is compared with
what the creation code makes at that very address on that very chain, immutables included.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client.accounts.signers import Signer
from audiera.client.calls.drafts import checked_cost, gas_limit
from audiera.client.calls.runs import Run
from audiera.client.calls.transactions import send
from audiera.client.chain.node import Message, Node
from audiera.client.deployment.canonical import ensure_deployer
from audiera.client.deployment.create2 import DEPLOYER, SALT, address_of, creation_codes
from audiera.client.deployment.deployments import Deployed, Deployment
from audiera.client.deployment.equivalent import check_chain
from audiera.client.deployment.verify import check_code
from audiera.errors import ChainError, RevertError
from audiera.protocol import keccak

__all__ = ["Step", "deploy", "most_cost", "plan", "verify"]

_POLL: Final = 0.5  # seconds between looks at a transaction of an earlier run


@dataclass(frozen=True, slots=True)
class Step:
    """One contract of a plan."""

    name: str
    address: ChecksumAddress
    creation_code: bytes
    """Constructor arguments included."""
    present: bool
    """Whether it is on chain already."""


def plan(node: Node) -> tuple[Step, ...]:
    """Return what is there and what is left to do, lowest layer first. Checks the code of what is there.

    Raises:
        ChainError: if an address holds other code than it must, or something is left to do on a chain that would not
            run it as Ethereum does.
    """
    steps = []
    for name, code in creation_codes().items():
        address = address_of(code)
        present = bool(node.code(address))
        if present:
            check_code(node, name, address, code)
        steps.append(Step(name, address, code, present))
    if not all(it.present for it in steps):
        check_chain(node)
    return tuple(steps)


def most_cost(node: Node, sender: ChecksumAddress, steps: Sequence[Step]) -> int | None:
    """Return what the gas of all that is left to do costs at most, in wei; None if the chain has no CREATE2 deployer.

    Raises:
        ChainError: if one takes more gas, or costs more, than it may.
    """
    if not node.code(DEPLOYER):
        return None  # nothing can be tried before it is there
    fees = node.fees()
    left = (Message(DEPLOYER, SALT + it.creation_code, sender) for it in steps if not it.present)
    return sum(checked_cost(node, gas_limit(node.estimate(it)), fees) for it in left)


def deploy(
    node: Node,
    signer: Signer,
    *,
    known: Deployment | None = None,
    timeout: float = 180,
    report: Callable[[str], None] = lambda _: None,
) -> Deployment:
    """Deploy what is missing, and return the whole.

    Args:
        node: the chain.
        signer: who pays the gas; it has no power over what it deploys.
        known: what an earlier run wrote, for the transactions it knew.
        timeout: seconds to wait for each transaction.
        report: told in a sentence of each step taken.

    Raises:
        ChainError: if the chain has no CREATE2 deployer and accepts none, would not run the contracts as Ethereum does,
            or has wrong code.
    """
    run, steps = Run(report=report, again=report), plan(node)
    ensure_deployer(node, signer, timeout=timeout, run=run)
    contracts: dict[str, Deployed] = {}
    blocks: list[int] = []
    for step in steps:
        code_hash = keccak(step.creation_code)
        transaction = _recall(node, known, step)
        if not step.present and not _await_pending(node, signer, step.address, timeout):
            report(f"Deploying {step.name} to {step.address}.")
            transaction = _create(node, signer, step, timeout, run)
            check_code(node, step.name, step.address, step.creation_code)
        else:
            report(f"{step.name} is at {step.address} already.")
        blocks.append(_created_in(node, step.address, transaction))
        contracts[step.name] = Deployed(step.address, code_hash, transaction)
    run.tell()
    return Deployment(node.chain_id, min(blocks), contracts)


def verify(node: Node, deployment: Deployment) -> None:
    """Return if every contract of a deployment is on chain, with exactly this release's code.

    Raises:
        ChainError: naming the first that is missing or differs.
    """
    for name, code in creation_codes().items():
        check_code(node, name, deployment.contracts[name].address, code)


def _recall(node: Node, known: Deployment | None, step: Step) -> bytes | None:
    """Return what created a contract, as an earlier run wrote it, if this chain knows that transaction."""
    earlier = known.contracts.get(step.name) if known else None
    if earlier is None or earlier.transaction is None or earlier.address != step.address:
        return None
    return earlier.transaction if node.receipt(earlier.transaction) else None


def _await_pending(node: Node, signer: Signer, address: ChecksumAddress, timeout: float) -> bool:
    """Wait for transactions that an interrupted run left pending; say whether the contract came with them."""
    deadline = time.monotonic() + timeout
    while node.nonce(signer.address) > node.nonce(signer.address, pending=False):
        if time.monotonic() > deadline:
            raise ChainError(
                f"Transactions of {signer.address} have been pending for {timeout:g} seconds; "
                "wait until they are mined, or replace them with a higher fee, and deploy again."
            )
        time.sleep(_POLL)
    return bool(node.code(address))


def _create(node: Node, signer: Signer, step: Step, timeout: float, run: Run) -> bytes | None:
    """Create a contract; return the transaction, None if somebody else was faster."""
    try:
        message = Message(DEPLOYER, SALT + step.creation_code)
        done = send(node, signer, message, timeout=timeout, title=f"creates {step.name}", run=run, looked=True)
        return done.transaction
    except RevertError:
        if not node.code(step.address):
            raise
        return None


def _created_in(node: Node, address: ChecksumAddress, transaction: bytes | None) -> int:
    """Return the block in which a contract came to be; 0 on nodes that keep no history."""
    if transaction and (receipt := node.receipt(transaction)):
        return receipt["blockNumber"]
    low, high = 0, node.block_number()
    try:
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if node.code(address, middle) else (middle + 1, high)
    except ChainError:
        return 0
    return low
