"""`deploy`: the suite on a chain, put there or found there."""

from __future__ import annotations

from collections.abc import Callable

import click
from eth_typing import ChecksumAddress

from audiera.cli.terminal.output import ask, say
from audiera.client import ReadOnly, Signer
from audiera.client.chain import Node
from audiera.client.deployment import FOLDER, Deployment, deploy, plan
from audiera.errors import InputError

__all__ = ["deploy_suite"]


def deploy_suite(
    node: Node, account: ChecksumAddress, unlock: Callable[[], Signer], *, yes: bool, as_json: bool
) -> None:
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
    path = deployment.write(FOLDER)
    if as_json:
        click.echo(deployment.to_json(), nl=False)
    say(f"The suite is on chain {deployment.chain_id} since block {deployment.block}; its addresses are in {path}.")


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
    if not yes:
        ask("Deploy?")
    return deploy(node, unlock(), known=known, report=say)
