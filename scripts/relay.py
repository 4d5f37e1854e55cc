"""`ape run relay`: carry out what others signed with --relay."""

from __future__ import annotations

from typing import TextIO

import click

from audiera.cli.network.relay import MOST_TEXT, carry_out, read_calls
from audiera.cli.terminal.options import sending
from audiera.cli.terminal.session import Session
from scripts._command import SuiteCommand

__all__ = ["cli"]


@click.command(cls=SuiteCommand, short_help="Carry out a call that another account signed.")
@sending(relay=False, sent_by="url")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option(
    "--at", "url", metavar="URL", help="Have this gateway carry them out: it pays the gas, and no account is needed."
)
def cli(session: Session, file: TextIO, url: str | None) -> None:
    """Carry out the signed calls in FILE (- for standard input), one a line, and pay the gas, or have a gateway pay.

    Any command that sends prints such a call with --relay. It does exactly what its account signed, once, and only
    until its deadline; whoever carries it out gains no power by it.

    \b
    Example:
      ape run dataset withdraw-all 7 --account label --relay > call.json
      ape run relay call.json --account office
      ape run relay call.json --at https://music.example
    """
    carry_out(session, read_calls(file.read(MOST_TEXT + 1)), url)
