"""The command of `ape run license` about the hot keys of holders, payers and gateways."""

from __future__ import annotations

import click

from audiera.cli.license.deals import set_signer
from audiera.cli.terminal.options import sending
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import parse_scopes, parse_until
from audiera.errors import InputError
from audiera.protocol import to_address
from scripts._command import SuiteCommand

__all__ = ["signer"]


@click.command(cls=SuiteCommand)
@sending()
@click.argument("address")
@click.option("--scopes", required=True, metavar="NAMES", help="access, pay, settle, separated by commas; or none.")
@click.option("--until", metavar="TIME", help='A UTC day, as 2027-01-31, or a while from now, as "90 days".')
def signer(session: Session, address: str, scopes: str, until: str | None) -> None:
    """Let the key of ADDRESS act for you: use your licences (access), sign vouchers (pay), settle batches (settle).

    What is left out ends, but never sooner than in a day, so that nobody who relied on the key is stranded.

    \b
    Example:
      ape run license signer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --scopes access,pay --until "90 days"
    """
    wanted = parse_scopes(scopes)
    if wanted and until is None:
        raise InputError('The key needs an end; add --until, as --until "90 days".')
    end = parse_until(until, session.client.node.timestamp()) if until is not None else 0
    set_signer(session, to_address(address), wanted, end)
