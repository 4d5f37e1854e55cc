"""`audiera run verify`: whether a run is what its document says."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.terminal.checks import tell_checks
from audiera.cli.terminal.output import say
from audiera.client import Audiera
from audiera.operations import check_run, hold_to_chain
from audiera.runs import RunFolder, check_folder
from audiera.text import hex_of

__all__ = ["verify"]


@click.command(short_help="Verify a run.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="RUN")
@click.option(
    "--weights", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The folder of the weights."
)
@click.option("--node", envvar="AUDIERA_NODE", metavar="URL", help="A node of the chain: knows licences and records.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(folder: Path, *, weights: Path | None, node: str | None, as_json: bool) -> None:
    """Verify RUN: that it is signed, and served only what was licensed, and its use signed for. Exit code 1 if not.

    What was signed for is paid once its batch is settled, which it says of each. Without a node it is held to what
    lies in its folder, and says what that does not show.

    \b
    Example:
      audiera run verify run --weights . --node https://node.example
    """
    found = check_folder(RunFolder(folder), weights)
    checks = found.checks
    if node is None:
        say("No node was asked for licences, versions and records; name one with --node URL.")
    else:
        client = Audiera.connect(node)
        hold_to_chain(client.node)
        checks = check_run(client, found)
    ref = hex_of(found.run.digest())
    tell_checks(f"The run {ref}", checks, {"ref": ref}, as_json=as_json)
