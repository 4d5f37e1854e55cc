"""`ape run deploy`: put the suite on a chain, or find it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from ape.cli import network_option

from audiera.cli.terminal.options import find_account, unlock
from audiera.cli.terminal.output import ask, say
from audiera.client import ReadOnly
from audiera.client.chain.node import Node, connect
from audiera.client.deployment import deploy, plan
from audiera.client.deployment.deployments import FOLDER, Deployment
from audiera.protocol import to_address
from scripts._command import SuiteCommand

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI

__all__ = ["cli"]


@click.command(cls=SuiteCommand, short_help="Deploy the contracts, or find them deployed.")
@network_option()
@click.option("--account", metavar="ALIAS", help="Who pays the gas: an account of Ape, or TEST::0 on a local network.")
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
@click.option("--json", "as_json", is_flag=True, help="Print the deployment as JSON on standard output.")
def cli(provider: ProviderAPI, account: str | None, yes: bool, as_json: bool) -> None:
    """Deploy the four contracts to a network, and write deployments/<chain id>.json.

    Their addresses follow from their code alone and are the same on every network, whoever deploys; the account pays
    the gas and gets no power. What is there already is checked and kept, so a run that was interrupted is simply
    started again. A keystore account without a terminal takes its passphrase from APE_ACCOUNTS_<alias>_PASSPHRASE.

    \b
    Example:
      ape run deploy --network ethereum:sepolia:node --account label
    """
    deployment = _deploy(connect(provider.web3), find_account(account), yes=yes)
    path = deployment.write(FOLDER)
    if as_json:
        click.echo(deployment.to_json(), nl=False)
    say(f"The suite is on chain {deployment.chain_id} since block {deployment.block}; its addresses are in {path}.")


def _deploy(node: Node, account: AccountAPI, *, yes: bool) -> Deployment:
    """Show the plan, ask, carry it out."""
    known = Deployment.find(node.chain_id, FOLDER)
    steps = plan(node)
    say(f"Chain {node.chain_id}, account {account.address}:")
    for step in steps:
        say(f"  {step.name:<16} {step.address}  {'is there' if step.present else 'to deploy'}")
    if all(step.present for step in steps):
        return deploy(node, ReadOnly(to_address(str(account.address))), known=known)
    if not yes:
        ask("Deploy?")
    return deploy(node, unlock(account), known=known, report=say)
