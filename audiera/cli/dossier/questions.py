"""`audiera dossier questions`: what only the provider can say."""

from __future__ import annotations

from collections.abc import Iterator

import click

from audiera.cli.terminal.output import print_json, print_lines
from audiera.dossier import QUESTIONS, SECTIONS

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
    print_lines(*_lines())


def _lines() -> Iterator[str]:
    section = None
    for key, asked in QUESTIONS.items():
        if asked.section != section:
            section = asked.section
            yield SECTIONS[section]
        yield f"  {key}: {asked.asked}"
        if asked.options:
            yield f"      One of: {', '.join(asked.options)}."
        if asked.hint:
            yield f"      {asked.hint}."
        if asked.after:
            yield f"      Only if {' or '.join(asked.after)} says that there is any."
