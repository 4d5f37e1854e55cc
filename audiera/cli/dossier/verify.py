"""`audiera dossier verify`: whether a dossier holds."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.terminal.checks import tell_checks
from audiera.cli.terminal.output import say
from audiera.client import Audiera
from audiera.dossier import DossierFolder, verify_chain, verify_folder
from audiera.operations import hold_to_chain

__all__ = ["verify"]


@click.command(short_help="Verify a dossier.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DOSSIER")
@click.option("--node", envvar="AUDIERA_NODE", metavar="URL", help="A node of the chain, to hold it to that, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(folder: Path, *, node: str | None, as_json: bool) -> None:
    """Verify DOSSIER: its files, its sentences, its run, and, with a node, what it says of the chain.

    Without a node it says plainly what the folder alone does not show. Exit code 1 tells that something does not hold.

    \b
    Example:
      audiera dossier verify dossier --node https://node.example
    """
    kept = DossierFolder(folder)
    if node is None:
        say("No node was asked; what the chain alone shows stays open. Name one with --node URL.")
        checks = verify_folder(kept)
    else:
        client = Audiera.connect(node)
        hold_to_chain(client.node)
        checks = verify_chain(kept, client)
    tell_checks("The dossier", checks, {}, as_json=as_json)
