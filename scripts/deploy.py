"""`ape run deploy`: put the suite on a chain, or find it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from ape.cli import network_option

from audiera.cli.network.deploy import deploy_suite
from audiera.cli.terminal.options import find_account, unlock
from audiera.client.chain import connect
from audiera.protocol import to_address
from scripts._command import SuiteCommand

if TYPE_CHECKING:
    from ape.api import ProviderAPI

__all__ = ["cli"]


@click.command(cls=SuiteCommand, short_help="Deploy the contracts, or find them deployed.")
@network_option()
@click.option("--account", metavar="ALIAS", help="Who pays the gas: an account of Ape, or TEST::0 on a local network.")
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
@click.option("--json", "as_json", is_flag=True, help="Print the deployment as JSON on standard output.")
def cli(provider: ProviderAPI, account: str | None, yes: bool, as_json: bool) -> None:
    """Deploy the five contracts to a network, and write deployments/<chain id>.json.

    Their addresses follow from their code alone and are the same on every network, whoever deploys; the account pays
    the gas and gets no power. What is there already is checked and kept, so a run that was interrupted is simply
    started again. A keystore account without a terminal takes its passphrase from APE_ACCOUNTS_<alias>_PASSPHRASE.

    \b
    Example:
      ape run deploy --network ethereum:sepolia:node --account label
    """
    found = find_account(account)
    address = to_address(str(found.address))
    deploy_suite(connect(provider.web3), address, lambda: unlock(found), yes=yes, as_json=as_json)
