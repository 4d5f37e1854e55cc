"""`ape run deploy`: put the suite on a chain, or find it there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from ape.cli import network_option

from audiera.cli.network.deploy import accept_suite, deploy_suite
from audiera.cli.terminal.chains import expect_chain
from audiera.cli.terminal.gas import max_fee_option
from audiera.cli.terminal.options import find_account, unlock
from audiera.cli.terminal.output import say
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
@max_fee_option
@click.option("--json", "as_json", is_flag=True, help="Print the deployment as JSON on standard output.")
@click.option(
    "--accept",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Deploy nothing, and use contracts of somebody else's from now on: those at the addresses in FILE.",
)
@click.option(
    "--verify-files",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write there what Sourcify and Etherscan take to verify the contracts, once it compiles to their code here.",
)
def cli(
    provider: ProviderAPI,
    *,
    account: str | None,
    yes: bool,
    max_fee: int,
    as_json: bool,
    accept: Path | None,
    verify_files: Path | None,
) -> None:
    """Deploy the five contracts to a network, and write deployments/<chain id>.json.

    Their addresses follow from their code alone and are the same on every network, whoever deploys; the account pays
    the gas and gets no power. What is there already is checked and kept, so a run that was interrupted is simply
    started again. A keystore account without a terminal takes its passphrase from APE_ACCOUNTS_<alias>_PASSPHRASE.

    Commands use no other addresses than these, whatever a file says, but those that were accepted once with --accept,
    and only as long as their code is the same.

    With --verify-files the contracts are compiled once more, from nothing but the files that are written for
    Sourcify and Etherscan, and compared with what is on chain: docs/rehearsal.md has the commands that hand them in.

    \b
    Example:
      ape run deploy --network ethereum:sepolia:node --account label
      ape run deploy --network ethereum:sepolia:node --account label --verify-files verification
    """
    node = connect(provider.web3, max_fee=max_fee)
    expect_chain(node)
    if accept is not None:
        if verify_files is not None:
            raise click.UsageError("--verify-files is for this release's contracts; leave it out with --accept.")
        accept_suite(node, accept, yes=yes, as_json=as_json)
        return
    found = find_account(account)
    address = to_address(str(found.address))
    deployment = deploy_suite(node, address, lambda: unlock(found), yes=yes, as_json=as_json)
    if verify_files is not None:
        from tools.verification import write_verification  # noqa: PLC0415  # of the checkout: only this needs its compiler

        say("Compiling the contracts from those files alone, which takes a minute or so.")
        write_verification(node, deployment, verify_files)
        say(f"They compile to the code that is on chain {deployment.chain_id}. The files are in {verify_files}.")
