"""`audiera dossier questions`: what only the provider can say."""

from __future__ import annotations

import click

from audiera.cli.terminal.output import print_json, print_lines
from audiera.dossier import QUESTIONS

__all__ = ["questions"]


@click.command(short_help="What the provider is asked.")
@click.option("--json", "as_json", is_flag=True, help="Print a file to fill in: {} with every question as a member.")
def questions(*, as_json: bool) -> None:
    """List the questions that only the provider of a model can answer, by the member of its file that answers each.

    \b
    Example:
      audiera dossier questions --json > provider.json
    """
    if as_json:
        print_json(dict.fromkeys(QUESTIONS, ""))
        return
    print_lines(*(f"{key}: {asked}" for key, asked in QUESTIONS.items()))
