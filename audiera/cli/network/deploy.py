"""`deploy`: the suite on a chain, put there or found there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from eth_typing import ChecksumAddress

from audiera.cli.terminal.output import ask, print_document, say
from audiera.client import ReadOnly, Signer
from audiera.client.chain import Node, ether_text
from audiera.client.contracts import Suite
from audiera.client.deployment import FOLDER, Deployment, accept, codes_at, deploy, most_cost, plan, way_of_deployer
from audiera.errors import InputError
from audiera.protocol import keccak
from audiera.text import hex_of

__all__ = ["accept_suite", "deploy_suite"]


def accept_suite(node: Node, path: Path, *, yes: bool, as_json: bool) -> None:
    """Show where a file says that the contracts are, and what is there, ask, and trust that from now on.

    Args:
        node: the chain.
        path: the file.
        yes: do not ask.
        as_json: print the deployment as JSON.

    Raises:
        InputError: if it is no deployment, or one on another chain, or there is nobody to ask.
        ChainError: if a contract is not there.
        StorageError: if it cannot be written down.
    """
    deployment = Deployment.read(path)
    if deployment.chain_id != node.chain_id:
        raise InputError(f"{path} is about chain {deployment.chain_id}; connect to it and not to {node.chain_id}.")
    codes = codes_at(node, Suite.at(node.chain_id, deployment.addresses))
    say(f"Contracts on chain {node.chain_id}, as {path} says, and the keccak-256 of their code:")
    for name, address in deployment.addresses.items():
        say(f"  {name:<16} {address}  {hex_of(keccak(codes[name]))}")
    say("Whoever wrote them may keep what you pay them, and pass on what you approve to them.")
    if not yes:
        ask("Trust them?", "Nothing was accepted.")
    accept(node, deployment.addresses, codes)
    kept = deployment.write(FOLDER)
    if as_json:
        print_document(deployment.to_json())
    say(f"They are used on chain {node.chain_id} from now on; their addresses are in {kept}.")


def deploy_suite(
    node: Node, account: ChecksumAddress, unlock: Callable[[], Signer], *, yes: bool, as_json: bool
) -> Deployment:
    """Show what is there and what is not, ask, deploy what is missing, and write the deployment down.

    Args:
        node: the chain.
        account: who pays the gas.
        unlock: returns the account's signer; called only if something is to be sent.
        yes: do not ask.
        as_json: print the deployment as JSON.

    Raises:
        InputError: if there is nobody to ask.
        ChainError: as deploying refuses.
    """
    deployment = _deploy(node, account, unlock, yes=yes)
    accept(node, deployment.addresses, codes_at(node, Suite.at(node.chain_id, deployment.addresses)))
    path = deployment.write(FOLDER)
    if as_json:
        print_document(deployment.to_json())
    say(f"The suite is on chain {deployment.chain_id} since block {deployment.block}; its addresses are in {path}.")
    return deployment


def _deploy(node: Node, account: ChecksumAddress, unlock: Callable[[], Signer], *, yes: bool) -> Deployment:
    try:
        known = Deployment.find(node.chain_id, FOLDER)
    except InputError:  # what is deployed follows from the code, so the file is only a note of it
        say(f"{FOLDER / f'{node.chain_id}.json'} cannot be read and is written anew.")
        known = None
    steps = plan(node)
    say(f"Chain {node.chain_id}, account {account}:")
    for step in steps:
        say(f"  {step.name:<16} {step.address}  {'is there' if step.present else 'to deploy'}")
    if all(step.present for step in steps):
        return deploy(node, ReadOnly(account), known=known)
    most = most_cost(node, account, steps)
    if most is None:
        say(way_of_deployer(node))
    told = f"{ether_text(node.max_fee)} for each transaction" if most is None else ether_text(most)
    say(f"{account} pays the gas, at most {told}.")
    if not yes:
        ask("Deploy?")
    return deploy(node, unlock(), known=known, report=say)
