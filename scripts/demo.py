"""`ape run demo`: tell the whole story on a private chain."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.terminal.output import print_json, story_console
from audiera.cli.terminal.refusals import refusal
from audiera.demo import tell
from audiera.errors import AudieraError
from scripts._command import PlainCommand

__all__ = ["cli"]


@click.command(cls=PlainCommand, short_help="Tell the whole story on a private chain, and check it.")
@click.option(
    "--music",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of audio that the first creator registers; music is rendered unless told. It is only read.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON instead of the story.")
def cli(music: Path | None, as_json: bool) -> None:
    """Tell the life of a dataset, from a folder of music to money in every contributor's account.

    Creators register music, a developer licenses it, makes a model, and signs for 8,004 uses; everybody is paid. It
    all happens on a chain of its own, and every line is checked: the first that does not hold ends the story.

    \b
    Example:
      ape run demo --music "Harbour Lights"
    """
    try:
        facts = tell(story_console(quiet=as_json), music)
    except AudieraError as error:
        raise refusal(error) from error
    if as_json:
        print_json(facts)
